"""One question to several engines: the answer, its place in the passage, its score, its time."""

import dataclasses
import math

import numpy as np
import pytest
from builders import example, pointing
from hypothesis import given
from hypothesis import strategies as st

from helpers.asking import LONGEST, ask_engines
from helpers.errors import InputError
from helpers.form import sample_questions
from helpers.quantization import quantize_dynamic_bert
from helpers.rungs import onnxruntime_rung, torch_rung
from helpers.squad import answers, best_spans, featurize

LONG = "Ada Vane keeps the weir. "  # no two windows of it are alike
LONG += "".join(f"The {n} boats are old and the clerks are careful. " for n in range(2, 14))
LONG += "The mill burned in 1420."


def pointer(tokenizer, passage, question, text, *, length=32, stride=8):
    """An engine whose logits point at the first place of `text`, and how many windows it had."""
    one = example(passage, question)
    features = featurize([one], tokenizer, max_seq_length=length, doc_stride=stride)
    start = passage.index(text)
    logits = pointing(features, 0, start, start + len(text))
    rows = {ids.tobytes(): row for row, ids in enumerate(features.input_ids)}
    asked = []

    def run(inputs):
        row = rows[inputs["input_ids"][0].tobytes()]
        asked.append(row)
        return logits[0][row : row + 1], logits[1][row : row + 1]

    return run, asked, len(features)


@pytest.fixture(scope="module")
def shipped_engines(shipped, shipped_onnx, tmp_path_factory):
    int8 = tmp_path_factory.mktemp("asking") / "int8.onnx"
    quantize_dynamic_bert(shipped_onnx, int8)
    return {
        "PyTorch": torch_rung(shipped.model),
        "fp32": onnxruntime_rung(shipped_onnx, name="fp32"),
        "int8": onnxruntime_rung(int8, name="int8", precision="int8"),
    }


@pytest.mark.parametrize(
    ("passage", "question", "answer"),
    [
        (0, "How many arches does the stone bridge have?", "five"),
        (1, "What did Ilse Varnhem teach at the lyceum?", "harmony"),
        (1, "Where did the nephew store the manuscripts?", "a hatbox"),
        (1, "What was the cause of Varnhem's death?", "pneumonia"),
    ],
)
def test_the_shipped_model_answers_alike_in_every_engine(
    shipped, shipped_engines, passage, question, answer
):
    context = sample_questions()[passage].context
    replies = ask_engines(shipped_engines, shipped.tokenizer, context, question)
    assert list(replies) == ["PyTorch", "fp32", "int8"]
    for reply in replies.values():
        assert context[reply.span.start : reply.span.end] == reply.span.text == answer
        assert 0.9 < reply.span.score <= 1
        assert reply.ms > 0
        assert reply.windows == 2
    assert replies["PyTorch"].span.score == pytest.approx(replies["fp32"].span.score, abs=1e-3)


def test_the_score_does_not_tell_that_the_passage_holds_no_answer(shipped, shipped_engines):
    context = sample_questions()[0].context
    question = "How many moons does Jupiter have?"
    for reply in ask_engines(shipped_engines, shipped.tokenizer, context, question).values():
        assert reply.span.text == "five"
        assert reply.span.score > 0.9


@pytest.mark.parametrize("text", ["Ada Vane", "careful", "1420", "the clerks are careful"])
@pytest.mark.parametrize("stride", [3, 8, 100])
def test_the_place_is_right_over_many_windows(tiny_tokenizer, text, stride):
    run, asked, count = pointer(tiny_tokenizer, LONG, "Who?", text, stride=stride)
    settings = {"max_seq_length": 32, "doc_stride": stride}
    reply = ask_engines({"it": run}, tiny_tokenizer, LONG, "Who?", **settings)["it"]
    assert reply.windows == count > 4
    assert asked == [0, *range(count)]  # the first once more, before the clock
    assert (reply.span.text, reply.span.start) == (text, LONG.index(text))
    assert LONG[reply.span.start : reply.span.end] == text


@pytest.mark.parametrize(
    ("passage", "text"),
    [
        ("北京的老钟楼建于1420年。", "1420"),
        ("בעיר עכו נבנה מגדל בשנת 1420.", "מגדל"),
        ("A 🚀 flew over the cafe\u0301 in 1966.", "cafe\u0301"),
        ("  built  by\tAda  \t Vane  .", "Ada  \t Vane"),
        ("Größe: 34 Meter — nicht mehr", "34"),
        ("if a < b & c > d then <b>Ada</b>", "Ada"),
    ],
)
def test_places_count_characters_as_written(tiny_tokenizer, passage, text):
    run, _, _ = pointer(tiny_tokenizer, passage, "Who?", text)
    settings = {"max_seq_length": 32, "doc_stride": 8}
    span = ask_engines({"it": run}, tiny_tokenizer, passage, "Who?", **settings)["it"].span
    assert passage[span.start : span.end] == span.text == text


def test_a_rung_and_its_function_are_the_same_engine(tiny, tiny_onnx):
    rung = onnxruntime_rung(tiny_onnx, name="it")
    engines = {"rung": rung, "function": rung.run}
    replies = ask_engines(engines, tiny.tokenizer, "boats belong to clerks", "Who?")
    assert replies["rung"].span == replies["function"].span


