"""The hand-written text forms: reading them from YAML and drawing values for their slots."""

from __future__ import annotations

import random
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import yaml

from .templates import Template, parse
from .values import TYPES, Value, group_of, value

__all__ = ["Domain", "Fact", "Forms", "Story", "draw", "is_unseen_wording", "read_forms"]

FOLDER = Path(__file__).parent / "forms"


@dataclass(frozen=True)
class Fact:
    """One fact about a subject.

    Attributes:
        slots: The type of each slot, by label.
        groups: The group of each slot's type, by label; it is what the tag head learns.
        say: Whole sentences that say the fact.
        ask: Questions for each asked slot, by label.
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
    """

    name: str
    subject: str
    called: tuple[str, ...]
    filler: tuple[str, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Story:
    """A whole paragraph with its questions.

    Attributes:
        slots: The type of each slot, by label.
        groups: The group of each slot's type, by label.
        text: The sentences, in order.
        qa: Pairs of a question's wordings and its answer's template.
    """

    slots: dict[str, str]
    groups: dict[str, int]
    text: tuple[Template, ...]
    qa: tuple[tuple[tuple[Template, ...], Template], ...]


@dataclass(frozen=True)
class Forms:
    """Everything that the form files hold.

    Attributes:
        domains: All domains, in the files' order.
        stories: All stories, in the files' order.
    """

    domains: tuple[Domain, ...]
    stories: tuple[Story, ...]


def is_unseen_wording(question: Template) -> bool:
    """Say whether a question's wording is kept out of training (one in seven, by hash)."""
    return zlib.crc32(question.source.encode()) % 7 == 0


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


def _templates(sources: list[str], where: str) -> tuple[Template, ...]:
    if not isinstance(sources, list) or not all(isinstance(text, str) for text in sources):
        raise ValueError(f"{where}: want a list of strings, found {sources!r}; quote each in YAML")
    return tuple(parse(text) for text in sources)


def _groups(slots: dict[str, str], where: str) -> dict[str, int]:
    for kind in slots.values():
        if "|" not in kind and re.split("[<>]", kind)[0] not in TYPES:
            raise ValueError(
                f"{where}: unknown slot type {kind!r}; take one of {', '.join(sorted(TYPES))}"
            )
    return {label: group_of(kind.split(">")[0].split("<")[0]) for label, kind in slots.items()}


def _check(templates: tuple[Template, ...], slots: dict[str, str], where: str) -> None:
    for template in templates:
        if missing := template.labels - set(slots):
            raise ValueError(
                f"{where}: no slot {sorted(missing)} for {template.source!r}; name it under slots"
            )


def _fact(entry: dict, subject: str, where: str) -> Fact:
    slots = {"S": subject, **entry["slots"]}
    say = _templates(entry["say"], where)
    ask = {label: _templates(texts, where) for label, texts in entry["ask"].items()}
    _check(say + sum(ask.values(), ()), slots, where)
    return Fact(entry["slots"], _groups(slots, where), say, ask)


def _story(entry: dict, where: str) -> Story:
    text = _templates(entry["text"], where)
    qa = tuple((_templates(pair["q"], where), parse(str(pair["a"]))) for pair in entry["qa"])
    _check(text + sum(((*q, a) for q, a in qa), ()), entry["slots"], where)
    return Story(entry["slots"], _groups(entry["slots"], where), text, qa)


def _domain(entry: dict, where: str) -> Domain:
    where = f"{where}, domain {entry['name']}"
    facts = tuple(_fact(fact, entry["subject"], where) for fact in entry["facts"])
    return Domain(
        entry["name"], entry["subject"], tuple(entry["called"]), tuple(entry["filler"]), facts
    )


def read_forms(folder: Path = FOLDER) -> Forms:
    """Read every form file of a folder.

    Args:
        folder: Where the `*.yaml` files lie.

    Returns:
        The forms, in the order of file names.

    Raises:
        ValueError: A form names a slot that it does not declare, or is no list of strings.
        FileNotFoundError: The folder holds no form.
    """
    domains: list[Domain] = []
    stories: list[Story] = []
    for path in sorted(folder.glob("*.yaml")):
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER) or {}
        domains += [_domain(entry, path.name) for entry in content.get("domains") or []]
        stories += [
            _story(entry, f"{path.name}, a story") for entry in content.get("stories") or []
        ]
    if not domains and not stories:
        raise FileNotFoundError(f"no *.yaml form in {folder}: the forms are part of the repository")
    return Forms(tuple(domains), tuple(stories))


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
