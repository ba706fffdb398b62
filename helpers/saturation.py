"""Sums of 16 bits: what becomes of an int8 product on an x86 processor without VNNI.

Such a processor adds two neighbouring products of uint8 and int8 in 16 bits, and what does not fit
is cut off. Here that is computed in NumPy, so that it can be seen on any machine.
"""

import numpy as np

__all__ = ["product_in_8_bits"]

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
