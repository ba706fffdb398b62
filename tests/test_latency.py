"""A latency is a value; what is compared is measured in turn."""

import time

import numpy as np
import pytest

from helpers import latency
from helpers.errors import InputError
from helpers.latency import Latency, first_runs, measure, paired_ratio


def test_percentiles_of_known_samples():
    found = Latency(tuple(float(n) for n in range(100, -1, -1)), 500.0, 3)
    assert (found.p50, found.p90, found.p99) == (50, 90, 99)
    assert (found.mean, found.min) == (50, 0)
    assert found.percentile(12.5) == 12.5
    assert found.first_run_ms == 500.0  # kept apart: it is in none of the above


def test_one_sample_is_every_percentile():
    one = Latency((4.0,), 9.0, 0)
    assert {one.p50, one.p90, one.p99, one.mean, one.min} == {4.0}


def test_a_latency_without_samples_does_not_exist():
    with pytest.raises(InputError, match="at least one sample"):
        Latency((), 1.0, 0)


def test_a_latency_cannot_be_edited():
    with pytest.raises(AttributeError):
        Latency((4.0,), 9.0, 0).first_run_ms = 1.0


@pytest.fixture
def recorded():
    """Three engines that write down who ran on what, and how to run them."""
    calls = []
    names = ("torch", "onnx", "openvino")
    engines = {name: lambda i, name=name: calls.append((name, i)) for name in names}
    return calls, engines


def rounds_of(calls, size):
    return [calls[i : i + size] for i in range(0, len(calls), size)]


def test_every_round_runs_every_engine_once_on_the_same_input(recorded):
    calls, engines = recorded
    found = measure(engines, samples=20, warmup=5)
    rounds = rounds_of(calls, 3)
    assert len(rounds) == 1 + 5 + 20
    for one_round in rounds:
        assert {name for name, _ in one_round} == set(engines)
        assert len({number for _, number in one_round}) == 1
    assert [one_round[0][1] for one_round in rounds[6:]] == list(range(20))
    assert {len(one.samples_ms) for one in found.values()} == {20}
    assert {one.warmup_runs for one in found.values()} == {5}


def test_the_order_changes_from_round_to_round_and_follows_the_seed(recorded):
    calls, engines = recorded
    orders = []
    for seed in (1, 1, 2):
        calls.clear()
        measure(engines, samples=30, warmup=0, seed=seed)
        orders.append([tuple(name for name, _ in r) for r in rounds_of(calls, 3)[1:]])
    assert len(set(orders[0])) == 6  # all orders of three
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]


def test_the_first_run_and_the_warm_up_are_not_among_the_samples():
    runs = []

    def slow_at_first(_):
        runs.append(1)
        if len(runs) <= 3:  # the first run and two of warm-up
            time.sleep(0.05)

    found = measure({"x": slow_at_first}, samples=40, warmup=2)["x"]
    assert len(runs) == 1 + 2 + 40
    assert found.first_run_ms >= 50
    assert found.p50 < found.first_run_ms / 5


def test_progress_is_told_of_every_run(recorded):
    told = []
    measure(recorded[1], samples=4, warmup=2, progress=lambda: told.append(1))
    assert len(told) == 3 * (2 + 4)


def test_first_runs_run_every_engine_once_on_input_0_in_order(recorded):
    calls, engines = recorded
    times = first_runs(engines)
    assert calls == [(name, 0) for name in engines]
    assert list(times) == list(engines)
    assert all(0 <= milliseconds < 1000 for milliseconds in times.values())
    assert first_runs({"slow": lambda _: time.sleep(0.02)})["slow"] >= 20


def test_first_runs_that_were_timed_before_are_taken_over_and_not_run_again(recorded):
    calls, engines = recorded
    found = measure(engines, samples=4, warmup=2, first_run_ms=dict.fromkeys(engines, 123.0))
    assert {one.first_run_ms for one in found.values()} == {123.0}
    assert len(calls) == 3 * (2 + 4)


def test_a_slow_engine_is_found_slower():
    engines = {"slow": lambda _: time.sleep(0.005), "fast": lambda _: None}
    found = measure(engines, samples=15, warmup=1)
    median, low, high = paired_ratio(found["slow"].samples_ms, found["fast"].samples_ms)
    assert 1 < low <= median <= high


def test_known_sleeps_come_out_as_percentiles_and_ratios(monkeypatch):
    """The clock is one that only the engines' sleeping moves, so that the figures are exact."""
    now = [0.0]

    def sleeper(milliseconds):
        def run(i):
            now[0] += milliseconds(i) / 1000

        return run

    monkeypatch.setattr(latency.time, "perf_counter", lambda: now[0])
    engines = {"slow": sleeper(lambda i: 40 if i % 10 == 9 else 20), "fast": sleeper(lambda i: 5)}
    found = measure(engines, samples=40, warmup=3)
    slow, fast = found["slow"], found["fast"]
    assert [slow.p50, slow.percentile(95), slow.mean] == pytest.approx([20, 40, 22])
    assert [fast.p50, fast.p99, fast.min, fast.first_run_ms] == pytest.approx([5, 5, 5, 5])
    assert paired_ratio(slow.samples_ms, fast.samples_ms) == pytest.approx((4, 4, 4))


