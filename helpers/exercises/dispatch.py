"""Finds the check of an exercise; what a chapter's checks import is loaded with the first one."""

from importlib import import_module
from types import ModuleType
from typing import Any

from helpers.errors import InputError, reason_of
from helpers.exercises.verdicts import NotYet, Verdict, shown

__all__ = ["EXERCISES", "check", "handout"]

EXERCISES = {"00": 3, "01": 4, "02": 4, "03": 4, "04": 4, "05": 5, "06": 4, "07": 4, "08": 4}
"""How many checked exercises each chapter has; they are numbered from 1: "00.1", "00.2", ..."""


def check(number: str, answer: object) -> Verdict:
    """Says whether an answer is right and, where it is not, what about it is wrong.

    Args:
        number: the exercise, such as "01.2".
        answer: what the exercise asks for; None is no answer yet.

    Returns:
        The verdict. A notebook shows it as one line.

    Raises:
        InputError: there is no such exercise.
    """
    module = _module(number, "check", ", answer")
    if answer is None:
        return Verdict(number, False, "nothing given yet; write your answer in place of None")
    try:
        return Verdict(number, True, module.CHECKS[number](answer))
    except NotYet as error:
        return Verdict(number, False, str(error))
    except Exception as error:  # an answer that no check thought of shall not end in its insides
        told = f"the check cannot use this answer, {shown(answer)}: {_told(error)}"
        return Verdict(number, False, str(NotYet(told)))


def _told(error: Exception) -> str:
    try:
        return f"{type(error).__name__} ({reason_of(error)})"
    except Exception:  # it has no text
        return type(error).__name__


def handout(number: str) -> Any:
    """What an exercise starts from, such as a broken model; made anew by each call.

    Args:
        number: the exercise, such as "02.3".

    Raises:
        InputError: there is no such exercise, or it starts from nothing.
    """
    handouts = _module(number, "handout", "").HANDOUTS
    if number not in handouts:
        raise InputError(
            f"handout({number!r}): this exercise starts from nothing; "
            f"what it asks for stands above it in chapter {number[:2]}"
        )
    return handouts[number]()


def _module(number: object, function: str, more: str) -> ModuleType:
    """The module of a chapter's exercises."""
    if not isinstance(number, str):
        raise InputError(
            f"{function}({number!r}{more}): the exercise is wanted as text, with its chapter's two "
            f'digits: {function}("01.2"{more})'
        )
    chapter, _, one = number.partition(".")
    if one not in map(str, range(1, EXERCISES.get(chapter, 0) + 1)):
        there = ", ".join(f"{name}.1 to {name}.{count}" for name, count in EXERCISES.items())
        raise InputError(f"{function}({number!r}{more}): no such exercise; there are {there}")
    return import_module(f"helpers.exercises.chapter_{chapter}")
