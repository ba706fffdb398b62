"""Logits that no time may be told of: not finite, all alike, or not the model's any more."""

from collections.abc import Callable, Sequence

import numpy as np

from helpers.errors import Failed, InputError, excused
from helpers.rungs import Inputs, Rung, all_logits

__all__ = ["check_finite", "check_near", "check_same", "check_varied", "sound_logits"]

_SAME = 0.01  # a share of the largest logit: sums in another order, in 16 bits
_NEAR = 0.5
"""How far logits may lie from the reference's, as a share of how those vary.

Measured on the embedded model: ONNX Runtime's int8 0.05 to 0.06, with 99 % of the same answers;
weights rounded to 5 bits, one scale a tensor, 0.36 and 92 %; to 4 bits 0.93 and 19 %.
"""


def sound_logits(
    rungs: Sequence[Rung],
    inputs: Inputs,
    progress: Callable[[], object],
    failed: Failed | None,
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """What each rung answers, of those whose logits may be used; the first is the reference.

    Args:
        rungs: what is asked.
        inputs: the windows, {input name: int64 [windows, length]}.
        progress: called after every window.
        failed: told of a rung that raises or whose logits are refused; None: it is raised.

    Returns:
        {name: (start, end)}, float32 [windows, length] each.
    """
    logits: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for rung in rungs:
        with excused(rung.name, failed):
            pair = all_logits(rung, inputs, progress)
            check_finite(rung.name, pair)
            check_varied(rung.name, pair)
            if logits:
                reference = next(iter(logits.values()))
                check_near(rung.name, pair, reference, inputs["attention_mask"] == 1)
            logits[rung.name] = pair
    return logits


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


def check_varied(name: str, logits: tuple[np.ndarray, np.ndarray]) -> None:
    """Refuses logits that are the same everywhere: those of a model whose weights are all zero.

    Args:
        name: the rung's.
        logits: (start, end), float [windows, length] each.

    Raises:
        InputError: they are.
    """
    for end, values in zip(("start", "end"), logits, strict=True):
        if values.size > 1 and values.min() == values.max():
            raise InputError(
                f"{name}: every {end} logit of all {len(values)} windows is {values.flat[0]:g}, so "
                "it answers nothing; check the weights"
            )


def check_near(
    name: str,
    logits: tuple[np.ndarray, np.ndarray],
    reference: tuple[np.ndarray, np.ndarray],
    real: np.ndarray,
) -> None:
    """Refuses logits that have little to do with the reference's, as when int8 has collapsed.

    Args:
        name: the rung's.
        logits: (start, end), float [windows, length] each.
        reference: the same of the rung that it is compared with.
        real: where a window holds tokens, bool [windows, length]; what engines give for padding
            does not count.

    Raises:
        InputError: they differ, in the root of the mean square, by more than half of what the
            reference's vary by.
    """
    for end, ours, theirs in zip(("start", "end"), logits, reference, strict=True):
        off, spread = float(np.std(ours[real] - theirs[real])), float(np.std(theirs[real]))
        if not off <= _NEAR * spread:
            raise InputError(
                f"{name}: its {end} logits are {off:.2g} off the reference's, which vary by "
                f"{spread:.2g} themselves; its times cannot be used: keep more bits, or use fp32"
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
