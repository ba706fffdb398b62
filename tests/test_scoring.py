"""A whole file in sorted batches without padding gives the answers of one window at a time."""

import dataclasses

import numpy as np
import pytest

import helpers.scoring
from helpers.errors import InputError
from helpers.rungs import Rung, all_logits, onnxruntime_rung, torch_rung
from helpers.scoring import (
    PADDING_LOGIT,
    WAYS,
    batches_by_length,
    logits_in_batches,
    score_file,
    score_rung,
)
from helpers.squad import answers, score


def test_batches_hold_every_window_once_from_the_longest_to_the_shortest(case_windows):
    inputs = case_windows.inputs()
    real = inputs["attention_mask"].sum(axis=1)
    batches = batches_by_length(inputs, 5)
    assert sorted(np.concatenate(batches)) == list(range(len(case_windows)))
    assert {len(rows) for rows in batches[:-1]} == {5}
    assert 1 <= len(batches[-1]) <= 5
    assert list(real[np.concatenate(batches)]) == sorted(real, reverse=True)


def test_windows_of_one_length_keep_their_order():
    mask = np.ones((4, 8), np.int64)
    mask[1, 6:] = 0
    assert [list(rows) for rows in batches_by_length({"attention_mask": mask}, 2)] == [
        [0, 2], [3, 1]
    ]  # fmt: skip


def test_a_batch_below_1_is_refused(case_windows):
    with pytest.raises(InputError, match="batch=0: must be at least 1"):
        batches_by_length(case_windows.inputs(), 0)


@pytest.fixture
def echo():
    """A rung that gives token ids and their negatives as logits, and the shapes it was given."""
    shapes = []

    def run(inputs):
        shapes.append(inputs["input_ids"].shape)
        ids = inputs["input_ids"].astype(np.float32)
        return ids, -ids

    return Rung("echo", "PyTorch", "fp32", "cpu", "cpu", run), shapes


def test_logits_return_to_the_place_of_their_window_and_token(echo, case_windows):
    rung, shapes = echo
    inputs = case_windows.inputs()
    batches = batches_by_length(inputs, 5)
    starts, ends = logits_in_batches(rung, inputs, batches)
    real = inputs["attention_mask"].sum(axis=1)
    for row, length in enumerate(real):
        assert list(starts[row, :length]) == list(inputs["input_ids"][row, :length])
        assert list(ends[row, :length]) == list(-inputs["input_ids"][row, :length])
    assert shapes == [(len(rows), real[rows].max()) for rows in batches]
    for rows in batches:
        assert (starts[rows, real[rows].max() :] == PADDING_LOGIT).all()
    assert starts.dtype == ends.dtype == np.float32


