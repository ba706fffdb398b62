"""A measured latency is a value: its samples, what was left out of them, and nothing edited."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from helpers.busy import waited_ns, was_busy
from helpers.errors import Failed, InputError, excused
from helpers.ratios import paired_ratio

__all__ = ["Latency", "first_runs", "measure", "paired_ratio"]


@dataclass(frozen=True)
class Latency:
    """How long one engine took, run by run.

    Attributes:
        samples_ms: one wall-clock time a run, in milliseconds, in the order measured.
        first_run_ms: the very first run, in milliseconds: allocation and code generation fall
            into it, so it is kept apart.
        warmup_runs: further runs that were thrown away before the first sample.
        device_ms: on a GPU, one time a round from device memory to device memory, in
            milliseconds; empty where there is no such time.
        busy: one entry a sample: whether other programs took processor time from it; None
            where the system does not tell.
    """

    samples_ms: tuple[float, ...]
    first_run_ms: float
    warmup_runs: int
    device_ms: tuple[float, ...] = ()
    busy: tuple[bool, ...] | None = None

    def __post_init__(self) -> None:
        if not self.samples_ms:
            raise InputError("samples_ms=(): a latency needs at least one sample")

    def percentile(self, q: float) -> float:
        """The q-th percentile in milliseconds, by linear interpolation; q from 0 to 100."""
        return float(np.percentile(self.samples_ms, q))

    @property
    def p50(self) -> float:
        """The median, in milliseconds: half of the runs were faster."""
        return self.percentile(50)

    @property
    def p90(self) -> float:
        """Nine runs of ten were faster than this, in milliseconds."""
        return self.percentile(90)

    @property
    def p99(self) -> float:
        """99 runs of 100 were faster than this, in milliseconds."""
        return self.percentile(99)

    @property
    def mean(self) -> float:
        """The arithmetic mean, in milliseconds; one slow run moves it."""
        return float(np.mean(self.samples_ms))

    @property
    def min(self) -> float:
        """The fastest run, in milliseconds."""
        return float(np.min(self.samples_ms))


def first_runs(
    engines: Mapping[str, Callable[[int], object]], *, failed: Failed | None = None
) -> dict[str, float]:
    """Runs every engine once, on input 0, and gives the times in milliseconds.

    It tells something only before anything else has run on them.

    Args:
        engines: {name: function of the input's number}.
        failed: told of an engine that raises, which is then left out; None: it is raised.
    """
    times = {}
    for name, run in engines.items():
        with excused(name, failed):
            times[name], _ = _timed(run, 0)
    return times


def measure(
    engines: Mapping[str, Callable[[int], object]],
    *,
    samples: int,
    warmup: int = 10,
    seed: int = 0,
    first_run_ms: Mapping[str, float] | None = None,
    device: Mapping[str, Callable[[int], float]] | None = None,
    check: Callable[[str, int, object], object] | None = None,
    keep_what_is_there: bool = False,
    after_round: Callable[[Callable[[], dict[str, Latency]]], object] | None = None,
    progress: Callable[[], object] = lambda: None,
    failed: Failed | None = None,
) -> dict[str, Latency]:
    """Times several engines in turn, so that whatever slows the machine slows them all.

    Round i runs every engine once on input i, in an order drawn anew for each round. Each call
    must return only when its result is there (on a GPU: synchronise inside it).

    Args:
        engines: {name: function of the input's number}.
        samples: rounds that count, at least 1.
        warmup: rounds before them that do not, besides each engine's first run.
        seed: seeds the order.
        first_run_ms: each engine's first run, from `first_runs`; None where this call is the first
            to run the engines, which then times it itself.
        device: {name: function of the input's number that times one run on data which lies on the
            device already, and gives milliseconds}, for the engines that have one. It runs right
            after the engine's own run of the same round.
        check: called with an engine's name, the input's number and what the run gave, after the
            clock was read; it raises where that is wrong.
        keep_what_is_there: on Ctrl-C, whether to give the whole rounds measured so far, if there
            is one. The caller notices by the number of samples.
        after_round: called after each round that counts, with what gives the latencies so far.
        progress: called after every run.
        failed: told of an engine that raises, in whichever round. It is left out from then on,
            its samples too, and the others go on. None: it is raised.

    Returns:
        {name: latency}; sample i of every engine is of the same round and input.

    Raises:
        InputError: `samples` is below 1.
        KeyboardInterrupt: Ctrl-C, and nothing to keep or no wish to.
    """
    if samples < 1:
        raise InputError(f"samples={samples}: must be at least 1")
    order = random.Random(seed)
    first = first_runs(engines, failed=failed) if first_run_ms is None else first_run_ms
    rounds: list[dict[str, _Sample]] = []
    left = [name for name in engines if name in first]

    def so_far() -> dict[str, Latency]:
        return {n: _latency([found[n] for found in rounds], first[n], warmup) for n in left}

    try:
        for i in range(-warmup, samples):
            found = {}
            for name in order.sample(left, len(left)):
                with excused(name, failed):
                    number = i % samples
                    sample, given = _sample(engines[name], (device or {}).get(name), number)
                    if check:
                        check(name, number, given)
                    found[name] = sample
                if name not in found:
                    left.remove(name)
                progress()
            if i >= 0:
                rounds.append(found)
                if after_round:
                    after_round(so_far)
    except KeyboardInterrupt:
        if not (keep_what_is_there and rounds):
            raise
    return so_far()


class _Sample(NamedTuple):
    ms: float
    device_ms: float | None
    busy: bool | None


def _sample(
    run: Callable[[int], object], on_device: Callable[[int], float] | None, number: int
) -> tuple[_Sample, object]:
    before = waited_ns()
    elapsed, given = _timed(run, number)
    busy = was_busy(before, waited_ns(), elapsed)
    return _Sample(elapsed, on_device(number) if on_device else None, busy), given


def _latency(found: Sequence[_Sample], first_run_ms: float, warmup: int) -> Latency:
    on_device = tuple(one.device_ms for one in found if one.device_ms is not None)
    marks = tuple(one.busy for one in found if one.busy is not None)
    return Latency(
        tuple(one.ms for one in found),
        first_run_ms,
        warmup,
        on_device,
        marks if len(marks) == len(found) else None,
    )


def _timed(run: Callable[[int], object], number: int) -> tuple[float, object]:
    start = time.perf_counter()
    given = run(number)
    return (time.perf_counter() - start) * 1000, given
