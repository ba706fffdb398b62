"""Reads a SQuAD v1.1 file, and says in one line what is wrong with one that it cannot read."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.errors import InputError
from helpers.plain_json import read_json
from helpers.squad.places import Search

_BYTES = 50_000_000  # of a file; SQuAD's larger one has 30 million
_LETTERS = 100_000  # of a passage, or another text; SQuAD's longest has some 4,000
_HALF = re.compile("[\ud800-\udfff]")  # of a letter: a lone surrogate
_ANSWERS = 100  # of a question; SQuAD has 6 at most

__all__ = ["Example", "LeftOut", "examples_of", "read_squad", "squad_root"]

LeftOut = Callable[[str, str], object]
"""Takes the place of a question that cannot be used, such as `data[0].paragraphs[2]`, and why."""


@dataclass(frozen=True)
class Example:
    """One question on one passage.

    Attributes:
        id: the question's name, unique in its file.
        title: the article that the passage is from.
        context: the passage, as written.
        question: the question, as written.
        answers: the accepted answers, each a span of the context.
        answer_starts: for each answer, the index of its first character in the context.
    """

    id: str
    title: str
    context: str
    question: str
    answers: tuple[str, ...]
    answer_starts: tuple[int, ...]


def read_squad(path: Path | str) -> list[Example]:
    """Reads every question of a file in SQuAD v1.1 format.

    Args:
        path: a JSON file `{"data": [{"title", "paragraphs": [{"context", "qas": [{"id",
            "question", "answers": [{"text", "answer_start"}]}]}]}]}`. Other keys are ignored.

    Returns:
        The questions, in the file's order.

    Raises:
        InputError: as `squad_root`; or it has another shape, a text of more than 100,000
            letters, more than 100 answers to a question, an answer that is not in its context or
            blank, the same id twice, half a letter, or no question at all.
    """
    examples = list(examples_of(squad_root(path), str(path)))
    if not examples:
        raise InputError(f"{path}: holds no questions; give a SQuAD v1.1 file with at least one")
    seen: set[str] = set()
    for example in examples:
        if example.id in seen:
            raise InputError(f"{path}: the id {example.id!r:.60} stands twice; make each id unique")
        seen.add(example.id)
    return examples


def squad_root(path: Path | str) -> Any:
    """What a JSON file holds, whatever its shape.

    Args:
        path: the file.

    Raises:
        InputError: it is missing, no plain file, larger than 50 MB, no text or no JSON.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(
            f"{path}: no such file; give the path of a SQuAD v1.1 file, or leave SQUAD= out "
            "to use the one that the project ships"
        )
    remedy = "give the path of a SQuAD v1.1 file"
    return read_json(path, most=_BYTES, remedy=remedy, too_large="split it")


def examples_of(root: Any, path: str, left_out: LeftOut | None = None) -> Iterator[Example]:
    """The questions of a SQuAD v1.1 file, one by one.

    Args:
        root: what the file holds.
        path: what its errors call it.
        left_out: takes what cannot be used, and the rest goes on; None: an error ends it.

    Yields:
        Questions, in the file's order. That an id stands twice is not looked for.

    Raises:
        InputError: as `read_squad`, where `left_out` is None.
    """
    search = Search(path)
    with _leaving(left_out, "the file"):
        for a, article in enumerate(_field(root, "data", list, path, "the file")):
            with _leaving(left_out, f"data[{a}]"):
                yield from _of_article(article, path, f"data[{a}]", left_out, search)


def _of_article(
    article: Any, path: str, where: str, left_out: LeftOut | None, search: Search
) -> Iterator[Example]:
    titled = isinstance(article, dict) and "title" in article
    title = _field(article, "title", str, path, where) if titled else ""
    for p, paragraph in enumerate(_field(article, "paragraphs", list, path, where)):
        place = f"{where}.paragraphs[{p}]"
        with _leaving(left_out, place):
            context = _field(paragraph, "context", str, path, place)
            for q, qa in enumerate(_field(paragraph, "qas", list, path, place)):
                with _leaving(left_out, f"{place}.qas[{q}]"):
                    yield _example(qa, title, context, path, f"{place}.qas[{q}]", search)


@contextmanager
def _leaving(left_out: LeftOut | None, place: str) -> Iterator[None]:
    """What cannot be used is told, where somebody takes it, and left out."""
    try:
        yield
    except InputError as error:
        if left_out is None:
            raise
        left_out(place, str(error))


def _example(qa: Any, title: str, context: str, path: str, where: str, search: Search) -> Example:
    name = str(_field(qa, "id", (str, int), path, where))
    question = _field(qa, "question", str, path, where)
    texts, starts = [], []
    answers = _field(qa, "answers", list, path, where)
    if len(answers) > _ANSWERS:
        raise InputError(
            f"{path}: question {name!r:.60} has {len(answers):,} answers, more than {_ANSWERS}; "
            "keep those that differ"
        )
    for i, answer in enumerate(answers):
        text = _field(answer, "text", str, path, f"{where}.answers[{i}]")
        start = _field(answer, "answer_start", int, path, f"{where}.answers[{i}]")
        there = start >= 0 and context.startswith(text, start)
        place = start if there else search.place(text, context, start)
        if not text.strip() or place is None:
            raise InputError(
                f"{path}: the answer {text!r:.60} of question {name!r:.60} is not in its context; "
                "correct the answer or the context"
            )
        texts.append(text)
        starts.append(place)  # the text itself is what counts
    if not texts:
        raise InputError(
            f"{path}: question {name!r:.60} has no answers; SQuAD v1.1 needs at least one "
            "(v2.0 files, with unanswerable questions, are not read)"
        )
    return Example(name, title, context, question, tuple(texts), tuple(starts))


def _field(holder: Any, key: str, kind: type | tuple[type, ...], path: str, where: str) -> Any:
    value = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        names = " or ".join(k.__name__ for k in (kind if isinstance(kind, tuple) else (kind,)))
        raise InputError(
            f"{path}: {where} has no {key!r} of type {names}; "
            "the shape must be that of SQuAD v1.1 (data, paragraphs, qas)"
        )
    if isinstance(value, str):
        _refuse_bad_text(value, key, path, where)
    return value


def _refuse_bad_text(text: str, key: str, path: str, where: str) -> None:
    if len(text) > _LETTERS:
        told = f"{len(text):,} letters, more than {_LETTERS:,}"
        raise InputError(f"{path}: {key!r} of {where} has {told}; split it")
    if _HALF.search(text):
        raise InputError(
            f"{path}: {key!r} of {where} holds half a letter (a lone surrogate such as \\ud83d); "
            "correct the text"
        )
