"""Cuts long passages into windows of token ids that fit a BERT.

One window is `[CLS] question [SEP] part of the passage [SEP] [PAD] ...`. The room for the passage
is what the question leaves free. Where consecutive windows overlap, the result equals, token for
token, that of `squad_convert_examples_to_features` in transformers 4. Where that converter would
leap over words (doc_stride larger than the room), these windows touch instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from helpers.errors import InputError
from helpers.squad.reading import Example

if TYPE_CHECKING:  # whoever only reads questions, as a process of a cluster may, need not load it
    from transformers import PreTrainedTokenizerBase

__all__ = ["Features", "featurize", "shortest_length", "window_starts"]

_TOKENS = 50_000_000  # of all windows together: some 1.7 GB; SQuAD's larger file has 34 million
_MARKERS = 3  # [CLS] before the question, [SEP] behind it and behind the passage


@dataclass(frozen=True)
class Features:
    """Windows of token ids, ready for a BERT, and what is needed to find the way back.

    Attributes:
        input_ids: int64 [windows, max_seq_length], token ids, 0-padded on the right.
        attention_mask: int64 [windows, max_seq_length], 1 on tokens, 0 on padding.
        token_type_ids: int64 [windows, max_seq_length], 1 on the passage and the last [SEP].
        example_index: int64 [windows], which example each window is of.
        first_position: int64 [windows], where in the window the passage part begins.
        first_token: int64 [windows], which of the passage's tokens stands there.
        token_count: int64 [windows], how many of the passage's tokens the window holds.
        offsets: per example, int64 [passage tokens, 2], first and past-the-last character.
        word_ids: per example, int64 [passage tokens], which word each token is a piece of.
    """

    input_ids: np.ndarray
    attention_mask: np.ndarray
    token_type_ids: np.ndarray
    example_index: np.ndarray
    first_position: np.ndarray
    first_token: np.ndarray
    token_count: np.ndarray
    offsets: tuple[np.ndarray, ...]
    word_ids: tuple[np.ndarray, ...]

    def __len__(self) -> int:
        return len(self.input_ids)

    def inputs(self, rows: slice = slice(None)) -> dict[str, np.ndarray]:
        """BERT's three inputs by name, each int64 [windows, max_seq_length].

        Args:
            rows: which windows; all by default.
        """
        names = ("input_ids", "attention_mask", "token_type_ids")
        return {name: getattr(self, name)[rows] for name in names}


def shortest_length(
    examples: Sequence[Example], tokenizer: PreTrainedTokenizerBase, *, max_query_length: int = 64
) -> int:
    """The smallest `max_seq_length`, in tokens, with room for a passage beside every question.

    Args:
        examples: the questions, from `read_squad`; at least one.
        tokenizer: a BERT tokenizer.
        max_query_length: tokens of a question that are kept.
    """
    questions = (_encode(tokenizer, example.question)[0] for example in examples)
    return max(len(question[:max_query_length]) for question in questions) + _MARKERS + 1


def window_starts(tokens: int, room: int, doc_stride: int) -> list[int]:
    """Which passage token each window begins with.

    Args:
        tokens: how many tokens the passage has.
        room: how many of them one window can hold, at least 1.
        doc_stride: how many tokens the next window begins later, at most; at least 1.

    Returns:
        Ascending indices, `min(doc_stride, room)` apart, so that no token is left out. The rule
        is that of the original BERT code (run_squad.py, `start_offset += min(length,
        doc_stride)`). Empty for a passage without tokens.
    """
    if tokens == 0:
        return []
    step = min(doc_stride, room)
    return [0, *range(step, max(tokens - room, 0) + step, step)]


def featurize(
    examples: Sequence[Example],
    tokenizer: PreTrainedTokenizerBase,
    *,
    max_seq_length: int = 128,
    doc_stride: int = 128,
    max_query_length: int = 64,
) -> Features:
    """Turns examples into windows.

    Args:
        examples: the questions, from `read_squad`.
        tokenizer: a BERT tokenizer of the `tokenizers` kind (it must give offsets).
        max_seq_length: tokens a window has, padding included.
        doc_stride: tokens by which the next window begins later, at most.
        max_query_length: tokens of the question that are kept.

    Returns:
        The windows of all examples, in order. A passage without a token gives no window.

    Raises:
        InputError: a setting is below 1, `max_seq_length` leaves no room for the passage, or all
            windows together would have more than 50 million tokens.
    """
    for name, value in {
        "max_seq_length": max_seq_length,
        "doc_stride": doc_stride,
        "max_query_length": max_query_length,
    }.items():
        if value < 1:
            raise InputError(f"{name}={value}: must be at least 1")
    cls, sep, pad = tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id
    rows: list[list[int]] = []
    marks: list[tuple[int, int, int, int]] = []
    offsets, word_ids = [], []
    encoded: str | None = None  # the passage that was tokenised last; its questions follow
    for index, example in enumerate(examples):
        question = _encode(tokenizer, example.question)[0][:max_query_length]
        if example.context != encoded:
            encoded = example.context
            passage, spans, words = _encode(tokenizer, encoded)
        offsets.append(spans)
        word_ids.append(words)
        room = max_seq_length - len(question) - _MARKERS
        if room < 1:
            least = shortest_length(examples, tokenizer, max_query_length=max_query_length)
            raise InputError(
                f"max_seq_length={max_seq_length}: question {example.id!r} has {len(question)} "
                f"tokens and leaves no room for its passage; use at least {least}, "
                "which has room beside every question, or a smaller max_query_length"
            )
        starts = window_starts(len(passage), room, doc_stride)
        if (len(rows) + len(starts)) * max_seq_length > _TOKENS:
            raise InputError(
                f"{len(examples)} questions have more than {_TOKENS:,} tokens in windows of "
                f"{max_seq_length}; featurize fewer at a time, or use a larger doc_stride"
            )
        for start in starts:
            part = passage[start : start + room]
            rows.append([cls, *question, sep, *part, sep])
            marks.append((index, len(question) + 2, start, len(part)))
    input_ids = np.full((len(rows), max_seq_length), pad, dtype=np.int64)
    attention_mask = np.zeros_like(input_ids)
    token_type_ids = np.zeros_like(input_ids)
    for window, (row, (_, first, _, count)) in enumerate(zip(rows, marks, strict=True)):
        input_ids[window, : len(row)] = row
        attention_mask[window, : len(row)] = 1
        token_type_ids[window, first : first + count + 1] = 1
    columns = np.array(marks, dtype=np.int64).reshape(-1, 4).T
    return Features(
        input_ids, attention_mask, token_type_ids, *columns, tuple(offsets), tuple(word_ids)
    )


def _encode(
    tokenizer: PreTrainedTokenizerBase, text: str
) -> tuple[list[int], np.ndarray, np.ndarray]:
    """Token ids, character spans [tokens, 2] and word numbers [tokens] of a text."""
    encoded = tokenizer(
        text,
        add_special_tokens=False,
        return_offsets_mapping=True,
        return_attention_mask=False,
        return_token_type_ids=False,
        verbose=False,  # passages longer than the model are the normal case here
    )
    spans = np.array(encoded["offset_mapping"], dtype=np.int64).reshape(-1, 2)
    words = [-1 if word is None else word for word in encoded.word_ids()]
    return encoded["input_ids"], spans, np.array(words, dtype=np.int64)