def test_a_time_on_the_device_is_kept_beside_the_whole_one(recorded):
    calls, engines = recorded
    device = {"torch": lambda i: calls.append(("device", i)) or 0.25 * i}
    found = measure(engines, samples=4, warmup=1, device=device)
    assert found["torch"].device_ms == (0.0, 0.25, 0.5, 0.75)
    assert found["onnx"].device_ms == ()
    places = [i for i, call in enumerate(calls) if call[0] == "device"]
    assert [calls[i - 1] for i in places] == [("torch", calls[i][1]) for i in places]


def test_samples_are_marked_where_the_process_waited(monkeypatch):
    clock = iter([0, 0, 0, 10**9, 10**9, 10**9])  # before and after each of three runs
    monkeypatch.setattr(latency, "waited_ns", lambda: next(clock))
    found = measure({"x": lambda _: None}, samples=3, warmup=0, first_run_ms={"x": 1.0})
    assert found["x"].busy == (False, True, False)


def test_no_marks_where_the_system_tells_nothing(monkeypatch):
    monkeypatch.setattr(latency, "waited_ns", lambda: None)
    assert measure({"x": lambda _: None}, samples=3)["x"].busy is None


def interrupted_at(calls_before):
    """Engines of which the second raises as Ctrl-C does, at the given call of all."""
    calls = []

    def run(i):
        calls.append(i)
        if len(calls) == calls_before:
            raise KeyboardInterrupt

    return {"a": run, "b": run}


def test_ctrl_c_keeps_the_whole_rounds_if_asked_to():
    found = measure(
        interrupted_at(2 + 7), samples=50, warmup=0, keep_what_is_there=True
    )  # two first runs, three rounds, and half of the fourth
    assert {len(one.samples_ms) for one in found.values()} == {3}


@pytest.mark.parametrize(("calls", "keep"), [(3, True), (9, False)])
def test_ctrl_c_goes_on_where_nothing_is_to_be_kept(calls, keep):
    with pytest.raises(KeyboardInterrupt):
        measure(interrupted_at(calls), samples=50, warmup=0, keep_what_is_there=keep)


@pytest.mark.parametrize("samples", [0, -1])
def test_no_samples_are_refused(samples):
    with pytest.raises(InputError, match=rf"^samples={samples}: must be at least 1"):
        measure({"x": lambda _: None}, samples=samples)


def test_the_ratio_of_equal_multiples_is_exact():
    fast = [1.0, 2.0, 5.0, 3.0]
    assert paired_ratio([2 * value for value in fast], fast) == (2.0, 2.0, 2.0)


def test_the_ratio_is_paired_round_by_round():
    slow, fast = [2.0, 20.0, 200.0], [1.0, 10.0, 100.0]  # the machine slowed down: both did
    assert paired_ratio(slow, fast) == (2.0, 2.0, 2.0)
    assert paired_ratio(slow, fast[::-1]) != (2.0, 2.0, 2.0)


def test_the_interval_holds_the_median_narrows_with_samples_and_follows_the_seed():
    random = np.random.default_rng(0)
    ratios = random.normal(3, 0.5, 400)
    few, many = (paired_ratio(ratios[:n], np.ones(n)) for n in (20, 400))
    for median, low, high in (few, many):
        assert low <= median <= high
    assert many[2] - many[1] < few[2] - few[1]
    assert many[0] == pytest.approx(float(np.median(ratios)))
    assert many[1] < 3 < many[2]
    assert paired_ratio(ratios, np.ones(400)) == many
    assert paired_ratio(ratios, np.ones(400), seed=1) != many


def failing(calls, *, after):
    """Two engines; the first one raises from its run number `after` on, counted from 0."""

    def break_down(number):
        calls.append("broken")
        if calls.count("broken") > after:
            raise RuntimeError("CUDA error: out of memory\nmore")

    return {"broken": break_down, "sound": lambda number: calls.append("sound")}


@pytest.mark.parametrize("after", [0, 1, 2, 6])  # first run, warm-up, first round, a later one
def test_an_engine_that_fails_is_left_out_and_the_others_go_on(after):
    calls, told = [], []
    engines = failing(calls, after=after)
    found = measure(
        engines, samples=9, warmup=1, failed=lambda name, error: told.append((name, str(error)))
    )
    assert told == [("broken", "CUDA error: out of memory\nmore")]
    assert set(found) == {"sound"}
    assert len(found["sound"].samples_ms) == 9
    assert calls.count("broken") == after + 1


def test_an_engine_that_fails_on_the_device_alone_is_left_out_too():
    told = []
    found = measure(
        {"graph": lambda number: None, "sound": lambda number: None},
        samples=3,
        warmup=0,
        device={"graph": lambda number: 1 / 0},
        failed=lambda name, error: told.append(name),
    )
    assert told == ["graph"]
    assert set(found) == {"sound"}


def test_where_all_fail_nothing_is_left():
    told = []
    assert measure({"a": lambda n: 1 / 0}, samples=3, failed=lambda *one: told.append(one)) == {}
    assert len(told) == 1


@pytest.mark.parametrize("after", [0, 1, 4])
def test_what_nobody_excuses_is_raised(after):
    with pytest.raises(RuntimeError, match="out of memory"):
        measure(failing([], after=after), samples=9, warmup=0)
