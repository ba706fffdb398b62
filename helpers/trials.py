"""A rung on a list of inputs, where a shape may be more than it takes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from helpers.errors import reason_of
from helpers.latency import Latency, measure
from helpers.rungs import Inputs, Rung
from helpers.soundness import check_finite

__all__ = ["accepts", "all_or_stopped", "engine", "in_turn", "teller"]


def accepts(rung: Rung, feeds: Sequence[Inputs], where: str, tell: Callable[[str], object]) -> bool:
    """Runs a rung on each input; False, and told, where it raises or gives NaN or infinity.

    It may be made for another shape, or find no memory for this one.

    Args:
        rung: what to run.
        feeds: the inputs.
        where: the point of a sweep, in words.
        tell: takes the line that says why not.
    """
    try:
        for feed in feeds:
            check_finite(rung.name, rung.run(feed))
    except Exception as error:
        teller(where, tell)(rung.name, error)
        return False
    return True


def teller(where: str, tell: Callable[[str], object]) -> Callable[[Any, Exception], object]:
    """What tells in one line that an engine is left out, and why.

    Args:
        where: the point of a sweep, in words.
        tell: takes the line.
    """
    return lambda name, error: tell(f"left out: {name}, {where}: {reason_of(error)}")


def engine(rung: Rung, feeds: Sequence[Inputs]) -> Callable[[int], object]:
    """A rung as `helpers.latency.measure` takes it: a function of the input's number."""
    return lambda number: rung.run(feeds[number])


def in_turn(engines: Mapping[Any, Callable[[int], object]], **how: Any) -> dict[Any, Latency]:
    """Times engines that have all run before, and on Ctrl-C keeps the whole rounds.

    Args:
        engines: {key: function of the input's number}.
        **how: what else `helpers.latency.measure` takes; no run is thrown away.

    Returns:
        {key: latency}, with fewer samples after Ctrl-C; `all_or_stopped` hands that on.

    Raises:
        KeyboardInterrupt: Ctrl-C before the first round was finished.
    """
    first = dict.fromkeys(engines, 0.0)
    return measure(engines, warmup=0, first_run_ms=first, keep_what_is_there=True, **how)


def all_or_stopped(times: Mapping[Any, Latency], samples: int) -> None:
    """Hands Ctrl-C on, after what there was has been kept.

    Args:
        times: what `in_turn` gave.
        samples: how many rounds it was asked for.

    Raises:
        KeyboardInterrupt: there are fewer.
    """
    if any(len(latency.samples_ms) < samples for latency in times.values()):
        raise KeyboardInterrupt
