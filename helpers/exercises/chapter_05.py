"""The exercises of chapter 05: a percentile, a ratio, a refusal, a comparison, a stopwatch."""

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.errors import reason_of
from helpers.exercises.stopwatch import fair_stopwatch
from helpers.exercises.verdicts import NotYet, called, listed, number, shown, whole

__all__ = ["CHECKS", "HANDOUTS"]

_CPU, _CUDA, _TENSORRT = (f"{one}ExecutionProvider" for one in ("CPU", "CUDA", "Tensorrt"))


def _samples() -> np.ndarray:
    """Times of 200 calls in ms: most near 5, and twelve that the system kept waiting."""
    random = np.random.default_rng(5)
    samples = 5 + random.gamma(2.0, 0.4, 200)
    samples[random.choice(200, 12, replace=False)] += random.uniform(40, 80, 12)
    return samples.round(3)


def _percentile(answer: Any) -> str:
    value = number(answer, "a number of milliseconds")
    samples = _samples()
    low, high = (np.percentile(samples, 90, method=how) for how in ("lower", "higher"))
    if not low - 0.005 <= value <= high + 0.005:
        shorter = int((samples <= value).sum())
        what = " (it is their mean)" if abs(value - samples.mean()) < 0.005 else ""
        raise NotYet(f"{value:.4g} ms{what}: {shorter} of the 200 calls took no longer than that")
    return f"The mean is {samples.mean():.1f} ms: pauses move it, and this hardly."


def _wrong_ratios(slow: np.ndarray, fast: np.ndarray) -> dict[str, float]:
    """What other ways to say how many times faster would give."""
    return {
        "the ratio of the two means": slow.mean() / fast.mean(),
        "the ratio of the two medians, which are of different rounds": (
            np.median(slow) / np.median(fast)
        ),
        "the mean of the ratios, which one odd round moves": (slow / fast).mean(),
        "how many times longer `fast` took": np.median(fast / slow),
    }


def _ratio(answer: Any) -> str:
    if not callable(answer):
        raise NotYet(f"a function of two arrays is wanted, and this is {shown(answer)}")
    random = np.random.default_rng(2)
    cases = [([10, 12, 60], [5, 4, 20]), ([8.0], [2.0])]
    cases += [(random.uniform(5, 50, n), random.uniform(2, 20, n)) for n in (4, 9, 200)]
    for slow, fast in (map(np.asarray, pair) for pair in cases):
        names = f"slow={_few(slow)}, fast={_few(fast)}"
        found = called(answer, slow.copy(), fast.copy(), names=names)
        value = number(found, f"a number is what should come back for {names}; one")
        if np.isclose(value, np.median(slow / fast), rtol=1e-6, atol=0):
            continue
        for what, other in _wrong_ratios(slow, fast).items():
            if np.isclose(value, other, rtol=1e-6, atol=0):
                raise NotYet(f"for {names} it gives {value:.4g}: that is {what}")
        raise NotYet(f"for {names} it gives {value:.4g}, which no round's ratio supports")
    return f"{len(cases)} cases; what slows both engines in one round leaves it as it is."


def _few(values: np.ndarray) -> str:
    told = ", ".join(f"{value:.4g}" for value in values[:3])
    return f"[{told}, ...]" if len(values) > 3 else f"[{told}]"


class _Session:
    """What a session tells of its providers, on a machine that need not be here."""

    def __init__(self, *providers: str) -> None:
        self._providers = list(providers)

    def get_providers(self) -> list[str]:
        return list(self._providers)

    def __repr__(self) -> str:
        return f"<a session on {self._providers}>"


_KEPT = [(_CPU, (_CPU,)), (_CUDA, (_CUDA, _CPU)), (_TENSORRT, (_TENSORRT, _CUDA, _CPU))]
_REFUSED = [
    (_CUDA, (_CPU,)),
    (_TENSORRT, (_CUDA, _CPU)),
    (_CUDA, (_TENSORRT, _CUDA, _CPU)),
    (_CPU, (_CUDA, _CPU)),
]


