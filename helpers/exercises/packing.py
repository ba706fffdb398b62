"""The check of the exercise that packs windows into batches."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from helpers.exercises.verdicts import NotYet, called, listed, shown, whole

__all__ = ["batches_in", "batches_of"]


def batches_of(answer: Any) -> str:
    """The check: a function that cuts windows into batches of at most so many tokens.

    Raises:
        NotYet: a window is lost or stands twice, a batch is too large, or more is run than needed.
    """
    if not callable(answer):
        raise NotYet(f"a function of lengths and most is wanted, and this is {shown(answer)}")
    random = np.random.default_rng(8)
    cases = [
        ([5], 5),
        ([384, 10, 384, 10], 400),
        ([int(one) for one in random.integers(20, 385, 300)], 1536),
        ([int(one) for one in random.integers(20, 60, 97)], 512),
        ([30] * 40, 384),
    ]
    for lengths, most in cases:
        of = f"{len(lengths)} windows and {most} tokens"
        given = called(answer, list(lengths), most, names=of)
        found = batches_in(given, of)
        if not all(found):
            raise NotYet(f"for {of}: a batch is empty")
        _check_all_there(found, lengths, of)
        area = sum(_area(batch, lengths) for batch in found)
        for batch in found:
            if _area(batch, lengths) > most:
                size = f"{len(batch)} x {max(lengths[one] for one in batch)}"
                raise NotYet(f"for {of}: a batch of {size} tokens, padding counted, is too large")
        sorts = [_greedy(lengths, most, falling=falling) for falling in (False, True)]
        best = max(sum(len(batch) * max(batch) for batch in one) for one in sorts)
        if area > best:
            raise NotYet(
                f"for {of}: {area:,} tokens are run, and {best:,} are enough; who stands beside "
                "whom?"
            )
        if len(found) > 1.5 * max(map(len, sorts)):
            raise NotYet(
                f"for {of}: {len(found)} batches; more windows fit into one, and every run has a "
                "price of its own"
            )
    return f"{len(cases)} files: every window once, no batch too large, no token too many."


def batches_in(given: Any, names: str) -> list[list[int]]:
    """What a learner's function gave, as lists of numbers; sets, arrays and ranges will do too.

    Args:
        given: what it gave.
        names: its call in words, for the message.

    Raises:
        NotYet: it is no list of batches, or a batch no list of whole numbers.
    """
    batches = listed(given, f"for {names}: a list of batches")
    return [
        [
            whole(one, f"for {names}: a window's number")
            for one in listed(batch, f"for {names}: a batch as a list of window numbers")
        ]
        for batch in batches
    ]


def _check_all_there(found: Sequence[Sequence[int]], lengths: Sequence[int], of: str) -> None:
    numbers = sorted(chain.from_iterable(found))
    if numbers != list(range(len(lengths))):
        strange = [one for one in numbers if not 0 <= one < len(lengths)]
        lost = set(range(len(lengths))) - set(numbers)
        what = (
            f"there is no window {strange[0]}"
            if strange
            else f"window {min(lost)} is in no batch"
            if lost
            else "a window is in two batches"
        )
        raise NotYet(f"for {of}: {what}")


def _area(batch: Sequence[int], lengths: Sequence[int]) -> int:
    return len(batch) * max(lengths[one] for one in batch)


def _greedy(lengths: Sequence[int], most: int, *, falling: bool) -> list[list[int]]:
    """Neighbours in length, as many together as fit; the lengths themselves, batch by batch."""
    batches: list[list[int]] = []
    for length in sorted(lengths, reverse=falling):
        if not batches or (len(batches[-1]) + 1) * max(length, batches[-1][0]) > most:
            batches.append([])
        batches[-1].append(length)
    return batches
