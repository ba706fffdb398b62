"""Reading the text forms from their YAML files."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from .forms import Domain, Fact, Forms, Story
from .templates import Template, parse, spelled_out
from .values import TYPES, group_of

__all__ = ["read_forms"]

FOLDER = Path(__file__).parent / "forms"


def _templates(sources: list[str], where: str) -> tuple[Template, ...]:
    if not isinstance(sources, list) or not all(isinstance(text, str) for text in sources):
        raise ValueError(f"{where}: want a list of strings, found {sources!r}; quote each in YAML")
    return tuple(parse(text) for text in sources)


def _wordings(sources: list[str], where: str) -> tuple[Template, ...]:
    return tuple(
        parse(text) for form in _templates(sources, where) for text in spelled_out(form.source)
    )


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
    ask = {label: _wordings(texts, where) for label, texts in entry["ask"].items()}
    _check(say + sum(ask.values(), ()), slots, where)
    return Fact(entry["slots"], _groups(slots, where), say, ask)


def _story(entry: dict, where: str) -> Story:
    text = _templates(entry["text"], where)
    qa = tuple((_wordings(pair["q"], where), parse(str(pair["a"]))) for pair in entry["qa"])
    _check(text + sum(((*q, a) for q, a in qa), ()), entry["slots"], where)
    core = entry.get("core", False)
    return Story(entry["slots"], _groups(entry["slots"], where), text, qa, core)


def _domain(entry: dict, where: str) -> Domain:
    where = f"{where}, domain {entry['name']}"
    facts = tuple(_fact(fact, entry["subject"], where) for fact in entry["facts"])
    return Domain(
        entry["name"],
        entry["subject"],
        tuple(entry["called"]),
        tuple(entry["filler"]),
        facts,
        entry.get("core", False),
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