def _refusal(answer: Any) -> str:
    if not callable(answer):
        raise NotYet(
            f"a function of a session and a provider's name is wanted, and this is {shown(answer)}"
        )
    for asked, providers in _KEPT:
        session, names = _Session(*providers), f"a session on {list(providers)}, asked for {asked}"
        found = called(answer, session, asked, names=names)
        if found is not session:
            raise NotYet(f"for {names} it should give the session back, and gives {shown(found)}")
    for asked, providers in _REFUSED:
        _refused(answer, asked, providers)
    return f"{len(_KEPT)} sessions kept, {len(_REFUSED)} refused, each with its reason."


def _refused(answer: Callable[..., Any], asked: str, providers: tuple[str, ...]) -> None:
    """Holds the function to an error that names the provider asked for and the one in use."""
    names = f"a session on {list(providers)}, asked for {asked}"
    try:
        found = answer(_Session(*providers), asked)
    except SystemExit:
        raise NotYet(
            f"for {names} it ends the whole program; an error is wanted, which a caller can catch"
        ) from None
    except Exception as error:
        text = str(error)
        if missing := [name for name in (asked, providers[0]) if name not in text]:
            raise NotYet(
                f"for {names} it raises {type(error).__name__} ({reason_of(error)}); "
                f"{missing[0]} should stand in the message"
            ) from error
        return
    raise NotYet(f"for {names} it raises nothing, and gives {shown(found)}")


_Pair = tuple[np.ndarray, np.ndarray]


def _changed(pair: _Pair, end: int, window: int, by: float) -> _Pair:
    """The logits with one of them changed: of start (0) or end (1), in one window."""
    copies = pair[0].copy(), pair[1].copy()
    copies[end][window, 3] += by
    return copies


def _windows_apart(answer: Any) -> str:
    if not callable(answer):
        raise NotYet(f"a function of two pairs is wanted, and this is {shown(answer)}")
    random = np.random.default_rng(3)
    theirs = tuple(random.standard_normal((2, 8, 16)).astype(np.float32))
    near = theirs[0] + np.float32(1e-5), theirs[1] - np.float32(1e-5)
    cases = [
        ("one start logit of window 7 is higher by 0.5", _changed(near, 0, 7, 0.5), [7]),
        ("one start logit of window 2 is lower by 0.5", _changed(near, 0, 2, -0.5), [2]),
        ("one end logit of window 4 is higher by 0.01", _changed(near, 1, 4, 0.01), [4]),
        ("one end logit of window 0 is NaN", _changed(near, 1, 0, np.nan), [0]),
        ("no logit differs by more than 0.00002", near, []),
        ("windows 1, 5 and 6 have a logit that is off, window 5 two of them",
         _changed(_changed(_changed(_changed(near, 0, 6, 1), 0, 5, -1), 1, 5, 1), 1, 1, -1),
         [1, 5, 6]),
        ("one end logit of window 3 is lower by 0.0015", _changed(near, 1, 3, -0.0015), [3]),
        ("one end logit of window 3 is lower by 0.0005", _changed(near, 1, 3, -0.0005), []),
    ]  # fmt: skip
    spoilt = _changed(theirs, 0, 6, np.nan)
    pairs = [(what, ours, theirs, right) for what, ours, right in cases]
    pairs.append(("one start logit of window 6 is NaN, in the second pair", near, spoilt, [6]))
    for what, ours, theirs, right in pairs:
        found = called(answer, ours, theirs, names=f"a case where {what}")
        if (numbers := _numbers(found)) is None:
            raise NotYet(f"a list of window numbers is wanted; where {what}, it is {shown(found)}")
        if sorted(set(numbers)) != right:
            raise NotYet(f"where {what}, it gives {numbers}")
        if numbers != right:
            raise NotYet(f"where {what}, it gives {numbers}: each once, in order, is wanted")
    return f"{len(pairs)} cases, and no window passes unseen, NaN among them."


def _numbers(found: Any) -> list[int] | None:
    """A result as a list of whole numbers; None where it is none, such as a mask."""
    try:
        return [whole(one, "a whole number") for one in listed(found, "a list")]
    except NotYet:
        return None


CHECKS: dict[str, Callable[[Any], str]] = {
    "05.1": _percentile,
    "05.2": _ratio,
    "05.3": _refusal,
    "05.4": _windows_apart,
    "05.5": fair_stopwatch,
}
"""{exercise: its check}; a check returns words for a right answer, and raises `NotYet`."""

HANDOUTS: dict[str, Callable[[], Any]] = {"05.1": _samples}
"""{exercise: what makes the thing that it starts from}."""
