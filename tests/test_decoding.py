"""Answers are cut from the passage as written, at whole words, from the best of all windows."""

import re

import numpy as np
import pytest
from builders import CASES, example, pointing
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import InputError
from helpers.squad import Example, answers, featurize, read_squad, score
from helpers.squad.words import inside_a_word

ALL_ANSWERS = [
    pytest.param(index, text, start, id=f"{case.id}-{text[:12]}")
    for index, case in enumerate(read_squad(CASES))
    for text, start in zip(case.answers, case.answer_starts, strict=True)
]


def answer_at(tokenizer, context, text, *, length=64, **settings):
    """The answer that comes out when the logits point at the first place of `text`."""
    one = example(context)
    features = featurize([one], tokenizer, max_seq_length=length)
    start = context.index(text)
    logits = pointing(features, 0, start, start + len(text))
    return answers([one], features, *logits, **settings)["q"]


@pytest.mark.parametrize(("index", "text", "start"), ALL_ANSWERS)
def test_what_the_logits_point_at_comes_out_as_written(cases, tiny_tokenizer, index, text, start):
    features = featurize(cases, tiny_tokenizer, max_seq_length=384, doc_stride=128)
    logits = pointing(features, index, start, start + len(text))
    assert answers(cases, features, *logits)[cases[index].id] == text


@pytest.mark.parametrize(
    ("context", "piece", "whole"),
    [
        ("the weirdest boats of all", "dest", "weirdest"),
        ("the weirdest boats of all", "weir", "weirdest"),
        ("it cost 1,200 crowns", "200", "1,200"),
        ("it cost 1,200 crowns", "1", "1,200"),
        ("it cost 1,200,300.", "200", "1,200,300"),
        ("at 7:30 sharp", "30", "7:30"),
        ("12.5 centimetres", "5", "12.5"),
        ("7, 12 or 9", "12", "12"),  # a list is no number
        ("in 1903.", "1903", "1903"),  # a full stop is no decimal point
        ("from 1903-1907 on", "1907", "1907"),  # a range is two numbers
        ("a half-sunk boat", "sunk", "half-sunk"),
        ("a boat - sunk", "sunk", "sunk"),
        ("the cafe\u0301 is shut", "cafe", "cafe\u0301"),
        ("the re\u0301sume\u0301 is lost", "sume", "re\u0301sume\u0301"),
        ("the café is shut", "café", "café"),
        ("(Ada) left", "Ada", "Ada"),
        ("“Ada” left", "Ada", "Ada"),
        ("北京的老钟楼建于1420年。", "1420", "1420"),
        ("北京的老钟楼建于1420年。", "钟楼", "钟楼"),
        ("東京タワーは高い。", "東京", "東京"),
        ("built  by\tAda  \t Vane  .", "Ada  \t Vane", "Ada  \t Vane"),
        ("वह हिन्दी बोलता है", "ह", "वह"),
        ("वे हिन्दी में", "हिन्दी", "हिन्दी"),
        ("by Tom O'Brien.", "Brien", "O'Brien"),
        ("by Tom O’Brien.", "O", "O’Brien"),
        ("by d\u0301'Ar.", "Ar", "d\u0301'Ar"),
        ("so we're late", "we", "we're"),
        ("it is John's boat", "John", "John"),
        ("it is John’s boat", "John’s", "John’s"),
        ("the boats' clerks", "boats", "boats"),
        ("the 'old' weir", "old", "old"),
        ("in the U.S. since", "U.S", "U.S."),
        ("in the U.S. since", "S", "U.S."),
        ("the U.S.A is", "U", "U.S.A"),
        ("at 7 a.m. sharp", "m", "a.m."),
        ("in class A. Boats", "A", "A"),
        ("the end.Then", "end", "end"),
    ],
)
def test_answers_end_where_words_end(tiny_tokenizer, context, piece, whole):
    assert answer_at(tiny_tokenizer, context, piece) == whole


LETTER = "[a-eABéहमद][\u0301ि्ी]*"
DIGIT = "[12]\u0301*"
WORDS_WITH_SIGNS = [  # as the docstring of helpers.squad.words says it, in other words
    f"(?:{LETTER}|{DIGIT})+",  # letters, digits and marks side by side
    ".[\u0301ि्ी]+",  # a mark on anything
    f"{DIGIT}[.,:]{DIGIT}",
    f"{LETTER}-{LETTER}",
    f"(?:{LETTER}|[京楼])'{LETTER}{LETTER}",
    f"(?<![a-eABéहमद12京楼\u0301ि्ी]){LETTER}'(?:{LETTER}|[京楼])",
    r"(?<!\w)(?:[a-eABéहमद]\.)+[a-eABéहमद](?!\w)\.?",
]
INSIDE = [re.compile(f"(?=({pattern}))", re.DOTALL) for pattern in WORDS_WITH_SIGNS]


def inner_places(context: str) -> set[int]:
    """Where a cut would split a word, found by patterns over the test's few letters."""
    return {
        place
        for pattern in INSIDE
        for match in pattern.finditer(context)
        for place in range(match.start(1) + 1, match.end(1))
        if not context[place - 1].isspace()
    }


