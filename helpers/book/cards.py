"""What the start page says of a chapter: its title, its question and one of its pictures."""

import base64
import json
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from nbformat import NotebookNode

from helpers.errors import InputError

__all__ = ["Card", "card_of", "start_page"]

_SHAPE = 2.0  # width over height of the place that a card has for a picture
_QUESTION = re.compile(r"^\*\*The question of this chapter\.\*\* (?P<question>.+)$", re.MULTILINE)
_START = """# From PyTorch to ONNX Runtime

How a trained PyTorch model becomes an ONNX file, and how that file runs fast and right in an
inference engine: the notebooks of the course, with their outputs. In the project's folder,
`make lab` opens them to be run and changed.

::::{{grid}} 1 1 2 2
:gutter: 3

{cards}
::::
{contents}"""
_CARD = """:::{{grid-item-card}} {title}
:link: {name}
:link-type: doc
:img-top: {picture}
:img-alt: {words}

{question}
:::
"""
_CONTENTS = """
```{{toctree}}
:caption: {caption}
:hidden:

{names}
```
"""
_NO_PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 200">
<text x="200" y="143" text-anchor="middle" font-family="sans-serif" font-size="120"
 fill="#40566e">{text}</text></svg>
"""


@dataclass(frozen=True)
class Card:
    """One chapter on the start page.

    Attributes:
        name: of the notebook's file, without its ending.
        title: its first heading.
        question: the question that it answers; empty where it states none.
        picture: a PNG that the chapter shows, or an SVG with its number where it shows none.
        suffix: `.png` or `.svg`.
        words: what the picture shows, in words.
    """

    name: str
    title: str
    question: str
    picture: bytes
    suffix: str
    words: str


def card_of(name: str, notebook: NotebookNode) -> Card:
    """The card of a chapter.

    Args:
        name: of the notebook's file, without its ending.
        notebook: with its outputs; of its pictures, the card takes the one whose shape fits best.

    Returns:
        The card.
    """
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    title = next((line[2:] for line in prose.splitlines() if line.startswith("# ")), name)
    asked = _QUESTION.search(prose)
    question = asked["question"] if asked else ""
    pictures = _pictures(notebook)
    if not pictures:
        drawn = _NO_PICTURE.format(text=re.match(r"\d*", name).group()).encode()
        return Card(name, title.strip(), question, drawn, ".svg", "The number of the chapter")
    picture, words = min(pictures, key=lambda pair: abs(_shape(pair[0]) - _SHAPE))
    return Card(name, title.strip(), question, picture, ".png", words)


def start_page(cards: Sequence[Card], solutions: Sequence[str]) -> str:
    """The start page, in MyST's Markdown.

    Args:
        cards: of the chapters, in order; their pictures are expected in `cards/`.
        solutions: names of the pages with solutions, in order; none for no such part.

    Returns:
        The text: the cards, and the contents that give every page its place.
    """
    shown = [
        _CARD.format(
            name=card.name,
            title=card.title,
            picture=f"cards/{card.name}{card.suffix}",
            words=json.dumps(card.words, ensure_ascii=False),
            question=card.question,
        )
        for card in cards
    ]
    parts = [("Chapters", [card.name for card in cards]), ("Solutions", solutions)]
    contents = [
        _CONTENTS.format(caption=caption, names="\n".join(names))
        for caption, names in parts
        if names
    ]
    return _START.format(cards="\n".join(shown), contents="".join(contents))


def _pictures(notebook: NotebookNode) -> list[tuple[bytes, str]]:
    """The PNG pictures that a notebook shows, each with its words."""
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    return [
        (
            base64.b64decode(output.data["image/png"]),
            output.metadata.get("image/png", {}).get("alt", ""),
        )
        for output in outputs
        if "image/png" in output.get("data", {})
    ]


def _shape(png: bytes) -> float:
    """Width over height of a PNG, from its header."""
    if len(png) < 24 or 0 in (shape := struct.unpack(">II", png[16:24])):
        raise InputError("a chapter's picture is no whole PNG; run it again (make rerun)")
    return shape[0] / shape[1]
