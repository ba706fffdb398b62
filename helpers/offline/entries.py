"""What stands at one place of a shard: a question, or the reason why there is none."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from helpers.squad import Example, examples_of

__all__ = ["MOST", "Entry", "Refused", "entries_in"]

MOST = 500_000
"""Entries of a shard, at most: a worker keeps those of one shard in memory."""


@dataclass(frozen=True)
class Refused:
    """A question that cannot be used.

    Attributes:
        place: where it stands in its shard, or its id.
        reason: why, in one line.
    """

    place: str
    reason: str


Entry = Example | Refused
"""What stands at one place of a shard."""


def entries_in(root: Any, name: str) -> Iterator[Entry]:
    """Questions, and between them what was left out, each in its place.

    Args:
        root: what a SQuAD file holds.
        name: what the reasons call it.
    """
    refused: list[Entry] = []
    examples = examples_of(root, name, lambda place, why: refused.append(Refused(place, why)))
    for example in examples:
        yield from refused
        refused.clear()
        yield example
    yield from refused