PIECES = [
    *"abeAB12 .,-:\t京楼é\u0301'हमिीद्",
    "12.1",
    "1,2",
    "2:1",
    "A.B.",
    "a.b",
    "a-b",
    "A'ba",
    " ",
]


@settings(max_examples=300)
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=25), seed=st.integers(0, 2**32 - 1))
def test_random_logits_give_a_piece_of_the_context_that_splits_no_word(
    tiny_tokenizer, pieces, seed
):
    context = "".join(pieces)
    one = example(context)
    features = featurize([one], tiny_tokenizer, max_seq_length=32, doc_stride=8)
    logits = np.random.default_rng(seed).normal(size=(2, *features.input_ids.shape))
    found = answers([one], features, *logits)["q"]
    if not len(features):
        assert found == ""
        return
    assert found == found.strip()
    inner = inner_places(context)
    places = [i for i in range(len(context)) if context.startswith(found, i)]
    whole = [i for i in places if i not in inner and i + len(found) not in inner]
    assert whole, f"{found!r} splits a word of {context!r}"


@given(context=st.text(st.sampled_from("abA12 .-:é\u0301'हि"), min_size=2, max_size=12))
def test_nothing_but_a_word_is_held_together(context):
    for place in range(1, len(context)):
        assert inside_a_word(context, place) <= (place in inner_places(context)), place


def test_the_question_the_markers_and_the_padding_are_never_an_answer(tiny_tokenizer):
    one = example("boats belong to us", "careful clerks are at accents")
    features = featurize([one], tiny_tokenizer, max_seq_length=40)
    start, end = (np.zeros(features.input_ids.shape, np.float32) for _ in range(2))
    first, count = features.first_position[0], features.token_count[0]
    for logits in (start, end):
        logits[0] = 50.0  # question, [CLS], [SEP] and padding
        logits[0, first : first + count] = -50.0
    start[0, first + 1] = end[0, first + 1] = -40.0
    assert answers([one], features, start, end)["q"] == "belong"


def test_longer_spans_than_max_answer_length_do_not_win(tiny_tokenizer):
    context = " ".join(["boats", *["are"] * 10, "careful", *["and"] * 30, "clerks"])
    one = example(context)
    features = featurize([one], tiny_tokenizer, max_seq_length=64)
    first = features.first_position[0]
    start, end = (np.zeros(features.input_ids.shape, np.float32) for _ in range(2))
    start[0, first], end[0, first + 42] = 9, 9  # boats ... clerks: 43 tokens
    end[0, first + 11] = 8  # boats ... careful: 12 tokens

    def found(longest):
        return answers([one], features, start, end, max_answer_length=longest)["q"]

    assert found(43) == context
    assert found(42) == found(30) == found(12) == context[: context.index(" and")]
    assert found(11) != found(12)


def test_n_best_bounds_how_many_starts_and_ends_are_tried(tiny_tokenizer):
    one = example("boats belong to clerks")
    features = featurize([one], tiny_tokenizer, max_seq_length=32)
    first = features.first_position[0]
    start, end = (np.full(features.input_ids.shape, -9.0) for _ in range(2))
    start[0, first + 3], start[0, first] = 5, 4  # the best start lies after the best end
    end[0, first + 1] = 5
    assert answers([one], features, start, end, n_best=1)["q"] == ""
    assert answers([one], features, start, end, n_best=2)["q"] == "boats belong"


def test_an_end_before_its_start_is_no_answer(tiny_tokenizer):
    one = example("boats belong to clerks")
    features = featurize([one], tiny_tokenizer, max_seq_length=32)
    first = features.first_position[0]
    start, end = (np.zeros(features.input_ids.shape) for _ in range(2))
    start[0, first + 2], end[0, first] = 9, 9
    assert answers([one], features, start, end)["q"] in ("to", "to clerks", "boats")


def test_of_equal_spans_the_first_wins(cases, case_windows, tiny_tokenizer):
    one = example("boats belong to clerks")
    features = featurize([one], tiny_tokenizer, max_seq_length=32)
    level = np.zeros(features.input_ids.shape)
    assert answers([one], features, level, level)["q"] == "boats"
    assert answers([one], features, -level, level - 7)["q"] == "boats"
    index = 0  # in two windows, far from one another
    context = cases[index].context
    early, late = context.index("Ilse Brandt"), context.index("Petra Lund")
    pair = [
        sum(logits)
        for logits in zip(
            pointing(case_windows, index, early, early + 11),
            pointing(case_windows, index, late, late + 10),
            strict=True,
        )
    ]
    assert answers(cases, case_windows, *pair)["long-1"] == "Ilse Brandt"


def test_numbers_that_are_no_numbers_give_no_answer(tiny_tokenizer):
    one = example("boats belong to clerks")
    features = featurize([one], tiny_tokenizer, max_seq_length=32)
    nothing = np.full(features.input_ids.shape, np.nan)
    assert answers([one], features, nothing, nothing) == {"q": ""}


