# ruff: noqa: SIM905 (word lists read better as text)
"""Noise that makes a reader robust: rare words in place of common ones, rough questions."""

from __future__ import annotations

import random
import re

from .names import nonce
from .passages import Asked, Draft
from .templates import read_marks

__all__ = ["cloze", "rare_words", "rough"]

_KEPT = set(
    """
    about above after again against along among around because before behind being below between
    beyond could days degrees during either every first hours hundred kilometres metres might
    miles million minutes months never other shall should since their there these thing think
    those though thousand three through under until weeks what when where which while whole whom
    whose within without would years
    """.split()
)
_WORD = re.compile(r"(?<![A-Za-z])[a-z]{5,}(?![A-Za-z])")
_STEM = re.compile(r"^(.{3,}?)(ing|ed|es|s|ly|er|ers)?$")
_WH = {
    0: ["what", "what", "which thing", "why"],
    1: ["who", "who", "whom", "which person"],
    2: ["where", "in which place", "which place", "what place"],
    3: ["which", "what", "who"],
    4: ["what", "which", "what name"],
    5: ["when", "when", "what time", "in what year"],
    6: ["how many", "how many", "what number", "how much"],
    7: ["how much", "how long", "how far", "how big"],
    8: ["what", "what kind of thing", "which"],
}


def rare_words(draft: Draft, rng: random.Random, share: float) -> Draft:
    """Put made-up words in place of some common ones, the same in the passage and its questions.

    Args:
        draft: Sentences and questions.
        rng: Source of chance.
        share: Chance of each different word to be replaced.

    Returns:
        The new draft.
    """
    stems: dict[str, str] = {}

    def swap(match: re.Match[str]) -> str:
        word = match[0]
        if word in _KEPT:
            return word
        parts = _STEM.match(word)
        stem, ending = parts[1], parts[2] or ""
        if stem not in stems:
            stems[stem] = nonce(rng, rng.choice((1, 2))) if rng.random() < share else ""
        return stems[stem] + ending if stems[stem] else word

    return Draft(
        [_WORD.sub(swap, sentence) for sentence in draft.sentences],
        [
            q._replace(text=_WORD.sub(swap, q.text), answer=_WORD.sub(swap, q.answer))
            for q in draft.asked
        ],
    )


def rough(question: str, rng: random.Random) -> str:
    """Drop a word, an article or the question mark now and then."""
    roll = rng.random()
    if roll < 0.06:
        return question.rstrip("?")
    if roll < 0.12:
        return re.sub(r"\b(the|a|an) ", "", question, count=1)
    words = question.split(" ")
    if roll < 0.2 and len(words) > 6:
        del words[rng.randrange(3, len(words) - 1)]
    return " ".join(words)


def cloze(sentence: str, rng: random.Random, index: int) -> Asked | None:
    """Make a question from a sentence itself: a slot's value becomes a question word.

    Args:
        sentence: A marked sentence.
        rng: Source of chance.
        index: Its number in the passage.

    Returns:
        The question, or nothing if the sentence has no slot.
    """
    text, spans = read_marks(sentence)
    if not spans:
        return None
    start, end, group = rng.choice(spans)
    before, after = text[:start].split(), text[end:].rstrip(".").split()
    if before and before[-1].lower() in {
        "in",
        "on",
        "at",
        "the",
        "a",
        "an",
        "of",
        "by",
        "with",
        "to",
        "from",
    }:
        before.pop()
    keep = rng.choice((1.0, 0.8, 0.6))
    rest = [
        w for w in (after + before if rng.random() < 0.4 else before + after) if rng.random() < keep
    ]
    if len(rest) < 2:
        return None
    return Asked(f"{rng.choice(_WH[group])} {' '.join(rest)}?", text[start:end], index)
