"""How many times faster: the ratio of times that were taken in pairs, and how sure it is."""

from collections.abc import Sequence

import numpy as np

__all__ = ["paired_ratio"]


def paired_ratio(
    slow: Sequence[float], fast: Sequence[float], *, draws: int = 2000, seed: int = 0
) -> tuple[float, float, float]:
    """How many times longer `slow` took than `fast`, round by round.

    Args:
        slow: milliseconds, one a round.
        fast: milliseconds of the same rounds.
        draws: bootstrap draws.
        seed: seeds them.

    Returns:
        The median of the rounds' ratios and its 95 % bootstrap interval (percentile method,
        Efron 1979): median, low, high.
    """
    ratios = np.asarray(slow, float) / np.asarray(fast, float)
    picks = np.random.default_rng(seed).integers(0, len(ratios), (draws, len(ratios)))
    low, high = np.percentile(np.median(ratios[picks], axis=1), [2.5, 97.5])
    return float(np.median(ratios)), float(low), float(high)
