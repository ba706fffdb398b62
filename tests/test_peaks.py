"""Peaks: the arithmetic with times of our own, and a run of the real thing without a stopwatch."""

import dataclasses
import math
from contextlib import contextmanager

import pytest
import torch

from helpers.costs import Cost
from helpers.environment import cores
from helpers.errors import InputError
from helpers.limits import limit_ms, peaks_or_none
from helpers.peaks import Peaks, _by_clock, _fastest, higher, measure_peaks
from helpers.products import Product, Unavailable


def product(name="engine", fails=None):
    """A product that computes nothing; it is ready at any size."""

    @contextmanager
    def ready(size, threads):
        if fails:
            raise fails
        yield lambda: (name, size, threads)

    return Product(name, ready)


def test_a_peak_is_two_flops_a_multiply_add_over_the_time(monkeypatch):
    monkeypatch.setattr("helpers.peaks.products", lambda device, precision: [product()])
    seen = []

    def half_a_second(run):
        seen.append(run())
        return 0.5

    found = measure_peaks(threads=3, precisions=["int8"], seconds=2.0, timer=half_a_second)
    # 256 takes half a second: at that rate 1024 would take 64 times as long, so it is left out
    assert found.peak_gflops == {"int8": 2 * 256**3 / 0.5 / 1e9}
    assert found.how["int8"] == "engine of [256, 256] matrices, 3 threads, best of its runs"
    assert found.bandwidth_gb_s == 512 * 2**20 / 0.5 / 1e9
    assert "512 MiB read" in found.how["bandwidth"]
    assert seen[:5] == [("engine", 256, 3)] * 5  # one first, then 4 times half a second
    assert (found.device, found.threads) == ("cpu", 3)


def test_the_best_engine_and_size_count_and_a_failing_one_does_not(monkeypatch):
    rates = {"slow": 1e12, "fast": 3e12}  # FLOPs a second
    made = [product("slow"), product("broken", RuntimeError("no kernel\nat all")), product("fast")]
    monkeypatch.setattr("helpers.peaks.products", lambda device, precision: made)

    def timer(run):
        told = run()
        if not isinstance(told, tuple):
            return 1.0  # the memory
        name, size, _ = told
        return 2 * size**3 / rates[name] * (2 if size == 2048 else 1)

    found = measure_peaks(threads=1, precisions=["fp32"], seconds=0.001, timer=timer)
    assert found.peak_gflops["fp32"] == pytest.approx(3000)
    assert found.how["fp32"].startswith("fast of [")
    assert "2048" not in found.how["fp32"]


def test_what_nothing_computes_has_no_peak_but_a_reason(monkeypatch):
    def lacking(device, precision):
        if precision == "bf16":
            raise Unavailable("no such instructions")
        return [product("one", RuntimeError("no kernel\nat all")), product("two", OSError("gone"))]

    monkeypatch.setattr("helpers.peaks.products", lacking)
    found = measure_peaks(threads=1, precisions=["bf16", "int8"], seconds=0, timer=lambda run: 1.0)
    assert found.peak_gflops == {"bf16": None, "int8": None}
    assert found.how["bf16"] == "no such instructions"
    assert found.how["int8"] == "one: no kernel; two: gone"


def test_the_fastest_of_at_least_three_after_a_first_one():
    times = iter([0.1, 5.0, 3.0, 4.0])
    assert _fastest(lambda: None, 1.0, lambda run: next(times)) == 3.0
    assert next(times, None) is None
    times = iter([9.0, 1.0, 1.0, 1.0, 0.5, 2.0, 0.1])
    assert _fastest(lambda: None, 5.0, lambda run: next(times)) == 0.5
    assert list(times) == [0.1]  # 1 + 1 + 1 + 0.5 + 2 seconds are enough


