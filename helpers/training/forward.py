"""The model's forward pass as training runs it: BERT's own weights, fewer passes over memory.

It computes what `model.bert` computes, with matrices in `dtype` and the rest in float32. One
product makes query, key and value, each activation is converted once, and the softmax is float32,
which vectorises.
"""

from __future__ import annotations

import torch
from torch.nn import functional
from transformers import BertForQuestionAnswering

__all__ = ["hidden_states"]


def hidden_states(
    model: BertForQuestionAnswering,
    ids: torch.Tensor,
    mask: torch.Tensor,
    segments: torch.Tensor,
    positions: torch.Tensor,
    dtype: torch.dtype = torch.bfloat16,
) -> list[torch.Tensor]:
    """Run the encoder.

    Args:
        model: The model.
        ids: Token ids; this and the other tensors have shape (batch, length).
        mask: 1 on tokens, 0 on padding.
        segments: 0 on the question, 1 on the passage.
        positions: Position of each token.
        dtype: What matrices are multiplied in.

    Returns:
        The embeddings and every layer's output, float32, shape (batch, length, hidden) each.
    """
    parts = model.bert.embeddings
    summed = parts.word_embeddings(ids) + parts.position_embeddings(positions)
    state = parts.LayerNorm(summed + parts.token_type_embeddings(segments))
    away = (1.0 - mask[:, None, None, :].float()) * -1e4
    states = [state]
    for layer in model.bert.encoder.layer:
        mixed = _attend(layer.attention.self, state.to(dtype), away)
        state = layer.attention.output.LayerNorm(
            state + _linear(layer.attention.output.dense, mixed)
        )
        inner = functional.gelu(_linear(layer.intermediate.dense, state.to(dtype)))
        state = layer.output.LayerNorm(state + _linear(layer.output.dense, inner))
        states.append(state)
    return states


def _linear(layer: torch.nn.Linear, state: torch.Tensor) -> torch.Tensor:
    return functional.linear(state, layer.weight.to(state.dtype), layer.bias.to(state.dtype))


def _attend(layer: torch.nn.Module, state: torch.Tensor, away: torch.Tensor) -> torch.Tensor:
    """Mix values over all heads; shape (batch, length, hidden)."""
    batch, length, hidden = state.shape
    heads = layer.num_attention_heads
    scale = (hidden // heads) ** -0.5
    weight = torch.cat([layer.query.weight * scale, layer.key.weight, layer.value.weight])
    bias = torch.cat([layer.query.bias * scale, layer.key.bias, layer.value.bias])
    joint = functional.linear(state, weight.to(state.dtype), bias.to(state.dtype))
    query, key, value = joint.view(batch, length, 3, heads, -1).permute(2, 0, 3, 1, 4)
    scores = torch.matmul(query, key.transpose(2, 3)).float().add_(away)
    mixed = torch.matmul(scores.softmax(-1).to(state.dtype), value)
    return mixed.transpose(1, 2).reshape(batch, length, hidden)
