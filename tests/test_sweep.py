"""Batch, length and padding: which runs are made, and what is computed from their times."""

import numpy as np
import pytest

import helpers.latency
from helpers.errors import InputError
from helpers.padding import cut_to_length, real_lengths
from helpers.rungs import Rung
from helpers.sweep import sweep

REAL = [20, 64, 8, 33, 64, 50]


@pytest.fixture
def windows():
    """Six windows of 64 tokens, right-padded, whose first token is their number."""
    ids, mask = np.zeros((2, len(REAL), 64), np.int64)
    for row, length in enumerate(REAL):
        ids[row, :length], mask[row, :length] = row, 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


@pytest.fixture
def clock(monkeypatch):
    """A clock that only fake rungs move; in seconds."""
    now = [0.0]
    monkeypatch.setattr(helpers.latency.time, "perf_counter", lambda: now[0])
    return now


def fake(clock, name, ms_a_token, *, only=None):
    """A rung that takes `ms_a_token`, keeps what it was given, and may take one length only."""
    given = []

    def run(inputs):
        batch, length = inputs["input_ids"].shape
        if only and length != only:
            raise InputError(f"{length} tokens: made for {only}")
        given.append(inputs)
        clock[0] += ms_a_token * batch * length / 1000
        return np.zeros((2, batch, length), np.float32)

    return Rung(name, "PyTorch", "fp32", "cpu", "cpu", run), given


def test_a_sweep_has_an_entry_a_rung_batch_and_length_with_its_median_and_throughput(
    clock, windows
):
    rungs = {"a": fake(clock, "A", 0.1)[0], "b": fake(clock, "B", 0.05)[0]}
    found = sweep(rungs, windows, batches=(1, 4), lengths=(16, 64), samples=3, budget_ms=1e9)
    points = {(entry["slug"], entry["batch"], entry["length"]): entry for entry in found}
    assert len(found) == len(points) == 8
    assert points["a", 4, 64]["p50_ms"] == pytest.approx(25.6)
    assert points["a", 4, 64]["windows_per_s"] == pytest.approx(156.25)
    assert points["b", 1, 16]["p50_ms"] == pytest.approx(0.8)
    assert set(found[0]) == {"slug", "batch", "length", "p50_ms", "windows_per_s", "busy"}


def order_of(slug, rung, order):
    """The rung, which notes in `order` its slug and the shape of each run."""

    def run(inputs):
        order.append((slug, *inputs["input_ids"].shape))
        return rung.run(inputs)

    return Rung(rung.name, "PyTorch", "fp32", "cpu", "cpu", run)


def test_all_rungs_at_all_points_run_once_a_round_in_an_order_drawn_anew(clock, windows):
    order = []
    rungs = {slug: order_of(slug, fake(clock, slug.upper(), 0.1)[0], order) for slug in ("a", "b")}
    sweep(rungs, windows, batches=(1, 2), lengths=(32, 64), samples=4, budget_ms=1e9)
    points = [(1, 32), (1, 64), (2, 32), (2, 64)]
    before = [(slug, *point) for point in points for slug in ("a", "b") for _ in range(2)]
    assert order[:16] == before  # does it take the shape, and how long
    rounds = [order[at : at + 8] for at in range(16, len(order), 8)]
    assert len(rounds) == 4
    assert {tuple(sorted(one)) for one in rounds} == {tuple(sorted(set(before)))}
    assert len({tuple(one) for one in rounds}) == 4


def test_a_slow_minute_costs_every_point_a_sample_and_no_point_its_median(clock, windows):
    rung, given = fake(clock, "A", 0.1)

    def run(inputs):
        if 8 + 4 <= len(given) < 8 + 8:  # the second round of five
            clock[0] += 60
        return rung.run(inputs)

    slow = Rung("A", "PyTorch", "fp32", "cpu", "cpu", run)
    found = sweep({"a": slow}, windows, batches=(1, 2), lengths=(32, 64), samples=5, budget_ms=1e9)
    assert [entry["p50_ms"] for entry in found] == pytest.approx([3.2, 6.4, 6.4, 12.8])


