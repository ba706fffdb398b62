"""What training minimises: the answer's edges, and helpers' tasks that are dropped on saving."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional
from transformers import BertForQuestionAnswering

from .batches import Batch
from .forward import hidden_states

__all__ = ["LONGEST_ANSWER", "Helpers", "loss_of"]

LONGEST_ANSWER = 30
"""The longest answer, in tokens, as `helpers.squad.answers` looks for it."""

_FAR = -1e4


class Helpers(nn.Module):
    """Small heads beside the model, thrown away after training.

    Args:
        hidden: Size of the hidden state.
        groups: How many kinds of slot values there are, with "none".
    """

    def __init__(self, hidden: int, groups: int) -> None:
        super().__init__()
        self.tags = nn.Linear(hidden, groups)
        self.copied = nn.Linear(hidden, 1)
        self.evidence = nn.Linear(hidden, 1)
        self.inside = nn.Linear(hidden, 1)


def _all_places(logits: torch.Tensor, places: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """Score minus log of the summed probability over all places of the answer.

    Args:
        logits: Shape (batch, length).
        places: Right tokens, -1 where there are fewer; shape (batch, PLACES).
        real: Tokens that may be chosen; shape (batch, length).

    Returns:
        The mean over the batch.
    """
    logits = logits.float().masked_fill(~real, _FAR)
    right = logits.gather(1, places.clamp(min=0)).masked_fill(places < 0, _FAR)
    return (logits.logsumexp(1) - right.logsumexp(1)).mean()


def _all_spans(
    start: torch.Tensor, end: torch.Tensor, batch: Batch, real: torch.Tensor
) -> torch.Tensor:
    """Score minus log of the summed probability of the right spans among all short enough ones.

    It is what decoding looks for: the best sum of a start and an end logit. Without it the end of
    one candidate goes together with the start of another.

    Args:
        start: Logits that an answer begins, shape (batch, length).
        end: Logits that it ends, shape (batch, length).
        batch: The batch, for the right places.
        real: Tokens that may be chosen; shape (batch, length).

    Returns:
        The mean over the batch.
    """
    first = start.float().masked_fill(~real, _FAR)
    last = end.float().masked_fill(~real, _FAR)
    place = torch.arange(start.shape[1], device=start.device)
    width = place[None, :] - place[:, None]
    spans = (first[:, :, None] + last[:, None, :]).masked_fill(
        (width < 0) | (width >= LONGEST_ANSWER), 2 * _FAR
    )
    right = first.gather(1, batch.starts.clamp(min=0)) + last.gather(1, batch.ends.clamp(min=0))
    right = right.masked_fill(batch.starts < 0, 2 * _FAR)
    return (spans.flatten(1).logsumexp(1) - right.logsumexp(1)).mean()


def loss_of(
    model: BertForQuestionAnswering,
    helpers: Helpers,
    batch: Batch,
    help_weight: float,
    inside_weight: float,
    *,
    spans: bool,
    dtype: torch.dtype = torch.bfloat16,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Run a batch and weigh its losses.

    Args:
        model: The model.
        helpers: The heads beside it.
        batch: The batch.
        help_weight: Weight of the helpers' tasks but one.
        inside_weight: Weight of telling the answer's tokens from the others, one layer below the
            top: where all its tokens know that they belong together, its two edges agree.
        spans: Whether starts and ends are also judged together, as spans.
        dtype: What the model's matrices are multiplied in.

    Returns:
        The loss to minimise, and the share of answers whose both edges are right.
    """
    states = hidden_states(model, batch.ids, batch.mask, batch.segments, batch.positions, dtype)
    top, below, half = states[-1], states[-2], states[len(states) // 2]
    start, end = model.qa_outputs(top).unbind(-1)
    choosable = batch.mask.bool() & (batch.segments.bool() | (batch.places == 0))
    apart = _all_places(start, batch.starts, choosable) + _all_places(end, batch.ends, choosable)
    loss = (apart + _all_spans(start, end, batch, choosable)) / 4 if spans else apart / 2
    with torch.no_grad():
        first = start.float().masked_fill(~choosable, _FAR).argmax(1, keepdim=True)
        last = end.float().masked_fill(~choosable, _FAR).argmax(1, keepdim=True)
        right = ((first == batch.starts) & (last == batch.ends)).any(1).float().mean()
    passage = batch.segments.bool() & batch.mask.bool()
    kinds = batch.tags.masked_fill(~passage, -100)
    loss = loss + help_weight * (
        functional.cross_entropy(helpers.tags(half).float().flatten(0, 1), kinds.flatten())
        + _yes_no(helpers.copied(half), batch.copied, passage)
        + _yes_no(helpers.evidence(top), batch.proof, passage)
    )
    loss = loss + inside_weight * _yes_no(helpers.inside(below), batch.inside, passage)
    return loss, right


def _yes_no(logits: torch.Tensor, truth: torch.Tensor, passage: torch.Tensor) -> torch.Tensor:
    losses = functional.binary_cross_entropy_with_logits(
        logits.squeeze(-1).float(), truth.float(), reduction="none"
    )
    return (losses * passage).sum() / passage.sum()