def test_a_passage_from_right_to_left_is_cut_as_written(tiny_tokenizer):
    context = "בעיר עכו נבנה מגדל בשנת 1420."
    assert answer_at(tiny_tokenizer, context, "מגדל") == "מגדל"
    assert answer_at(tiny_tokenizer, context, "בשנת 1420") == "בשנת 1420"


def test_the_best_of_several_windows_wins(cases, case_windows):
    index = 0
    context = cases[index].context
    early, late = context.index("Ilse Brandt"), context.index("Petra Lund")
    weak = pointing(case_windows, index, early, early + 11, points=7.0)
    strong = pointing(case_windows, index, late, late + 10, points=8.0)
    both = (weak[0] + strong[0], weak[1] + strong[1])
    windows = [np.flatnonzero(logits[0].any(axis=1)).tolist() for logits in (weak, strong)]
    assert not set(windows[0]) & set(windows[1])
    assert answers(cases, case_windows, *both)["long-1"] == "Petra Lund"
    swapped = (2 * weak[0] + strong[0], 2 * weak[1] + strong[1])
    assert answers(cases, case_windows, *swapped)["long-1"] == "Ilse Brandt"


def test_a_token_counts_in_the_window_that_shows_most_around_it(cases, case_windows):
    windows = np.flatnonzero(case_windows.example_index == 0)
    first, second = windows[:2]
    edge = int(case_windows.token_count[first]) - 1  # the first window's last token
    place = edge - int(case_windows.first_token[second])
    assert 0 <= place < case_windows.token_count[second]  # the second shows it too, with more room
    start, end = (np.zeros(case_windows.input_ids.shape, np.float32) for _ in range(2))
    for logits in (start, end):
        logits[first, case_windows.first_position[first] + edge] = 99  # at the edge: does not count
        logits[second, case_windows.first_position[second] + place + 5] = 1
    left, right = case_windows.offsets[0][edge]
    found = answers(cases, case_windows, start, end)["long-1"]
    assert cases[0].context[left:right] not in found.split()
    left, right = case_windows.offsets[0][edge + 5]
    assert cases[0].context[left:right] in found


def test_every_question_gets_an_answer_and_those_without_passage_an_empty_one(tiny_tokenizer):
    examples = [
        example("", name="none"),
        example("boats", name="some"),
        example(" \n", name="blank"),
        example("clerks", name="more"),
    ]
    features = featurize(examples, tiny_tokenizer, max_seq_length=32)
    logits = np.zeros(features.input_ids.shape)
    assert answers(examples, features, logits, logits) == {
        "none": "",
        "some": "boats",
        "blank": "",
        "more": "clerks",
    }


@pytest.mark.parametrize("wrong", ["start_logits", "end_logits"])
def test_logits_of_another_shape_are_refused(cases, case_windows, wrong):
    right = np.zeros(case_windows.input_ids.shape)
    logits = {"start_logits": right, "end_logits": right, wrong: right[:-1]}
    with pytest.raises(InputError) as caught:
        answers(cases, case_windows, **logits)
    assert str(caught.value).startswith(f"{wrong} has shape {right[:-1].shape}")
    assert str(right.shape) in str(caught.value)


@pytest.mark.parametrize("name", ["n_best", "max_answer_length"])
def test_settings_below_1_are_refused(cases, case_windows, name):
    logits = np.zeros(case_windows.input_ids.shape)
    with pytest.raises(InputError, match=rf"^{name}=0: must be at least 1"):
        answers(cases, case_windows, logits, logits, **{name: 0})


def questions(*accepted: tuple[str, ...]) -> list[Example]:
    return [
        Example(f"q{i}", "t", " ".join(texts), "?", texts, tuple(0 for _ in texts))
        for i, texts in enumerate(accepted)
    ]


@pytest.mark.parametrize(
    ("accepted", "predicted", "exact", "f1"),
    [
        (("Ada Vane",), "Ada Vane", 100, 100),
        (("Ada Vane",), "the ada vane!", 100, 100),  # case, articles and signs do not count
        (("Ada Vane",), "Ada", 0, 100 * 2 / 3),  # precision 1, recall 1/2
        (("red boat",), "an old red boat of ours", 0, 100 * 4 / 7),  # 2/5 and 1
        (("Ada Vane",), "Tom", 0, 0),
        (("Ada Vane",), "", 0, 0),
        (("old weir", "the old stone weir"), "old stone weir", 100, 100),  # the best one counts
        (("1903–1907", "1903"), "in 1903", 0, 100 * 2 / 3),
    ],
)
def test_scores_agree_with_those_worked_out_by_hand(accepted, predicted, exact, f1):
    found = score(questions(accepted), {"q0": predicted})
    assert found == pytest.approx({"exact_match": exact, "f1": f1}, abs=1e-4)


def test_scores_are_means_over_all_questions_and_a_missing_answer_is_wrong():
    asked = questions(("Ada",), ("Ada Vane",), ("Tom",), ("red boat",))
    found = score(asked, {"q0": "Ada", "q1": "Ada", "q2": "nobody"})
    assert found == pytest.approx({"exact_match": 25, "f1": (100 + 200 / 3) / 4}, abs=1e-4)


def test_no_questions_have_no_score():
    with pytest.raises(InputError, match="nothing to score"):
        score([], {})
