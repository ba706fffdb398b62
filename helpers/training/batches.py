"""Batches of samples of like length, padded and shifted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch

from .encode import Samples
from .vocabulary import MASK

__all__ = ["Batch", "Hidden", "batches"]

POSITIONS = 384


class Hidden(NamedTuple):
    """How questions lose words, so that a reader leans on no single one of them.

    Attributes:
        share: Share of the questions that do.
        tokens: Share of their tokens that another one stands for: [MASK] for half of them, any word
            piece for the others.
        vocabulary: Word pieces that there are.
    """

    share: float
    tokens: float
    vocabulary: int

    def ids(self, ids: np.ndarray, question: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Give the token ids with some of the questions' replaced.

        Args:
            ids: Token ids; shape (batch, length).
            question: Which of them are a question's; the special ones among them stay.
            rng: Source of chance.
        """
        among = question & (ids > MASK) & (rng.random((len(ids), 1)) < self.share)
        lost = among & (rng.random(ids.shape) < self.tokens)
        pieces = rng.integers(MASK + 1, self.vocabulary, ids.shape)
        return np.where(lost, np.where(rng.random(ids.shape) < 0.5, MASK, pieces), ids)


class Batch(NamedTuple):
    """Tensors of one batch; shape (batch, length) but for starts and ends, (batch, PLACES).

    `places` counts the tokens from 0; `positions` is what the model sees, shifted; `copied` marks
    passage tokens that occur in the question, `proof` the sentence that answers, `inside` the
    tokens of all places of the answer.
    """

    ids: torch.Tensor
    mask: torch.Tensor
    segments: torch.Tensor
    places: torch.Tensor
    positions: torch.Tensor
    starts: torch.Tensor
    ends: torch.Tensor
    tags: torch.Tensor
    copied: torch.Tensor
    proof: torch.Tensor
    inside: torch.Tensor


def batches(
    samples: Samples,
    rng: np.random.Generator,
    size: int,
    *,
    pool: int = 50,
    multiple: int = 8,
    hidden: Hidden | None = None,
) -> Iterator[Batch]:
    """Go through the samples once, in chance order but with like lengths together.

    Args:
        samples: What to go through.
        rng: Source of chance.
        size: Samples a batch; what is left over at the end is dropped.
        pool: Batches that are sorted by length together.
        multiple: Of what the width is a multiple. Few different shapes are worth some padding, as
            oneDNN compiles, and CUDA graphs are recorded, for each.
        hidden: How questions lose words; None: they keep all.

    Yields:
        The batches.
    """
    order = rng.permutation(len(samples))
    lengths = samples.lengths
    for at in range(0, len(order) - size + 1, size * pool):
        group = order[at : at + size * pool]
        group = group[np.argsort(lengths[group], kind="stable")]
        firsts = np.arange(0, len(group) - size + 1, size)
        for first in rng.permutation(firsts):
            yield _batch(samples, group[first : first + size], rng, multiple, hidden)


def _batch(
    samples: Samples,
    chosen: np.ndarray,
    rng: np.random.Generator,
    multiple: int,
    hidden: Hidden | None,
) -> Batch:
    lengths = samples.lengths[chosen]
    width = -int(-lengths.max() // multiple) * multiple
    places = np.arange(width)[None]
    mask = places < lengths[:, None]
    index = np.where(mask, samples.offsets[chosen][:, None] + places, 0)
    ids = np.where(mask, samples.ids[index], 0).astype(np.int64)
    tags = np.where(mask, samples.tags[index], 0).astype(np.int64)
    heads = samples.heads[chosen][:, None]
    segments = (mask & (places >= heads)).astype(np.int64)
    if hidden:
        ids = hidden.ids(ids, mask & (segments == 0), rng)
    shift = np.where(
        rng.random(len(chosen)) < 0.5, rng.integers(0, POSITIONS - width + 1, len(chosen)), 0
    )
    starts, ends = samples.starts[chosen].astype(np.int64), samples.ends[chosen].astype(np.int64)
    proof = (places >= samples.evidence[chosen, :1]) & (places <= samples.evidence[chosen, 1:])
    question = np.where(segments == 0, ids, -1)
    copied = (ids[:, :, None] == question[:, None, : int(heads.max())]).any(2) & (segments == 1)
    inside = (places[:, None] >= starts[:, :, None]) & (places[:, None] <= ends[:, :, None])
    inside = inside.any(1) & (segments == 1)
    positions = np.minimum(places + shift[:, None], POSITIONS - 1)
    arrays = (
        ids,
        mask.astype(np.int64),
        segments,
        places,
        positions,
        starts,
        ends,
        tags,
        copied,
        proof,
        inside,
    )
    return Batch(*(torch.from_numpy(np.ascontiguousarray(a)) for a in arrays))
