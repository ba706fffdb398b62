"""Passages and questions as arrays of token ids."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from .passages import Passage

__all__ = ["PLACES", "Samples", "encode"]

PLACES = 4
"""How many places of an answer are kept."""


@dataclass
class Samples:
    """Encoded pairs of question and passage.

    Attributes:
        ids: Token ids of all samples in a row, int16: [CLS] question [SEP] passage [SEP].
        tags: Group of the slot value that each token belongs to (0: none), int8, like `ids`.
        offsets: Where each sample begins in `ids`; shape (samples + 1,).
        heads: Tokens up to and with the first [SEP]; shape (samples,).
        starts, ends: Answer tokens, -1 where there are fewer places; shape (samples, PLACES). A
            question without an answer has 0, the [CLS].
        evidence: First and last token of the sentence that answers; shape (samples, 2).
    """

    ids: np.ndarray
    tags: np.ndarray
    offsets: np.ndarray
    heads: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    evidence: np.ndarray

    def __len__(self) -> int:
        return len(self.heads)

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each sample; shape (samples,)."""
        return np.diff(self.offsets)

    @classmethod
    def joined(cls, parts: Iterable[Samples]) -> Samples:
        """Put several sets in a row."""
        parts = list(parts)
        shifts = np.cumsum([0] + [len(p.ids) for p in parts])
        offsets = [p.offsets[:-1] + shift for p, shift in zip(parts, shifts, strict=False)] + [
            shifts[-1:]
        ]
        rest = [np.concatenate([getattr(p, name) for p in parts]) for name in _REST]
        return cls(
            np.concatenate([p.ids for p in parts]),
            np.concatenate([p.tags for p in parts]),
            np.concatenate(offsets),
            *rest,
        )


_REST = ("heads", "starts", "ends", "evidence")


def encode(
    passages: list[Passage],
    tokenizer: Tokenizer,
    rng: random.Random,
    *,
    longest: int,
    foreign: float = 0.0,
    cut: float = 0.0,
) -> Samples:
    """Encode every question with its passage.

    Args:
        passages: Passages with questions.
        tokenizer: Adds no special tokens of its own.
        rng: Source of chance.
        longest: Longer pairs are left out.
        foreign: Chance of a question to be put to the passage before it (answer: [CLS]).
        cut: Chance of a passage to lose its beginning or its end; if the answer goes, it is [CLS].

    Returns:
        The samples.
    """
    texts = tokenizer.encode_batch([p.text for p in passages], add_special_tokens=False)
    asked = tokenizer.encode_batch(
        [q.text for p in passages for q in p.questions], add_special_tokens=False
    )
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    ids, tags, heads, starts, ends, evidence = [], [], [], [], [], []
    number = 0
    for place, passage in enumerate(passages):
        kinds = _tags(texts[place].offsets, passage.tags)
        for question in passage.questions:
            head = [cls, *asked[number].ids, sep]
            number += 1
            text, kind, offsets = texts[place].ids, kinds, texts[place].offsets
            spans, proof = question.spans[:PLACES], question.evidence
            if place and rng.random() < foreign:
                text = texts[place - 1].ids
                kind, offsets, spans = [0] * len(text), [], []
            elif rng.random() < cut:
                low, high = _window(len(text), rng)
                text, kind, offsets = text[low:high], kind[low:high], offsets[low:high]
            if len(head) + len(text) + 1 > longest:
                continue
            found = [t for t in (_tokens(offsets, span) for span in spans) if t]
            found = [(a + len(head), b + len(head)) for a, b in found] or [(0, 0)]
            found += [(-1, -1)] * (PLACES - len(found))
            where = (_tokens(offsets, proof) if found[0][0] else None) or (
                -len(head),
                -len(head) - 1,
            )
            ids.append(np.array([*head, *text, sep], dtype=np.int16))
            tags.append(np.array([0] * len(head) + kind + [0], dtype=np.int8))
            heads.append(len(head))
            starts.append([a for a, _ in found])
            ends.append([b for _, b in found])
            evidence.append([where[0] + len(head), where[1] + len(head)])
    return Samples(
        np.concatenate(ids),
        np.concatenate(tags),
        np.cumsum([0] + [len(i) for i in ids]),
        *(np.array(x, dtype=np.int16) for x in (heads, starts, ends, evidence)),
    )


def _window(length: int, rng: random.Random) -> tuple[int, int]:
    """Choose what stays of a passage that loses its beginning or end."""
    keep = rng.randint(length // 3, length)
    return (0, keep) if rng.random() < 0.5 else (length - keep, length)


def _tokens(offsets: list[tuple[int, int]], span: tuple[int, int]) -> tuple[int, int] | None:
    """Find the first and last token of a character span; None if it does not lie inside whole."""
    inside = [i for i, (a, b) in enumerate(offsets) if b > span[0] and a < span[1]]
    if not inside or offsets[inside[0]][0] > span[0] or offsets[inside[-1]][1] < span[1]:
        return None
    return inside[0], inside[-1]


def _tags(offsets: list[tuple[int, int]], marks: list[tuple[int, int, int]]) -> list[int]:
    """Give each token the group of the slot value that it belongs to."""
    out = [0] * len(offsets)
    at = 0
    for start, end, group in marks:
        while at < len(offsets) and offsets[at][1] <= start:
            at += 1
        while at < len(offsets) and offsets[at][0] < end:
            out[at] = group
            at += 1
    return out
