"""The hand-written text forms, which wordings stay out of training, and values for their slots."""

from __future__ import annotations

import random
import re
import zlib
from dataclasses import dataclass
from functools import cached_property

from .templates import Template
from .values import Value, value

__all__ = ["Domain", "Fact", "Forms", "Story", "draw", "is_unseen_wording"]


@dataclass(frozen=True)
class Fact:
    """One fact about a subject.

    Attributes:
        slots: The type of each slot, by label.
        groups: The group of each slot's type, by label; it is what the tag head learns.
        say: Whole sentences that say the fact.
        ask: Questions for each asked slot, by label, every choice spelled out.
    """

    slots: dict[str, str]
    groups: dict[str, int]
    say: tuple[Template, ...]
    ask: dict[str, tuple[Template, ...]]


@dataclass(frozen=True)
class Domain:
    """Many facts about one kind of subject.

    Attributes:
        name: What the domain is called.
        subject: The type of the subject, slot S.
        called: What later sentences may call the subject instead.
        filler: Sentences that answer no question.
        facts: The facts.
        core: Whether it belongs to the core.
    """

    name: str
    subject: str
    called: tuple[str, ...]
    filler: tuple[str, ...]
    facts: tuple[Fact, ...]
    core: bool = False


@dataclass(frozen=True)
class Story:
    """A whole paragraph with its questions.

    Attributes:
        slots: The type of each slot, by label.
        groups: The group of each slot's type, by label.
        text: The sentences, in order.
        qa: Pairs of a question's wordings, every choice spelled out, and its answer's template.
        core: Whether it belongs to the core.
    """

    slots: dict[str, str]
    groups: dict[str, int]
    text: tuple[Template, ...]
    qa: tuple[tuple[tuple[Template, ...], Template], ...]
    core: bool = False


@dataclass(frozen=True)
class Forms:
    """Everything that the form files hold.

    Attributes:
        domains: All domains, in the files' order.
        stories: All stories, in the files' order.
    """

    domains: tuple[Domain, ...]
    stories: tuple[Story, ...]

    @cached_property
    def core(self) -> Forms:
        """The forms marked as core: training sees them most, and the exam is drawn from them."""
        return self._of(True)

    @cached_property
    def others(self) -> Forms:
        """The forms outside the core: they bring breadth."""
        return self._of(False)

    def _of(self, core: bool) -> Forms:
        return Forms(
            tuple(domain for domain in self.domains if domain.core == core),
            tuple(story for story in self.stories if story.core == core),
        )


def is_unseen_wording(question: Template) -> bool:
    """Say whether a question's wording is kept out of training (one in seven, by hash).

    What the slots are called does not count: "Who wrote {S}?" and "Who wrote {W}?" read alike.
    """
    wording = re.sub(r"\{[^{}]*\}", "{}", " ".join(question.source.lower().split()))
    return zlib.crc32(wording.encode()) % 7 == 0


def draw(
    slots: dict[str, str], rng: random.Random, held_out: bool, used: set[str]
) -> dict[str, Value]:
    """Draw a value for every slot, all different from each other and from `used`.

    Args:
        slots: Type of each label.
        rng: Source of chance.
        held_out: Draw proper names from the held-out part.
        used: Lower-case texts already taken in the passage; grows.

    Returns:
        The value of each label, or an empty dict where no unused value was found.
    """
    out: dict[str, Value] = {}
    waiting = sorted(slots, key=lambda label: slots[label][:5] in {"year>", "year<"})
    for label in waiting:
        kind = slots[label]
        other = out.get(kind[5:]) if kind[:5] in {"year>", "year<"} else None
        for _ in range(12):
            drawn = value(kind, rng, held_out, other)
            keys = {text.lower() for text in (drawn.text, drawn.first, drawn.last) if text}
            if not keys & used:
                break
        else:
            return {}
        used |= keys
        out[label] = drawn
    return out
