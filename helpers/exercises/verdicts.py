"""What a check says, and the questions that many checks begin with."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from helpers.errors import reason_of

__all__ = ["NotYet", "Verdict", "called", "shown", "wanted"]


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


def shown(thing: object) -> str:
    """A value in at most 60 characters, with its type: `int 3`."""
    try:
        text = " ".join(repr(thing).split())
    except Exception:  # whatever a learner's class does
        text = ""
    text = text if len(text) <= 60 else text[:57] + "..."
    return f"{type(thing).__name__} {text}".rstrip()


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


def called(function: Callable[..., Any], *values: object, names: str) -> Any:
    """Calls the learner's function.

    Args:
        function: the function.
        values: its arguments, by position.
        names: the call in words, for the message.

    Returns:
        What it returns; of a generator, the first 10,000 things, as a list.

    Raises:
        NotYet: it raises something.
    """
    try:
        result = function(*values)
        return list(islice(result, 10_000)) if hasattr(result, "__next__") else result
    except Exception as error:
        raise NotYet(
            f"the function raises {type(error).__name__} ({reason_of(error)}) for {names}"
        ) from error
