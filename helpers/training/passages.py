"""Passages with questions: what every maker of passages hands over, and how answers are found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from .templates import read_marks

__all__ = ["Asked", "Draft", "Passage", "Question", "build", "find_answer", "join"]


class Asked(NamedTuple):
    """A question before its answer is looked up; `evidence` -1: the first sentence with it."""

    text: str
    answer: str
    evidence: int = -1
    unseen_wording: bool = False


@dataclass
class Draft:
    """Marked sentences in order, and questions on them.

    Attributes:
        sentences: The sentences, slot values marked.
        asked: The questions.
    """

    sentences: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)


class Question(NamedTuple):
    """A question on a passage.

    Attributes:
        text: The question.
        spans: Character spans (start, end) of all places where the answer stands.
        evidence: Character span of the sentence that answers it.
        unseen_wording: Its form is kept out of training.
    """

    text: str
    spans: list[tuple[int, int]]
    evidence: tuple[int, int]
    unseen_wording: bool


@dataclass
class Passage:
    """A passage as it is read.

    Attributes:
        text: The passage.
        tags: Character span (start, end) and group of each slot value.
        questions: The questions on it.
    """

    text: str
    tags: list[tuple[int, int, int]]
    questions: list[Question] = field(default_factory=list)


def find_answer(passage: str, answer: str) -> list[tuple[int, int]]:
    """Find an answer in a passage as whole words, in any case.

    Args:
        passage: Where to look.
        answer: What to look for.

    Returns:
        The character spans, in order.
    """
    low, wanted = passage.lower(), answer.lower()
    spans = []
    start = low.find(wanted)
    while start >= 0:
        end = start + len(wanted)
        if _is_edge(low[max(0, start - 2) : start][::-1]) and _is_edge(low[end : end + 2]):
            spans.append((start, end))
        start = low.find(wanted, start + 1)
    return spans


def _is_edge(beside: str) -> bool:
    """Say whether a word or number may end here, given the two characters that follow outwards."""
    if beside[:1].isalnum() or beside[:1] == "_":
        return False
    return not (beside[1:2].isdigit() and beside[0] in ".,:–-")


def join(first: Draft, second: Draft) -> Draft:
    """Put two drafts one after the other."""
    shift = len(first.sentences)
    moved = [
        q._replace(evidence=q.evidence + shift) if q.evidence >= 0 else q for q in second.asked
    ]
    return Draft(first.sentences + second.sentences, first.asked + moved)


def build(draft: Draft) -> Passage:
    """Write a draft out and find the answers of its questions.

    Args:
        draft: Marked sentences and questions.

    Returns:
        The passage; a question whose answer it does not hold is left out.
    """
    plain = [read_marks(sentence).text for sentence in draft.sentences]
    ends, at = [], -1
    for sentence in plain:
        at += len(sentence) + 1
        ends.append(at)
    text, tags = read_marks(" ".join(draft.sentences))
    passage = Passage(text, tags)
    for asked in draft.asked:
        spans = find_answer(text, read_marks(asked.answer).text)
        if spans:
            index = asked.evidence
            if index < 0:
                index = next(i for i, end in enumerate(ends) if spans[0][0] < end)
            evidence = (ends[index] - len(plain[index]), ends[index])
            question = read_marks(asked.text).text
            passage.questions.append(Question(question, spans, evidence, asked.unseen_wording))
    return passage