def test_where_no_span_is_possible_there_is_none(tiny_tokenizer):
    def nothing(inputs):
        return (np.full(inputs["input_ids"].shape, np.nan),) * 2

    reply = ask_engines({"it": nothing}, tiny_tokenizer, "boats", "Who?")["it"]
    assert reply.span is None
    assert reply.windows == 1


@pytest.mark.parametrize(
    ("passage", "question", "words"),
    [
        ("", "Who?", "the passage is empty; write one"),
        (" \n\t", "Who?", "the passage is empty"),
        ("boats", "", "the question is empty"),
        ("boats", "  ", "the question is empty"),
        ("\u200b\u200b", "Who?", "the passage holds no letter"),
        ("boats", "\u200b", "the question holds no letter"),
        ("boats \ud83d", "Who?", "the passage holds half a letter"),
        ("boats", "Who \udc00?", "the question holds half a letter"),
        (None, "Who?", "passage=None: not a text"),
        ("boats", 7, "question=7: not a text"),
        ("b " * LONGEST, "Who?", f"the passage has {2 * LONGEST:,} characters, more than"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(
    tiny, tiny_tokenizer, passage, question, words
):
    with pytest.raises(InputError) as caught:
        ask_engines({"it": torch_rung(tiny.model)}, tiny_tokenizer, passage, question)
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)


def test_nobody_to_ask_is_refused(tiny_tokenizer):
    with pytest.raises(InputError, match=r"^engines=\{\}: nobody to ask"):
        ask_engines({}, tiny_tokenizer, "boats", "Who?")


def test_an_engine_that_fails_is_named_with_its_reason(tiny, tiny_tokenizer):
    with pytest.raises(InputError, match=r"^PyTorch: cannot run a window of 600 tokens"):
        engines = {"PyTorch": torch_rung(tiny.model)}
        ask_engines(engines, tiny_tokenizer, "boats", "Who?", max_seq_length=600)

    def short(inputs):
        return (np.zeros((1, 3)),) * 2

    with pytest.raises(InputError, match=r"^it: start_logits has shape \(1, 3\), expected"):
        ask_engines({"it": short}, tiny_tokenizer, "boats", "Who?")
    with pytest.raises(InputError, match=r"^it: cannot run"):
        ask_engines({"it": lambda inputs: None}, tiny_tokenizer, "boats", "Who?")


def test_scores_are_the_softmax_worked_out_by_hand(tiny_tokenizer):
    one = example("boats belong to clerks")
    features = featurize([one], tiny_tokenizer, max_seq_length=32)
    first = features.first_position[0]
    start, end = (np.full(features.input_ids.shape, -np.inf) for _ in range(2))
    start[0, first], start[0, first + 1] = 2.0, 1.0
    end[0, first + 1] = 3.0  # "boats belong" 5, "belong" 4, and nothing else
    spans = best_spans([one], features, start, end)["q"]
    assert [span.text for span in spans] == ["boats belong", "belong"]
    total = math.exp(5) + math.exp(4)
    assert [s.score for s in spans] == pytest.approx([math.exp(5) / total, math.exp(4) / total])


def test_one_text_at_two_places_counts_once_at_its_best_place(tiny_tokenizer):
    one = example("clerks are careful clerks")
    features = featurize([one], tiny_tokenizer, max_seq_length=32)
    first = features.first_position[0]
    start, end = (np.full(features.input_ids.shape, -np.inf) for _ in range(2))
    for place, points in ((0, 1.0), (3, 2.0)):
        start[0, first + place] = end[0, first + place] = points
    spans = best_spans([one], features, start, end, max_answer_length=1)["q"]
    assert [(span.text, span.start, span.score) for span in spans] == [("clerks", 19, 1.0)]


@given(
    seed=st.integers(0, 2**32 - 1),
    scale=st.sampled_from([0.0, 1.0, 50.0, 1e30, np.inf]),
    n_best=st.integers(1, 20),
)
def test_random_scores_lie_between_0_and_1_sum_to_1_and_fall(tiny_tokenizer, seed, scale, n_best):
    passages = [example(LONG, name="long"), example("a b 1,200 A.B.", name="b"), example("")]
    features = featurize(passages, tiny_tokenizer, max_seq_length=32, doc_stride=8)
    with np.errstate(invalid="ignore"):
        drawn = np.random.default_rng(seed).normal(size=(2, *features.input_ids.shape)) * scale
        found = best_spans(passages, features, *drawn, n_best=n_best)
        first = answers(passages, features, *drawn, n_best=n_best)
    for one in passages:
        spans = found[one.id]
        assert first[one.id] == (spans[0].text if spans else "")
        scores = [span.score for span in spans]
        assert all(0 <= score <= 1 for score in scores)
        assert scores == sorted(scores, reverse=True)
        assert not spans or sum(scores) == pytest.approx(1)
        assert len({span.text for span in spans}) == len(spans) <= n_best
        assert all(one.context[s.start : s.end] == s.text for s in spans)


def test_a_reply_is_a_value(tiny, tiny_tokenizer):
    reply = ask_engines({"it": torch_rung(tiny.model)}, tiny_tokenizer, "boats", "Who?")["it"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        reply.ms = 0
