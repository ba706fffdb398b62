"""Logits that no time may be told of: not finite, or not what the rung answered before."""

import numpy as np

from helpers.errors import InputError

__all__ = ["check_finite", "check_same"]

_SAME = 0.01  # a share of the largest logit: sums in another order, in 16 bits


def check_finite(name: str, logits: tuple[np.ndarray, np.ndarray]) -> None:
    """Refuses NaN and infinity.

    Args:
        name: the rung's.
        logits: (start, end), float [windows, length] each.

    Raises:
        InputError: a window has such a logit.
    """
    for end, values in zip(("start", "end"), logits, strict=True):
        spoiled = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if spoiled.size:
            raise InputError(
                f"{name}: {end} logits of window {spoiled[0]} are not finite (NaN or infinity, in "
                f"{spoiled.size} of {len(values)} windows); check the weights, or use fp32"
            )


def check_same(
    name: str,
    row: int,
    given: tuple[np.ndarray, np.ndarray],
    answered: tuple[np.ndarray, np.ndarray],
) -> None:
    """Refuses what a timed run gave where it is not what the rung answered to that window before.

    Args:
        name: the rung's.
        row: the window's number in `answered`.
        given: (start, end) of the timed run, float [1, length] each.
        answered: (start, end) of all windows, float [windows, length] each.

    Raises:
        InputError: a logit is more than a hundredth of the window's largest one off.
    """
    for values, before in zip(given, answered, strict=True):
        off = float(np.abs(values[0] - before[row]).max())
        largest = float(np.abs(before[row]).max())
        if not off <= _SAME * largest:
            raise InputError(
                f"{name}: a timed run of window {row} gave logits that are {off:.2g} off those "
                f"that the rung gave before (largest {largest:.2g}); its times cannot be used"
            )
