"""A structured start of the weights: positions as waves, heads that match or look aside."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from transformers import BertConfig, BertForQuestionAnswering

from .plan import THREADS

__all__ = ["new_model", "small_config"]

WORDS = 80  # dimensions 0 … 79 of the hidden state start as word identity
TYPE = 80  # dimension 80 says: question (+) or passage (-)
WAVES = 16  # the last 32 dimensions are sines and cosines of the position


def small_config(vocabulary: int, layers: int = 5) -> BertConfig:
    """Describe the model: hidden size 128 as 2 heads of 64, FFN 512, 384 positions, no dropout."""
    return BertConfig(
        vocab_size=vocabulary,
        hidden_size=128,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=512,
        max_position_embeddings=384,
        type_vocab_size=2,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        num_labels=2,
        pad_token_id=0,
    )


def new_model(config: BertConfig, seed: int) -> BertForQuestionAnswering:
    """Make a model whose weights start with structure; all of them train freely afterwards.

    Args:
        config: As `small_config` makes it.
        seed: Fixes the random part.

    Returns:
        The model, float32; the same whatever number of threads the process has.
    """
    with _threads(THREADS):
        return _made(config, seed)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _made(config: BertConfig, seed: int) -> BertForQuestionAnswering:
    torch.manual_seed(seed)
    model = BertForQuestionAnswering._from_config(config, attn_implementation="eager")
    with torch.no_grad():
        _embeddings(model.bert.embeddings)
        for number, layer in enumerate(model.bert.encoder.layer):
            torch.nn.init.normal_(layer.intermediate.dense.weight, std=0.09)
            for output in (layer.output.dense.weight, layer.attention.output.dense.weight):
                torch.nn.init.normal_(output, std=0.02)
                output[-2 * WAVES :] = 0.0  # positions and segments stay readable in every layer
                output[TYPE] = 0.0
            attention = layer.attention.self
            torch.nn.init.normal_(attention.value.weight, std=0.09)
            _match_head(attention, first=number == 0)
            _side_head(attention, shift=(-1, 1, 0, 0, -1, 0)[number % 6], wide=number in {2, 3})
            if number == 0:
                _first_values(layer.attention)
            else:
                _later_values(layer.attention)
    return model


def _frequencies() -> torch.Tensor:
    return torch.logspace(math.log10(2.5), math.log10(0.012), WAVES)


def _embeddings(embeddings: torch.nn.Module) -> None:
    """Words in the first dimensions, the segment in one, positions in the last 32."""
    words = embeddings.word_embeddings.weight
    words.zero_()
    words[:, :WORDS].normal_(std=0.3)
    angles = torch.arange(embeddings.position_embeddings.num_embeddings)[:, None] * _frequencies()
    positions = embeddings.position_embeddings.weight
    positions.zero_()
    positions[:, -2 * WAVES : -WAVES] = 0.36 * angles.sin()
    positions[:, -WAVES:] = 0.36 * angles.cos()
    segments = embeddings.token_type_embeddings.weight
    segments.zero_()
    segments[0, TYPE], segments[1, TYPE] = 0.4, -0.4


def _match_head(attention: torch.nn.Module, *, first: bool) -> None:
    """Head 0: equal query and key projections; in layer 0 of words only, leaning to the question.

    In later layers it leans to the other segment.
    """
    size = WORDS if first else attention.query.in_features - 2 * WAVES
    projection = torch.zeros(64, attention.query.in_features)
    basis = torch.linalg.qr(torch.randn(size, 64))[0].T
    projection[:, :size] = basis * (1.1 if first else 0.9)
    projection[63] = 0.0
    attention.query.weight[:64] = projection
    attention.key.weight[:64] = projection
    if first:
        attention.key.weight[63, TYPE] = 3.0
        attention.query.bias[63] = 4.0
    else:
        attention.query.weight[63, TYPE] = 3.0
        attention.key.weight[63, TYPE] = -3.0


def _side_head(attention: torch.nn.Module, *, shift: int, wide: bool) -> None:
    """Head 1: looks at the token `shift` places away (0: the near ones)."""
    query = torch.randn(64, attention.query.in_features) * 0.03
    key = torch.randn(64, attention.query.in_features) * 0.03
    for i, wave in enumerate(_frequencies()):
        gain = math.sqrt(5.0) * (not wide or bool(wave < 0.3))
        sin, cos = -2 * WAVES + i, -WAVES + i
        # sin(a + d) = sin a cos d + cos a sin d ; cos(a + d) = cos a cos d - sin a sin d
        turn_cos, turn_sin = math.cos(wave * shift), math.sin(wave * shift)
        query[2 * i, sin], query[2 * i, cos] = gain * turn_cos, gain * turn_sin
        query[2 * i + 1, cos], query[2 * i + 1, sin] = gain * turn_cos, -gain * turn_sin
        key[2 * i, sin], key[2 * i + 1, cos] = gain, gain
    attention.query.weight[64:] = query
    attention.key.weight[64:] = key


def _first_values(attention: torch.nn.Module) -> None:
    """Layer 0: head 0 tells whether its match is in the question, head 1 the neighbour's word."""
    value, output = attention.self.value.weight, attention.output.dense.weight
    value[0].zero_()
    value[0, TYPE] = 1.0
    output[TYPE + 1, 0] = 1.0
    basis = torch.linalg.qr(torch.randn(WORDS, 64))[0].T
    value[64:].zero_()
    value[64:, :WORDS] = basis
    output[:WORDS, 64:] = 0.5 * torch.linalg.qr(torch.randn(WORDS, 64))[0]


def _later_values(attention: torch.nn.Module) -> None:
    """Later layers: each head brings a random half of what stands there, but no position."""
    value, output = attention.self.value.weight, attention.output.dense.weight
    size = value.shape[1] - 2 * WAVES
    for head in (slice(0, 64), slice(64, 128)):
        value[head] = 0.0
        value[head, :size] = torch.linalg.qr(torch.randn(size, 64))[0].T
        output[:size, head] = 0.3 * torch.linalg.qr(torch.randn(size, 64))[0]
        output[TYPE] = 0.0