def test_the_three_ways_run_the_windows_in_the_shapes_they_are_named_for(echo, case_windows):
    rung, shapes = echo
    found = score_file(rung, case_windows, slug="echo", batch=7, repeats=1)
    windows = len(case_windows)
    real = case_windows.attention_mask.sum(axis=1)
    timed = shapes[-(2 * windows + -(-windows // 7)) :]
    assert timed[:windows] == [(1, 128)] * windows
    assert timed[windows : 2 * windows] == [(1, length) for length in real]
    assert timed[2 * windows :] == [
        (len(rows), real[rows].max()) for rows in batches_by_length(case_windows.inputs(), 7)
    ]
    assert [entry["how"] for entry in found] == list(WAYS)
    assert [entry["batch"] for entry in found] == [1, 1, 7]
    for entry in found:
        assert entry["slug"] == "echo"
        assert entry["same_answers"] is entry["exact_match"] is entry["f1"] is None


def test_each_way_is_timed_as_a_whole_and_its_median_counts(monkeypatch, case_windows):
    clock, runs = [0.0], [0]

    windows = len(case_windows)
    a_round = windows + windows + 1  # one by one, one by one, and all in one batch
    slow = range(3 + a_round, 3 + 2 * a_round)  # the second round, behind 3 runs to warm up

    def run(inputs):  # a second for every token
        clock[0] += inputs["input_ids"].size * (100 if runs[0] in slow else 1)
        runs[0] += 1
        return np.zeros((2, *inputs["input_ids"].shape), np.float32)

    monkeypatch.setattr(helpers.scoring.time, "perf_counter", lambda: clock[0])
    rung = Rung("clock", "PyTorch", "fp32", "cpu", "cpu", run)
    found = {e["how"]: e for e in score_file(rung, case_windows, slug="clock", batch=windows)}
    real = case_windows.attention_mask.sum(axis=1)
    assert found[WAYS[0]]["seconds"] == 128 * windows
    assert found[WAYS[1]]["seconds"] == real.sum()
    assert found[WAYS[2]]["seconds"] == real.max() * windows
    assert found[WAYS[0]]["windows_per_s"] == round(1 / 128, 2)


@pytest.mark.parametrize("engine", ["PyTorch", "ONNX Runtime"])
def test_sorted_batches_give_the_same_answers_and_logits(
    engine, tiny, tiny_onnx, cases, case_windows
):
    rung = torch_rung(tiny.model) if engine == "PyTorch" else onnxruntime_rung(tiny_onnx, name="x")
    inputs = case_windows.inputs()
    expected = all_logits(rung, inputs)
    found = logits_in_batches(rung, inputs, batches_by_length(inputs, 5))
    real = inputs["attention_mask"] == 1
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours[real], theirs[real], atol=1e-4, rtol=0)
    given = answers(cases, case_windows, *found)
    assert given == answers(cases, case_windows, *expected)
    assert len(set(given.values())) > 3


def test_each_way_is_scored(tiny_onnx, cases, case_windows):
    found = score_file(
        onnxruntime_rung(tiny_onnx, name="x"), case_windows, cases, slug="x", batch=4, repeats=1
    )
    assert [entry["same_answers"] for entry in found] == [1.0, 1.0, 1.0]
    assert len({(entry["exact_match"], entry["f1"]) for entry in found}) == 1
    assert all(0 <= entry["exact_match"] <= entry["f1"] <= 100 for entry in found)
    assert all(entry["seconds"] > 0 for entry in found)


def test_a_way_that_answers_otherwise_is_told(cases, case_windows):
    def run(inputs):  # full windows: the last token is the best one; cut windows: the first
        ids = inputs["input_ids"]
        places = np.arange(ids.shape[1], dtype=np.float32)[None].repeat(len(ids), 0)
        return (places, places) if ids.shape[1] == 128 else (-places, -places)

    rung = Rung("moody", "PyTorch", "fp32", "cpu", "cpu", run)
    padded, *cut = score_file(rung, case_windows, cases, slug="moody", batch=1, repeats=1)
    assert padded["same_answers"] == 1.0
    assert all(entry["same_answers"] < 0.9 for entry in cut)


def test_nothing_to_run_is_refused(echo, case_windows):
    none = {
        name: getattr(case_windows, name)[:0]
        for name in ("input_ids", "attention_mask", "token_type_ids", "example_index")
    }
    with pytest.raises(InputError, match="hold no window"):
        score_file(echo[0], dataclasses.replace(case_windows, **none), slug="x")
    with pytest.raises(InputError, match="repeats=0"):
        score_file(echo[0], case_windows, slug="x", repeats=0)


def test_a_rung_is_scored_on_what_it_answers_window_by_window(tiny_onnx, cases, case_windows):
    rung = onnxruntime_rung(tiny_onnx, name="x")
    given = answers(cases, case_windows, *all_logits(rung, case_windows.inputs()))
    assert score_rung(rung, case_windows, cases) == score(cases, given)


def test_a_file_whose_logits_are_not_finite_gets_no_time(case_windows):
    def run(inputs):
        alone = len(inputs["input_ids"]) == 1
        return np.full((2, *inputs["input_ids"].shape), 0 if alone else np.nan, np.float32)

    rung = Rung("batches spoil it", "PyTorch", "fp32", "cpu", "cpu", run)
    with pytest.raises(InputError, match=r"^batches spoil it: start logits of window \d+ are not"):
        score_file(rung, case_windows, slug="x", repeats=1)