def test_entries_stand_in_the_order_of_their_tokens_from_the_first_round_on(clock, windows):
    into, seen = [], []
    rungs = {"a": fake(clock, "A", 0.1)[0]}
    sweep(
        rungs, windows, batches=(1, 4), lengths=(16, 64), samples=3, budget_ms=1e9, into=into,
        kept=lambda: seen.append([(entry["batch"], entry["length"]) for entry in into]),
    )  # fmt: skip
    assert seen == [[(1, 16), (1, 64), (4, 16), (4, 64)]] * 3


def test_ctrl_c_leaves_the_rounds_that_were_finished(clock, windows):
    rung, given = fake(clock, "A", 0.1)

    def run(inputs):
        if len(given) == 2 + 2:  # in the third round
            raise KeyboardInterrupt
        return rung.run(inputs)

    into = []
    stopped = Rung("A", "PyTorch", "fp32", "cpu", "cpu", run)
    with pytest.raises(KeyboardInterrupt):
        sweep({"a": stopped}, windows, batches=(1,), lengths=(16,), samples=9, budget_ms=1e9,
              into=into)  # fmt: skip
    assert [entry["p50_ms"] for entry in into] == pytest.approx([1.6])


@pytest.mark.parametrize(
    ("waits", "share"), [([0.9] * 5, 1.0), ([0, 0, 0, 0.9, 0], 0.2), ([0] * 5, 0.0)]
)
def test_an_entry_tells_which_share_of_its_runs_others_disturbed(
    clock, windows, monkeypatch, waits, share
):
    told = iter(np.repeat(np.cumsum([0, *waits]) * 1e6, 2)[1:])
    monkeypatch.setattr(helpers.latency, "waited_ns", lambda: next(told))
    rungs = {"a": fake(clock, "A", 0.1)[0]}
    found = sweep(rungs, windows, batches=(1,), lengths=(64,), samples=5, budget_ms=1e9)
    assert found[0]["busy"] == share


def test_a_point_beyond_the_budget_is_left_out_and_told_for_that_rung_alone(clock, windows):
    rungs = {"slow": fake(clock, "Slow", 1.0)[0], "fast": fake(clock, "Fast", 0.1)[0]}
    told = []
    found = sweep(
        rungs, windows, batches=(1, 4), lengths=(16, 64), samples=3,
        budget_ms=500.0, tell=told.append,
    )  # fmt: skip
    points = [(entry["slug"], entry["batch"], entry["length"]) for entry in found]
    assert [p for p in points if p[0] == "slow"] == [
        ("slow", 1, 16), ("slow", 1, 64), ("slow", 4, 16)
    ]  # fmt: skip
    assert len([p for p in points if p[0] == "fast"]) == 4
    assert told == [
        "left out: Slow, batch 4 at 64 tokens: its 5 runs would take 1.3 s, more than 0.5 s"
    ]


def test_a_rung_for_one_length_is_left_out_elsewhere_and_told(clock, windows):
    told = []
    rungs = {"graph": fake(clock, "Graph", 0.1, only=64)[0]}
    found = sweep(rungs, windows, batches=(1,), lengths=(16, 64), samples=2, budget_ms=1e9,
                  tell=told.append)  # fmt: skip
    assert [(entry["batch"], entry["length"]) for entry in found] == [(1, 64)]
    assert told == ["left out: Graph, batch 1 at 16 tokens: 16 tokens: made for 64"]


def test_a_sweep_uses_the_windows_with_the_most_tokens_in_turn(clock, windows):
    rung, given = fake(clock, "A", 0.1)
    sweep({"a": rung}, windows, batches=(2,), lengths=(32,), samples=2, budget_ms=1e9)
    numbers = [feed["input_ids"][:, 0].tolist() for feed in given]
    assert numbers == [[1, 4], [1, 4], [1, 4], [5, 3]]  # those of 64, 64, 50 and 33 tokens
    assert all(feed["attention_mask"].all() for feed in given)