def test_a_run_is_timed_by_the_clock_around_it(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    assert _by_clock(lambda: now.__setitem__(0, now[0] + 0.25)) == 0.25


def test_this_machine_has_peaks_of_a_plausible_size():
    threads = torch.get_num_threads()
    found = measure_peaks(threads=cores(), precisions=["fp32", "int8", "fp16"], seconds=0)
    assert torch.get_num_threads() == threads
    for name in ("fp32", "int8"):
        # no processor reaches 6 GHz, or more than 4096 integer operations a cycle and core
        assert 0.01 < found.peak_gflops[name] < cores() * 6 * 4096
        assert f"{cores()} threads, best of its runs" in found.how[name]
    assert found.peak_gflops["fp16"] is None
    assert 0.01 < found.bandwidth_gb_s < 10_000
    cost = Cost(linear_flops=10**9, attention_flops=10**7)
    for name in ("fp32", "int8"):
        assert 0 < limit_ms(cost, 10**6, found, name) < math.inf
    assert limit_ms(cost, 10**6, found, "fp16") is None


def test_bf16_has_no_peak_where_the_processor_lacks_it(monkeypatch):
    monkeypatch.setattr("helpers.instructions.processor_features", lambda: ("avx2",))
    found = measure_peaks(threads=1, precisions=["bf16"], seconds=0, timer=lambda run: 1.0)
    assert found.peak_gflops == {"bf16": None}
    assert "has no bf16 instructions" in found.how["bf16"]


PEAKS = Peaks("cpu", 2, {"fp32": 200.0, "bf16": None}, 20.0, {})


def test_the_limit_is_the_longer_of_computing_and_reading():
    cost = Cost(linear_flops=3 * 10**9, attention_flops=10**9)
    assert limit_ms(cost, 10**8, PEAKS, "fp32") == pytest.approx(20.0)  # 4 GFLOP at 200 a second
    assert limit_ms(cost, 10**9, PEAKS, "fp32") == pytest.approx(50.0)  # 1 GB at 20 a second


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_there_is_no_limit_without_a_peak(precision):
    assert limit_ms(Cost(1, 1), 1, PEAKS, precision) is None


def test_of_two_measurements_each_figure_is_the_higher_one_with_how_it_was_reached():
    how = (
        {"fp32": "a", "int8": "b", "bandwidth": "c"},
        {"fp32": "d", "int8": "e", "bandwidth": "f"},
    )
    one = Peaks("cpu", 2, {"fp32": 200.0, "int8": None}, 21.0, how[0])
    other = Peaks("cpu", 2, {"fp32": 150.0, "int8": 800.0}, 30.0, how[1])
    both = Peaks(
        "cpu", 2, {"fp32": 200.0, "int8": 800.0}, 30.0,
        {"fp32": "a", "int8": "e", "bandwidth": "f"},
    )  # fmt: skip
    assert higher(one, other) == higher(other, one) == both


def test_peaks_that_cannot_be_measured_again_stay_as_they_were(monkeypatch, capsys):
    monkeypatch.setattr("helpers.limits.measure_peaks", lambda **_: 1 / 0)
    assert peaks_or_none(["fp32"], device="cpu", threads=2, before=PEAKS) is PEAKS
    assert peaks_or_none(["fp32"], device="cpu", threads=2) is None
    assert capsys.readouterr().out.count("not measured, so the record has no limits") == 1


def test_peaks_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        PEAKS.bandwidth_gb_s = 1.0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"threads": 0}, "threads=0: must be at least 1"),
        ({"device": "tpu"}, "device='tpu': unknown; use cpu or cuda"),
        ({"precisions": ["fp8"]}, "precision='fp8': unknown; use one of fp32, "),
    ],
)
def test_wrong_input_is_named(given, message):
    with pytest.raises(InputError, match=message):
        measure_peaks(**{"threads": 1, "precisions": ["fp32"], **given})


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="device='cuda': PyTorch finds no CUDA device"):
        measure_peaks(device="cuda", threads=1, precisions=["fp16"])
