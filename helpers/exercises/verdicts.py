"""What a check says, and the questions that many checks begin with."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from numbers import Integral, Real
from typing import Any

import numpy as np

from helpers.errors import reason_of
from helpers.exercises.shortened import shown

__all__ = [
    "NotYet", "Verdict", "called", "listed", "number", "pair_of", "scalar", "shown", "wanted",
    "whole",
]  # fmt: skip

_MOST = 1_000  # things in a list; no case of a check needs more than some hundreds


class NotYet(Exception):
    """An answer is not right; the message says what about it, and not what would be right.

    The message is one line of at most 400 characters.
    """

    def __init__(self, message: str) -> None:
        words = " ".join(str(message).split())
        super().__init__(words if len(words) <= 400 else words[:397] + "...")


@dataclass(frozen=True, repr=False)
class Verdict:
    """What a check found; it shows itself as one line.

    Attributes:
        number: the exercise, such as "01.2".
        right: whether the answer is right.
        words: what is wrong with it; where it is right, what it shows.
    """

    number: str
    right: bool
    words: str

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return f"{self.number}: {'right. ' if self.right else ''}{self.words}"


def wanted(thing: object, kinds: type | tuple[type, ...], what: str) -> Any:
    """Gives a value back that has one of the wanted types.

    Args:
        thing: the answer, or a part of it.
        kinds: its type, or types; a bool does not count as an int.
        what: the wanted thing in words, with its article.

    Raises:
        NotYet: it has another type.
    """
    if not isinstance(thing, kinds) or (isinstance(thing, bool) and kinds is not bool):
        raise NotYet(f"{what} is wanted, and this is {shown(thing)}")
    return thing


def scalar(thing: object) -> object:
    """A number of NumPy or PyTorch, or an array of no dimensions, as Python's own; others as is."""
    try:
        return thing.item() if thing.shape == () else thing  # type: ignore[attr-defined]
    except Exception:  # it has no shape, or no value
        return thing


def whole(thing: object, what: str) -> int:
    """A whole number as an int, of whichever library it is.

    Args:
        thing: the answer, or a part of it.
        what: the wanted number in words, with its article.

    Raises:
        NotYet: it is none, or has more than 63 bits.
    """
    value = wanted(scalar(thing), Integral, what)
    if abs(value) >= 2**63:
        raise NotYet(f"{what} is wanted, and this is far too large: {shown(value)}")
    return int(value)


def number(thing: object, what: str) -> float:
    """A number as a float, of whichever library it is; NaN and infinity are numbers here.

    Args:
        thing: the answer, or a part of it.
        what: the wanted number in words, with its article.

    Returns:
        The number; where it is too large for a float, infinity with its sign.

    Raises:
        NotYet: it is none.
    """
    value = wanted(scalar(thing), Real, what)
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def pair_of(thing: object, what: str) -> tuple[Any, Any]:
    """The two parts of a tuple, a list or an array.

    Raises:
        NotYet: it is none of these, or of another length.
    """
    pair = listed(wanted(thing, (tuple, list, np.ndarray), what), what)
    if len(pair) != 2:
        raise NotYet(f"{what} is wanted, and this is {shown(thing)}")
    return pair[0], pair[1]


def listed(thing: object, what: str) -> list[Any]:
    """What stands in a list, or in anything else that can be gone through; text does not count.

    Args:
        thing: the answer, or a part of it.
        what: the wanted thing in words, with its article.

    Raises:
        NotYet: nothing can be gone through there, or more than 1,000 things.
    """
    if isinstance(thing, str | bytes | bytearray | Mapping):
        raise NotYet(f"{what} is wanted, and this is {shown(thing)}")
    try:
        found = list(islice(thing, _MOST + 1))  # type: ignore[call-overload]
    except Exception:  # whatever a learner's class does
        raise NotYet(f"{what} is wanted, and this is {shown(thing)}") from None
    if len(found) > _MOST:
        raise NotYet(f"{what} is wanted, and in this are over {_MOST:,} things: {shown(thing)}")
    return found


def called(function: Callable[..., Any], *values: object, names: str) -> Any:
    """Calls the learner's function.

    Args:
        function: the function.
        values: its arguments, by position.
        names: the call in words, for the message.

    Returns:
        What it returns; of a generator, the first 10,000 things, as a list.

    Raises:
        NotYet: it raises something, or ends the program.
    """
    try:
        result = function(*values)
        return list(islice(result, 10_000)) if hasattr(result, "__next__") else result
    except (Exception, SystemExit) as error:
        raise NotYet(
            f"the function raises {type(error).__name__} ({reason_of(error)}) for {names}"
        ) from error