def test_a_batch_larger_than_the_file_repeats_windows(clock, windows):
    rung, given = fake(clock, "A", 0.1)
    found = sweep({"a": rung}, windows, batches=(8,), lengths=(8,), samples=1, budget_ms=1e9)
    assert found[0]["batch"] == 8
    assert {feed["input_ids"].shape for feed in given} == {(8, 8)}


@pytest.mark.parametrize(
    ("batches", "lengths", "told"),
    [((0,), (8,), "batch 0"), ((1,), (65,), "length 65: .* 64 tokens"), ((1,), (0,), "length 0")],
)
def test_impossible_points_are_refused(clock, windows, batches, lengths, told):
    rung, given = fake(clock, "A", 0.1)
    with pytest.raises(InputError, match=told):
        sweep({"a": rung}, windows, batches=batches, lengths=lengths, samples=1, budget_ms=1.0)
    assert given == []


def test_real_lengths_pair_each_window_with_itself(clock, windows):
    rungs = {"a": fake(clock, "A", 0.1)[0], "b": fake(clock, "B", 1.0)[0]}
    found = real_lengths(rungs, windows, samples=6)
    ratios = 64 / np.array(REAL)
    assert set(found) == {"a", "b"}
    for slug, ms in (("a", 0.1), ("b", 1.0)):
        assert found[slug]["padded_ms"] == pytest.approx(64 * ms)
        assert found[slug]["real_ms"] == pytest.approx(np.median(REAL) * ms)
        assert found[slug]["padded_mean_ms"] == pytest.approx(64 * ms)
        assert found[slug]["real_mean_ms"] == pytest.approx(np.mean(REAL) * ms, abs=1e-4)
        faster = found[slug]["times_faster"]
        assert faster["median"] == pytest.approx(np.median(ratios), abs=1e-4)
        assert faster["low"] <= faster["median"] <= faster["high"] <= 8.0
        assert found[slug]["mean_real_length"] == pytest.approx(np.mean(REAL), abs=0.01)


def test_real_lengths_leave_out_a_rung_for_one_length(clock, windows):
    told = []
    rungs = {"a": fake(clock, "A", 0.1)[0], "graph": fake(clock, "Graph", 0.1, only=64)[0]}
    assert set(real_lengths(rungs, windows, samples=6, tell=told.append)) == {"a"}
    assert len(told) == 1 and told[0].startswith("left out: Graph, real lengths: ")


def test_real_lengths_run_every_window_once_before_the_clock_matters(clock, windows):
    rung, given = fake(clock, "A", 0.1)
    real_lengths({"a": rung}, windows, samples=6)
    untimed = [feed["input_ids"].shape[1] for feed in given[:7]]
    assert untimed[0] == 64 and sorted(untimed[1:]) == sorted(REAL)
    assert len(given) == 7 + 12


def test_real_lengths_need_a_sample(clock, windows):
    with pytest.raises(InputError, match="samples=0"):
        real_lengths({}, windows, samples=0)


def test_windows_are_cut_to_the_longest_of_them(windows):
    short = {name: array[[0, 2]] for name, array in windows.items()}
    assert {array.shape for array in cut_to_length(short).values()} == {(2, 20)}
    assert cut_to_length(short)["attention_mask"].sum() == 28


def test_a_point_whose_logits_are_not_finite_is_left_out(clock, windows):
    rung, _ = fake(clock, "A", 0.1)

    def spoilt(inputs):
        return rung.run(inputs) * (np.nan if len(inputs["input_ids"]) == 4 else 1)

    told = []
    rungs = {"a": Rung("A", "PyTorch", "fp32", "cpu", "cpu", spoilt)}
    found = sweep(
        rungs, windows, batches=(1, 4), lengths=(16,), samples=1, budget_ms=1e9, tell=told.append
    )
    assert [entry["batch"] for entry in found] == [1]
    assert told == [
        "left out: A, batch 4 at 16 tokens: A: start logits of window 0 are not finite (NaN or "
        "infinity, in 4 of 4 windows); check the weights, or use fp32"
    ]
