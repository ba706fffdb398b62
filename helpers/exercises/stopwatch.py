"""Is a stopwatch fair? Asked of its calls, not of its times: who ran when, and on what."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import cycle, pairwise
from typing import Any

import numpy as np

from helpers.exercises.verdicts import NotYet, called, listed, shown

__all__ = ["fair_stopwatch"]

_NAMES = ("a", "b", "c")
_SAMPLES = 12
_NAPS_MS = (3.0, 4.0, 5.0, 6.0)  # one after the other, so that no call's time fits another call
_ORDERS = 3  # of six; that chance gives fewer in twelve rounds is one case in some 30,000

_BESIDE_MS = 1.0  # of a sample beside its call, in the median: a start and a stop take hundredths
_SLACK_MS = 0.02  # for rounding, and for the steps between a clock and a call


@dataclass(frozen=True)
class _Call:
    """One call of an engine: which, with what (in words), and from when to when, in seconds."""

    engine: str
    window: str
    start: float
    end: float


_Log = list[_Call]


def fair_stopwatch(answer: Any) -> str:
    """Holds a function of engines and samples to warm-up, rounds, mixed order and milliseconds.

    Each engine notes its calls, and one of them sleeps: a sleep is never shorter than it should
    be, however busy the machine is.

    Args:
        answer: the learner's function; it takes {name: function of a window's number} and how many
            samples are wanted, and gives {name: milliseconds of each sample}.

    Returns:
        What the right answer shows.

    Raises:
        NotYet: it is no function, or not fair.
    """
    if not callable(answer):
        raise NotYet(f"a function of engines and samples is wanted, and this is {shown(answer)}")
    log: _Log = []
    engines = {name: _engine(name, log) for name in _NAMES}
    names = f"{len(_NAMES)} engines and {_SAMPLES} samples"
    found = called(answer, engines, _SAMPLES, names=names)
    times = _times(found, names)
    _warmed_up(log)
    _in_rounds([log[i : i + 3] for i in range(len(log) - 3 * _SAMPLES, len(log), 3)])
    if times["a"].min() < _NAPS_MS[0] - 0.01:
        raise NotYet(
            f"each call of an engine took over {_NAPS_MS[0]:.0f} ms, asleep, and the least sample "
            f"of it is {times['a'].min():.3g}: milliseconds are wanted, of a clock that goes on "
            "while a program waits"
        )
    _of_their_calls(times, log)
    return f"{_SAMPLES} rounds after {len(log) - 3 * _SAMPLES} calls that do not count."


def _engine(name: str, log: _Log) -> Callable[[object], None]:
    naps = cycle(_NAPS_MS)

    def run(window: object) -> None:
        start = time.perf_counter()
        if name == "a":
            time.sleep(next(naps) / 1000)
        log.append(_Call(name, shown(window), start, time.perf_counter()))

    return run


def _times(found: Any, names: str) -> dict[str, np.ndarray]:
    """The samples of each engine, as arrays of numbers."""
    if not isinstance(found, Mapping) or set(found) != set(_NAMES):
        raise NotYet(f"for {names}, a dictionary with a list each is wanted; it is {shown(found)}")
    times = {}
    for name in _NAMES:
        try:
            times[name] = np.asarray(listed(found[name], "a list"), dtype=float)
        except Exception:  # whatever stands there
            raise NotYet(f"{name}: its samples are no numbers, but {shown(found[name])}") from None
        if times[name].shape != (_SAMPLES,):
            raise NotYet(f"{name}: {_SAMPLES} samples are wanted, there are {len(times[name])}")
    return times


def _warmed_up(log: _Log) -> None:
    for name in _NAMES:
        count = sum(call.engine == name for call in log)
        if count < _SAMPLES:
            raise NotYet(
                f"{name} was called {count} times, so {_SAMPLES} samples cannot be its own"
            )
        if count == _SAMPLES:
            raise NotYet(f"{name} was called {count} times, so its very first call counts too")


def _in_rounds(rounds: list[_Log]) -> None:
    """Holds the calls that count to rounds of all engines, on one window, in mixed order."""
    for number, calls in enumerate(rounds, start=1):
        if sorted(call.engine for call in calls) != sorted(_NAMES):
            told = " ".join(call.engine for calls in rounds for call in calls)
            raise NotYet(
                f"of the calls that count, round {number} should hold each engine once; "
                f"the engines ran in this order: {told}"
            )
        if any(call.window != calls[0].window for call in calls):
            windows = [call.window for call in calls]
            raise NotYet(f"in round {number} the engines got the windows {windows}")
    if len({calls[0].window for calls in rounds}) == 1:
        raise NotYet(f"every round ran window {rounds[0][0].window}, and no other was tried")
    orders = {tuple(call.engine for call in calls) for calls in rounds}
    if len({pair for order in orders for pair in pairwise(order)}) <= len(_NAMES):
        told = ", ".join(" ".join(order) for order in sorted(orders))
        raise NotYet(f"rounds have the order {told}: each engine always runs behind the same one")
    if len(orders) < _ORDERS:
        told = ", ".join(" ".join(order) for order in sorted(orders))
        raise NotYet(f"{_SAMPLES} rounds have no other orders than {told}")


def _of_their_calls(times: Mapping[str, np.ndarray], log: _Log) -> None:
    """Holds each sample to the call that it is of: no shorter, and begun after the one before.

    Half of an engine's samples may be longer than their calls by whatever the machine does between
    two steps of a program; where more than half are, it is the stopwatch that does something.
    """
    ends = [-np.inf, *(call.end for call in log)]
    starts = [*(call.start for call in log[1:]), np.inf]
    for name in _NAMES:
        own = [number for number, call in enumerate(log) if call.engine == name][-_SAMPLES:]
        lengths = [(log[number].end - log[number].start) * 1000 for number in own]
        for sample, number, least in zip(times[name], own, lengths, strict=True):
            most = (starts[number] - ends[number]) * 1000
            if not least - _SLACK_MS <= sample <= most + _SLACK_MS:
                raise NotYet(
                    f"{name}: a sample is {sample:.4g}, where its call took {least:.4g} ms, and "
                    f"{most:.4g} lie between the call before and the one behind; the clock is for "
                    "one call of the rounds that count, in their order, in milliseconds"
                )
        if (beside := float(np.median(times[name] - lengths))) > _BESIDE_MS:
            raise NotYet(
                f"{name}: half of its samples are {beside:.3g} ms or more longer than their calls; "
                "what else happens while the clock runs?"
            )
