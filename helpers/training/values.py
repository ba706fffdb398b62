"""Values for the slots of the text forms: one function, `value`, for every type."""

from __future__ import annotations

import random
from typing import NamedTuple

from . import amounts
from .names import PROPER_TYPES, given_name, proper_name, surname
from .pools import POOLS

__all__ = ["GROUPS", "TYPES", "Value", "group_of", "value"]


class Value(NamedTuple):
    """What a slot holds: its text and, for a person, what `{A.first}` and others write."""

    text: str
    first: str = ""
    last: str = ""
    woman: bool = False
    year: int = 0


GROUPS: dict[str, str] = {
    "person": "person man woman given pet",
    "place": "town country region river lake mountain island street building valley forest",
    "organisation": "company university school newspaper club band museum society party people",
    "work": "title ship festival prize project product species substance",
    "time": "year decade century date day_month month weekday season clock",
    "number": "small count big percent money ordinal score age",
    "measure": "length height distance weight area temperature duration speed depth",
    "word": " ".join(POOLS),
}
"""Slot types, in groups that can stand in for one another as answers."""
_GROUP_OF = {
    kind: index for index, kinds in enumerate(GROUPS.values(), 1) for kind in kinds.split()
}
TYPES: frozenset[str] = frozenset(_GROUP_OF)
"""Every slot type; an inline pool "a|b|c" is none."""

_NUMBERS, _TIMES = set(GROUPS["number"].split()), set(GROUPS["time"].split())


def group_of(kind: str) -> int:
    """Give the number of a type's group (1 and up), 0 for an inline pool."""
    return _GROUP_OF.get(kind, 0)


def _person(kind: str, rng: random.Random, held_out: bool) -> Value:
    """Draw a person; most have two names, a few an initial, a middle name or one name only."""
    woman = kind == "woman" or (kind == "person" and rng.random() < 0.5)
    first, last = given_name(rng, held_out, woman), surname(rng, held_out)
    roll = rng.random()
    if roll < 0.05:
        text = f"{first} {rng.choice('ABCDEFGHJKLMNPRSTW')}. {last}"
    elif roll < 0.09:
        text = f"{first} {given_name(rng, held_out, woman)} {last}"
    elif roll < 0.12:
        last = f"{last}-{surname(rng, held_out).split()[-1]}"
        text = f"{first} {last}"
    else:
        text = f"{first} {last}"
    return Value(text, first, last, woman)


def value(
    kind: str, rng: random.Random, held_out: bool = False, other: Value | None = None
) -> Value:
    """Draw a value for one slot.

    Args:
        kind: A type of `GROUPS`, `year>Y` or `year<Y`, or an inline pool `"a|b|c"`.
        rng: Source of chance.
        held_out: Draw proper names from the held-out part.
        other: For `year>Y` and `year<Y`, the value of the slot Y.

    Returns:
        The value.

    Raises:
        ValueError: `kind` is no known type.
    """
    if "|" in kind:
        return Value(rng.choice(kind.split("|")).strip())
    if kind[:5] in {"year>", "year<"} and other is not None:
        gap = rng.choice([rng.randint(1, 12), rng.randint(1, 40)])
        year = other.year + (gap if kind[4] == ">" else -gap)
        return Value(str(year), year=year)
    if kind in {"person", "man", "woman"}:
        return _person(kind, rng, held_out)
    if kind in PROPER_TYPES:
        return Value(proper_name(kind, rng, held_out))
    if kind in POOLS:
        return Value(rng.choice(POOLS[kind]))
    if kind in amounts.UNITS:
        return Value(amounts.measure(kind, rng))
    if kind == "money":
        return Value(amounts.money(rng))
    if kind in _NUMBERS:
        return Value(amounts.number(kind, rng))
    if kind in _TIMES:
        text, year = amounts.time(kind, rng)
        return Value(text, year=year)
    raise ValueError(
        f"unknown slot type {kind!r}: take one of {', '.join(sorted(TYPES))}, "
        "or write an inline pool 'a|b|c'"
    )
