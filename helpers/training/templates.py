"""Templates: text with slots `{A.last}` and choices `<a|b|>`, and its rendering."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from .values import Value

__all__ = ["Marked", "Template", "parse", "read_marks", "spelled_out"]

_OPEN = 0xE000  # private-use characters stand around a slot's value: chr(_OPEN + group) … _CLOSE
_CLOSE = "\ue0ff"
_PRONOUNS = {"he": ("he", "she"), "his": ("his", "her"), "him": ("him", "her")}
_PART = re.compile(r"<([^<>]*)>|\{([A-Z][0-9]?)(?:\.(\w+))?\}")
_VOWEL_SOUND = re.compile(
    r"(?!uni[^nm]|use|usu|eu|one\b|once|ut[ei]|uk|ub)(?:[aeiou]|8|11\b|18\b|11,|18,|hour|honest|heir|hono)",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"\b([Aa])n? (?=([\ue000-\ue0ff]*)(\w+))")
_MARK = re.compile(r"[\ue000-\ue0ff]")


class Marked(NamedTuple):
    """A text and where its slot values stand: (start, end, group) in characters."""

    text: str
    spans: list[tuple[int, int, int]]


@dataclass(frozen=True)
class Template:
    """A parsed template.

    Attributes:
        source: The text as written.
        parts: Strings, (label, suffix) pairs and lists of options.
        labels: The labels of all its slots.
    """

    source: str
    parts: tuple
    labels: frozenset[str]

    def render(
        self, values: Mapping[str, Value], groups: Mapping[str, int], rng: random.Random
    ) -> str:
        """Write the template out; slot values stay marked until `read_marks`.

        Args:
            values: The value of each label.
            groups: The answer group of each label's type.
            rng: Picks among the choices.

        Returns:
            The text with marks, articles agreed, spaces tidied, first letter a capital.
        """
        out: list[str] = []
        _write(self.parts, values, groups, rng, out)
        text = "".join(out)
        text = _ARTICLE.sub(lambda m: _article(m[1], m[3]), text)
        text = (
            re.sub(r"\s+", " ", text)
            .replace(" ,", ",")
            .replace(" .", ".")
            .replace(" ?", "?")
            .strip()
        )
        return re.sub(r"^([\ue000-\ue0ff\"']*)([a-z])", lambda m: m[1] + m[2].upper(), text)


def parse(source: str) -> Template:
    """Parse a template.

    Args:
        source: Text with `{A}`, `{A.last}` and `<a|b|>`; no nesting.

    Returns:
        The template.
    """
    labels: set[str] = set()
    return Template(source, tuple(_parts(source, labels)), frozenset(labels))


def spelled_out(source: str) -> list[str]:
    """Write a template out as all the templates without a choice that it stands for.

    Args:
        source: Text as `parse` takes it.

    Returns:
        One text for each way to choose, in the order of the options; the text itself where there
        is no choice.
    """
    pieces = re.split(r"<([^<>]*)>", source)  # text, options, text, options, … text
    options = [piece.split("|") if place % 2 else [piece] for place, piece in enumerate(pieces)]
    return ["".join(chosen) for chosen in itertools.product(*options)]


def _parts(source: str, labels: set[str]) -> list:
    out: list = []
    at = 0
    for match in _PART.finditer(source):
        out.append(source[at : match.start()])
        at = match.end()
        if match[2]:
            labels.add(match[2])
            out.append((match[2], match[3] or ""))
        else:
            out.append([_parts(option, labels) for option in match[1].split("|")])
    out.append(source[at:])
    return out


def _write(
    parts: Iterable,
    values: Mapping[str, Value],
    groups: Mapping[str, int],
    rng: random.Random,
    out: list[str],
) -> None:
    for part in parts:
        if isinstance(part, str):
            out.append(part)
        elif isinstance(part, list):
            _write(rng.choice(part), values, groups, rng, out)
        else:
            out.append(_slot(values[part[0]], part[1], groups[part[0]]))


def _slot(value: Value, suffix: str, group: int) -> str:
    if suffix.lower() in _PRONOUNS:
        word = _PRONOUNS[suffix.lower()][value.woman]
        return word.capitalize() if suffix[0].isupper() else word
    text = {"first": value.first, "last": value.last}.get(suffix, value.text)
    return f"{chr(_OPEN + group)}{text}{_CLOSE}"


def _article(article: str, word: str) -> str:
    return article + ("n " if _VOWEL_SOUND.match(word) else " ")


def read_marks(marked: str) -> Marked:
    """Take the marks out of a rendered text.

    Args:
        marked: What `Template.render` wrote; several such texts may be joined.

    Returns:
        The plain text and the character span and group of every slot value.
    """
    out: list[str] = []
    spans: list[tuple[int, int, int]] = []
    at = length = start = group = 0
    for match in _MARK.finditer(marked):
        piece = marked[at : match.start()]
        out.append(piece)
        length += len(piece)
        at = match.end()
        if match[0] == _CLOSE:
            spans.append((start, length, group))
        else:
            start, group = length, ord(match[0]) - _OPEN
    out.append(marked[at:])
    return Marked("".join(out), spans)
