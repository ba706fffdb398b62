"""Is a stopwatch fair? Asked of its calls, not of its times: who ran when, and on what."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from helpers.exercises.verdicts import NotYet, called, shown

__all__ = ["fair_stopwatch"]

_NAMES = ("a", "b", "c")
_SAMPLES = 12
_SLEEP_MS = 3.0

_Log = list[tuple[str, str]]  # (engine, what it was called with, in words)


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
    if times["a"].min() < _SLEEP_MS - 0.01:
        raise NotYet(
            f"each call of an engine took over {_SLEEP_MS:.0f} ms, asleep, and the least sample of "
            f"it is {times['a'].min():.3g}: milliseconds are wanted, of a clock that goes on while "
            "a program waits"
        )
    return f"{_SAMPLES} rounds after {len(log) - 3 * _SAMPLES} calls that do not count."


def _engine(name: str, log: _Log) -> Callable[[object], None]:
    def run(window: object) -> None:
        log.append((name, shown(window)))
        if name == "a":
            time.sleep(_SLEEP_MS / 1000)

    return run


def _times(found: Any, names: str) -> dict[str, np.ndarray]:
    """The samples of each engine, as arrays of numbers."""
    if not isinstance(found, Mapping) or set(found) != set(_NAMES):
        raise NotYet(f"for {names}, a dictionary with a list each is wanted; it is {shown(found)}")
    times = {}
    for name in _NAMES:
        try:
            times[name] = np.asarray(list(found[name]), dtype=float)
        except Exception:  # whatever stands there
            raise NotYet(f"{name}: its samples are no numbers, but {shown(found[name])}") from None
        if times[name].shape != (_SAMPLES,):
            raise NotYet(f"{name}: {_SAMPLES} samples are wanted, there are {len(times[name])}")
    return times


def _warmed_up(log: _Log) -> None:
    for name in _NAMES:
        count = sum(who == name for who, _ in log)
        if count < _SAMPLES:
            raise NotYet(
                f"{name} was called {count} times, so {_SAMPLES} samples cannot be its own"
            )
        if count == _SAMPLES:
            raise NotYet(f"{name} was called {count} times, so its very first call counts too")


def _in_rounds(rounds: list[_Log]) -> None:
    """Holds the calls that count to rounds of all engines, on one window, in mixed order."""
    for number, calls in enumerate(rounds, start=1):
        if sorted(who for who, _ in calls) != sorted(_NAMES):
            told = " ".join(who for calls in rounds for who, _ in calls)
            raise NotYet(
                f"of the calls that count, round {number} should hold each engine once; "
                f"the engines ran in this order: {told}"
            )
        if any(window != calls[0][1] for _, window in calls):
            raise NotYet(f"in round {number} the engines got the windows {[w for _, w in calls]}")
    if len({tuple(who for who, _ in calls) for calls in rounds}) == 1:
        first = " ".join(who for who, _ in rounds[0])
        raise NotYet(f"every round has the order {first}, so each engine always has one before it")
