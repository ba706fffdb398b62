"""What this machine reaches: FLOPs and bytes a second, measured, and the limit they set."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

from helpers.costs import BYTES
from helpers.errors import InputError
from helpers.products import Product, Unavailable, products

__all__ = ["Peaks", "Timer", "higher", "measure_peaks"]

Timer = Callable[[Callable[[], object]], float]
"""Runs a function once and gives the seconds that it took."""

_SIZES = {"cpu": (256, 512, 1024, 2048), "cuda": (2048, 4096, 8192)}

_READ_BYTES = 512 * 2**20  # many times a processor's caches, so that reads come from memory


@dataclass(frozen=True)
class Peaks:
    """The highest rates reached on one device.

    Attributes:
        device: `cpu` or `cuda`.
        threads: threads that computed; on a GPU those of the host, which do not count.
        peak_gflops: {precision: 10^9 FLOPs a second of a large matrix product}, None where this
            machine has nothing for it. A multiply-add counts as 2, of integers too.
        bandwidth_gb_s: 10^9 bytes a second from memory.
        how: {precision, or "bandwidth": how it was measured, or why it was not}.
    """

    device: str
    threads: int
    peak_gflops: Mapping[str, float | None]
    bandwidth_gb_s: float
    how: Mapping[str, str]


def measure_peaks(
    *,
    device: str = "cpu",
    threads: int,
    precisions: Sequence[str],
    seconds: float = 0.5,
    timer: Timer | None = None,
) -> Peaks:
    """Measures matrix products in each precision, and the memory.

    Each figure is the best of many runs. A peak is what the hardware can do; whatever else happens
    on the machine makes a run slower and never faster, so the fastest one is nearest to it. On a
    machine that others use too, even that one is too low.

    Args:
        device: `cpu` or `cuda`.
        threads: threads to compute with.
        precisions: which, of fp32, tf32, bf16, fp16, int8.
        seconds: how long each engine computes at each size, about.
        timer: how one run is timed; by the clock on the CPU and by events on a GPU when None.

    Raises:
        InputError: an unknown device or precision, no CUDA device, or less than one thread.
    """
    _check(device, threads, precisions)
    timer = timer or (_by_events if device == "cuda" else _by_clock)
    peaks: dict[str, float | None] = {}
    how: dict[str, str] = {}
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        for name in precisions:
            peaks[name], how[name] = _peak(device, name, threads, seconds, timer)
        bandwidth, how["bandwidth"] = _bandwidth(device, seconds, timer)
    finally:
        torch.set_num_threads(before)
    return Peaks(device, threads, peaks, bandwidth, how)


def higher(one: Peaks, other: Peaks) -> Peaks:
    """Of each figure the higher one, and how that was measured.

    Args:
        one: what was measured.
        other: the same once more, in the same precisions on the same device.
    """
    better = {
        name: max((one, other), key=lambda peaks: peaks.peak_gflops[name] or 0)
        for name in one.peak_gflops
    }
    memory = max((one, other), key=lambda peaks: peaks.bandwidth_gb_s)
    return Peaks(
        one.device,
        one.threads,
        {name: peaks.peak_gflops[name] for name, peaks in better.items()},
        memory.bandwidth_gb_s,
        {name: peaks.how[name] for name, peaks in {**better, "bandwidth": memory}.items()},
    )


def _check(device: str, threads: int, precisions: Sequence[str]) -> None:
    if device not in _SIZES:
        raise InputError(f"device={device!r}: unknown; use cpu or cuda")
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("device='cuda': PyTorch finds no CUDA device; use device='cpu'")
    if threads < 1:
        raise InputError(f"threads={threads}: must be at least 1")
    for name in precisions:
        if name not in BYTES:
            raise InputError(f"precision={name!r}: unknown; use one of {', '.join(BYTES)}")


def _peak(
    device: str, precision: str, threads: int, seconds: float, timer: Timer
) -> tuple[float | None, str]:
    """The best rate in GFLOP/s of what is at hand, and what reached it."""
    found: list[tuple[float, str]] = []
    reasons: list[str] = []
    try:
        for product in products(device, precision):
            try:
                found += _rates(product, device, threads, seconds, timer)
            except Exception as error:  # an engine may lack an operator, in many ways
                reasons.append(f"{product.name}: {str(error).splitlines()[0][:100]}")
    except Unavailable as reason:
        return None, str(reason)
    return max(found) if found else (None, "; ".join(reasons))


def _rates(
    product: Product, device: str, threads: int, seconds: float, timer: Timer
) -> list[tuple[float, str]]:
    """(GFLOP/s, how) at each size; a larger one is left out where a run would take too long."""
    found: list[tuple[float, str]] = []
    for size in _SIZES[device]:
        flops = 2 * size**3
        if found and flops / (found[-1][0] * 1e9) > seconds:
            break
        with product.ready(size, threads) as run:
            fastest = _fastest(run, seconds, timer)
        words = f"{product.name} of [{size}, {size}] matrices, {threads} threads, best of its runs"
        found.append((flops / fastest / 1e9, words))
    return found


def _bandwidth(device: str, seconds: float, timer: Timer) -> tuple[float, str]:
    """GB/s, and how: reads on the CPU; on a GPU a copy, whose reads and writes both count."""
    numbers = torch.ones(_READ_BYTES // 4, device=device)
    megabytes = _READ_BYTES // 2**20
    if device == "cuda":
        target = torch.empty_like(numbers)
        fastest = _fastest(lambda: target.copy_(numbers), seconds, timer)
        words = f"copy of {megabytes} MiB within device memory, read and write counted"
        return 2 * _READ_BYTES / fastest / 1e9, words
    rows, vector = numbers.view(-1, 4096), torch.ones(4096)
    ways = {
        "sum of integers": numbers.view(torch.int64).sum,
        "matrix times vector": lambda: torch.mv(rows, vector),
    }
    rates = {_READ_BYTES / _fastest(run, seconds, timer) / 1e9: way for way, run in ways.items()}
    best = max(rates)
    return best, f"{rates[best]}, {megabytes} MiB read in PyTorch, best of its runs"


def _fastest(run: Callable[[], object], seconds: float, timer: Timer) -> float:
    """The least time of one run, in seconds, out of at least three after a first one."""
    timer(run)
    times = [timer(run) for _ in range(3)]
    while sum(times) < seconds:
        times.append(timer(run))
    return min(times)


def _by_clock(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _by_events(run: Callable[[], object]) -> float:
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    run()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) / 1000
