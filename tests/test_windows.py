"""Windows equal those of transformers 4 where they overlap, and lose no word where they do not."""

import itertools

import numpy as np
import pytest
from builders import GOLDEN, example
from hypothesis import given
from hypothesis import strategies as st

from helpers.errors import InputError
from helpers.squad import Features, featurize, shortest_length, window_starts

SETTINGS = {"384-128": (384, 128, 64), "128-64": (128, 64, 64), "64-16-16": (64, 16, 16)}
ARRAYS = ("input_ids", "attention_mask", "token_type_ids")


def room_of(features: Features, index: int) -> int:
    """How many passage tokens a window of that example can hold."""
    window = np.flatnonzero(features.example_index == index)[0]
    return features.input_ids.shape[1] - int(features.first_position[window]) - 1


def tokens_seen(features: Features, index: int) -> set[int]:
    return {
        token
        for window in np.flatnonzero(features.example_index == index)
        for token in range(
            features.first_token[window],
            features.first_token[window] + features.token_count[window],
        )
    }


@pytest.mark.parametrize("name", SETTINGS)
def test_equal_token_for_token_to_the_converter_of_transformers_4(name, cases, tiny_tokenizer):
    length, stride, query = SETTINGS[name]
    ours = featurize(
        cases, tiny_tokenizer, max_seq_length=length, doc_stride=stride, max_query_length=query
    )
    golden = np.load(GOLDEN / f"windows-{name}.npz")
    compared = 0
    for index, case in enumerate(cases):
        if room_of(ours, index) < stride:
            continue
        compared += 1
        for array in ARRAYS:
            found = getattr(ours, array)[ours.example_index == index]
            expected = golden[array][golden["example_index"] == index]
            np.testing.assert_array_equal(found, expected, err_msg=f"{case.id} {array}")
    assert compared == len(cases) - (name == "128-64")  # the long question at 128/64 leaves 61


def test_windows_touch_where_the_old_converter_leapt(cases, tiny_tokenizer):
    features = featurize(cases, tiny_tokenizer, max_seq_length=128, doc_stride=64)
    index = [case.id for case in cases].index("long-query")
    room = room_of(features, index)
    assert room == 128 - 64 - 3 < 64
    windows = np.flatnonzero(features.example_index == index)
    steps = np.diff(features.first_token[windows])
    assert set(steps.tolist()) == {room}
    assert tokens_seen(features, index) == set(range(len(features.offsets[index])))


WORDS = st.text(st.sampled_from("abcdefgxyz0189éÅ京楼"), min_size=1, max_size=9)
BLANKS = st.sampled_from([" ", "  ", "\t", "\n", " , ", ". "])


@given(
    pairs=st.lists(st.tuples(WORDS, BLANKS), max_size=120),
    length=st.integers(9, 80),
    stride=st.integers(1, 100),
    query=st.integers(1, 5),
)
def test_every_word_of_a_random_context_lies_in_some_window(
    tiny_tokenizer, pairs, length, stride, query
):
    context = "".join(word + blank for word, blank in pairs)
    features = featurize(
        [example(context)],
        tiny_tokenizer,
        max_seq_length=length,
        doc_stride=stride,
        max_query_length=query,
    )
    seen = tokens_seen(features, 0)
    spans = features.offsets[0]
    assert seen == set(range(len(spans)))
    read = {place for token in seen for place in range(*spans[token])}
    start = 0
    for word, blank in pairs:
        assert set(range(start, start + len(word))) <= read, f"{word!r} at {start} is never read"
        start += len(word) + len(blank)
    firsts, counts = features.first_token, features.token_count
    assert all(firsts[1:] <= firsts[:-1] + counts[:-1])
    if len(firsts) > 1:
        assert set(np.diff(firsts).tolist()) == {min(stride, room_of(features, 0))}


@given(tokens=st.integers(0, 400), room=st.integers(1, 130), stride=st.integers(1, 200))
def test_window_starts_leave_no_token_out_and_end_with_the_passage(tokens, room, stride):
    starts = window_starts(tokens, room, stride)
    assert {t for s in starts for t in range(s, min(s + room, tokens))} == set(range(tokens))
    assert all(start + room < tokens for start in starts[:-1])  # no window after the end is reached
    assert all(
        later - earlier == min(stride, room) for earlier, later in itertools.pairwise(starts)
    )


