"""Sums of 16 bits: what becomes of an int8 product on an x86 processor without VNNI.

Such a processor adds two neighbouring products of uint8 and int8 in 16 bits, and what does not fit
is cut off. Here that is computed in NumPy, so that it can be seen on any machine.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from transformers import BertForQuestionAnswering

__all__ = ["product_in_8_bits", "worst_projection"]

_LOW, _HIGH = -(2**15), 2**15 - 1  # what 16 bits hold


def product_in_8_bits(
    x: np.ndarray, weights: np.ndarray, *, largest: int = 127, sixteen_bits: bool = False
) -> tuple[np.ndarray, float]:
    """Multiplies activations as uint8 with weights as int8, as a dynamically quantised file does.

    Args:
        x: activations, [tokens, width]; they get one scale and one zero point.
        weights: float [width, outputs], of an even width; each column gets a scale of its own.
        largest: what the largest weight of a column becomes: 127 uses 8 bits, 64 uses 7.
        sixteen_bits: whether each two neighbouring products are added in 16 bits, as without VNNI.

    Returns:
        The product, float64 [tokens, outputs], and the share of pairs that were cut off, 0 to 1.
    """
    step = (max(x.max(), 0.0) - min(x.min(), 0.0)) / 255
    zero = round(-min(x.min(), 0.0) / step)
    x8 = np.clip(np.round(x / step) + zero, 0, 255).astype(np.int64)
    scale = np.abs(weights).max(axis=0) / largest
    w8 = np.round(weights / scale).astype(np.int64)
    pairs = x8[:, 0::2, None] * w8[None, 0::2] + x8[:, 1::2, None] * w8[None, 1::2]
    sums = np.clip(pairs, _LOW, _HIGH) if sixteen_bits else pairs
    whole = sums.sum(axis=1) - zero * w8.sum(axis=0)
    return whole * step * scale, float((sums != pairs).mean())


def worst_projection(
    model: "BertForQuestionAnswering", inputs: Mapping[str, np.ndarray]
) -> tuple[str, np.ndarray, np.ndarray]:
    """Of the products for query, key and value of all layers: the one that 16-bit sums spoil most.

    Args:
        model: a BERT, in evaluation mode.
        inputs: one window without padding, {BERT's input name: int64 [1, tokens]}.

    Returns:
        Its name, such as "layer 3, value"; what goes into it, float32 [tokens, width]; and its
        weights, float32 [width, width].
    """
    window = {name: torch.from_numpy(array) for name, array in inputs.items()}
    with torch.inference_mode():
        states = model(**window, output_hidden_states=True).hidden_states
    found = []
    for number, (layer, state) in enumerate(zip(model.bert.encoder.layer, states, strict=False)):
        for kind in ("query", "key", "value"):
            x = state[0].numpy()
            weights = getattr(layer.attention.self, kind).weight.detach().numpy().T.copy()
            found.append((_spoilt(x, weights), f"layer {number}, {kind}", x, weights))
    _, *worst = max(found, key=lambda one: one[0])
    return tuple(worst)


def _spoilt(x: np.ndarray, weights: np.ndarray) -> float:
    """How many times larger the worst error becomes with sums of 16 bits."""
    right = x @ weights
    errors = [
        np.abs(product_in_8_bits(x, weights, sixteen_bits=bits)[0] - right).max()
        for bits in (True, False)
    ]
    return float(errors[0] / errors[1])