def test_the_articles_setting_reads_a_whole_passage_of_325_tokens(tiny_tokenizer):
    words = [w for w in tiny_tokenizer.get_vocab() if w.isascii() and w.isalpha() and len(w) > 2]
    context = " ".join(words[i % len(words)] for i in range(325))
    features = featurize(
        [example(context, "who are careful ?")], tiny_tokenizer, max_seq_length=128, doc_stride=128
    )
    assert len(features.offsets[0]) == 325
    assert tokens_seen(features, 0) == set(range(325))
    old_starts = range(0, 325, 128)  # what the converter of transformers 4 did with 128/128
    room = room_of(features, 0)
    assert not set(range(325)) <= {t for s in old_starts for t in range(s, s + room)}
    assert len(features) == -(-325 // room)


def test_shapes_and_dtypes(case_windows, cases):
    windows = len(case_windows)
    for array in ARRAYS:
        values = getattr(case_windows, array)
        assert values.shape == (windows, 128)
        assert values.dtype == np.int64
    for array in ("example_index", "first_position", "first_token", "token_count"):
        values = getattr(case_windows, array)
        assert values.shape == (windows,)
        assert values.dtype == np.int64
    assert set(case_windows.example_index.tolist()) == set(range(len(cases)))
    assert [spans.shape[1] for spans in case_windows.offsets] == [2] * len(cases)


def test_each_window_is_cls_question_sep_passage_sep_padding(case_windows, tiny_tokenizer):
    cls, sep, pad = (tiny_tokenizer.convert_tokens_to_ids(t) for t in ("[CLS]", "[SEP]", "[PAD]"))
    for window in range(len(case_windows)):
        ids = case_windows.input_ids[window]
        first, count = case_windows.first_position[window], case_windows.token_count[window]
        end = first + count
        assert (ids[0], ids[first - 1], ids[end]) == (cls, sep, sep)
        assert (ids[end + 1 :] == pad).all()
        np.testing.assert_array_equal(case_windows.attention_mask[window], np.arange(128) <= end)
        np.testing.assert_array_equal(
            case_windows.token_type_ids[window], (np.arange(128) >= first) & (np.arange(128) <= end)
        )


def test_a_question_of_more_than_64_tokens_is_cut_to_64(cases, case_windows):
    index = [case.id for case in cases].index("long-query")
    window = np.flatnonzero(case_windows.example_index == index)[0]
    assert case_windows.first_position[window] == 64 + 2


def test_a_passage_without_tokens_gives_no_window(tiny_tokenizer):
    examples = [example("", name="a"), example("Ada Vane", name="b"), example(" \t ", name="c")]
    features = featurize(examples, tiny_tokenizer)
    assert features.example_index.tolist() == [1]
    assert featurize(examples[:1], tiny_tokenizer).input_ids.shape == (0, 128)


def test_too_short_a_window_names_the_length_and_the_one_that_will_do(tiny_tokenizer):
    question = example("Ada Vane keeps the weir.", "Who are careful?")
    with pytest.raises(
        InputError, match=r"max_seq_length=6:.* 'q' has \d+ tokens.*at least (\d+)"
    ) as e:
        featurize([question], tiny_tokenizer, max_seq_length=6)
    enough = int(str(e.value).split("at least ")[1].split(",")[0])
    assert len(featurize([question], tiny_tokenizer, max_seq_length=enough)) > 0
    with pytest.raises(InputError):
        featurize([question], tiny_tokenizer, max_seq_length=enough - 1)


@pytest.mark.parametrize("name", ["max_seq_length", "doc_stride", "max_query_length"])
@pytest.mark.parametrize("value", [0, -5])
def test_settings_below_1_are_refused(tiny_tokenizer, name, value):
    with pytest.raises(InputError, match=rf"^{name}={value}: must be at least 1"):
        featurize([example("Ada")], tiny_tokenizer, **{name: value})


def test_the_old_converter_leaps_over_words_at_the_articles_setting_and_ours_does_not(
    cases, tiny_tokenizer
):
    ours = featurize(cases, tiny_tokenizer, max_seq_length=128, doc_stride=128)
    golden = np.load(GOLDEN / "windows-128-128.npz")
    lost = []
    for index, case in enumerate(cases):
        tokens = len(ours.offsets[index])
        room = room_of(ours, index)
        passage = tiny_tokenizer(case.context, add_special_tokens=False)["input_ids"]
        rows = golden["example_index"] == index
        parts = [
            ids[types == 1][:-1].tolist()  # without the last [SEP]
            for ids, types in zip(
                golden["input_ids"][rows], golden["token_type_ids"][rows], strict=True
            )
        ]
        starts = range(0, tokens, 128)
        assert parts == [passage[start : start + room] for start in starts], case.id
        read = {t for start in starts for t in range(start, min(start + room, tokens))}
        lost.append(tokens - len(read))
        assert tokens_seen(ours, index) == set(range(tokens)), case.id
    assert sum(count > 0 for count in lost) >= 2  # long enough passages are among the cases


def test_inputs_are_the_three_arrays_by_name_of_all_windows_or_some(case_windows):
    assert list(case_windows.inputs()) == list(ARRAYS)
    for array in ARRAYS:
        values = getattr(case_windows, array)
        np.testing.assert_array_equal(case_windows.inputs()[array], values)
        np.testing.assert_array_equal(case_windows.inputs(slice(2, 5))[array], values[2:5])


def test_the_length_that_is_named_has_room_beside_every_question(tiny_tokenizer):
    short, long = example("Ada.", "Who?", name="a"), example("Ada.", "Who are careful?", name="b")
    with pytest.raises(InputError, match=r"^max_seq_length=4: question 'a'") as caught:
        featurize([short, long], tiny_tokenizer, max_seq_length=4)
    least = shortest_length([short, long], tiny_tokenizer)
    assert f"use at least {least}, " in str(caught.value)
    assert len(featurize([short, long], tiny_tokenizer, max_seq_length=least)) >= 2
    with pytest.raises(InputError):
        featurize([short, long], tiny_tokenizer, max_seq_length=least - 1)
