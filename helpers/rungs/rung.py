"""The value that every engine's rung is: a name, what is in use, and a function that runs it."""

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass

import numpy as np

from helpers.errors import InputError
from helpers.exports import BERT_ORDER

__all__ = ["Inputs", "Rung", "all_logits", "remarks"]

Inputs = Mapping[str, np.ndarray]
"""{"input_ids", "attention_mask", "token_type_ids"}, each int64 [batch, length]."""


@dataclass(frozen=True)
class Rung:
    """A model ready to run.

    Attributes:
        name: what charts and tables call it.
        engine: the library that runs it.
        precision: the number format of its arithmetic: fp32, tf32, bf16, fp16 or int8.
        provider_asked: the device or execution provider it was made for.
        provider: the one in use.
        run: {input name: int64 [batch, length]} -> (start, end) logits, float32 [batch, length].
            Returns when the result is in main memory.
        build_ms: how long it took to open the session or to compile, in milliseconds, apart from
            the first run.
        device_run_ms: on a GPU: copies the inputs to the device, waits, then times one run from
            device memory to device memory, in milliseconds. None elsewhere.
        calibrated_on: what an int8 rung's ranges were taken from, in words; None where nothing was
            calibrated.
        notes: what a reader has to know besides, in words, or None.
    """

    name: str
    engine: str
    precision: str
    provider_asked: str
    provider: str
    run: Callable[[Inputs], tuple[np.ndarray, np.ndarray]]
    _: KW_ONLY
    build_ms: float = 0.0
    device_run_ms: Callable[[Inputs], float] | None = None
    calibrated_on: str | None = None
    notes: str | None = None

    def __post_init__(self) -> None:
        if self.provider != self.provider_asked:
            raise InputError(
                f"{self.name}: asked for {self.provider_asked} but runs on {self.provider}; "
                "a time measured so would bear a false name, so it is not measured"
            )


def all_logits(
    rung: Rung, inputs: Inputs, progress: Callable[[], object] = lambda: None
) -> tuple[np.ndarray, np.ndarray]:
    """Runs a rung on every window, one at a time, as it is timed.

    Args:
        rung: what to run.
        inputs: {input name: int64 [windows, length]}.
        progress: called after every window.

    Returns:
        (start, end) logits, float32 [windows, length] each.
    """
    starts, ends = [], []
    for i in range(len(inputs["input_ids"])):
        start, end = rung.run({name: inputs[name][i : i + 1] for name in BERT_ORDER})
        starts.append(start)
        ends.append(end)
        progress()
    return np.concatenate(starts), np.concatenate(ends)


def remarks(*told: str | None, length: int | None = None) -> str | None:
    """What a rung's notes say: each remark, and the one shape that it was made for.

    Args:
        told: remarks; None for none.
        length: tokens of the one window that it was made for, or None.

    Returns:
        One line, or None where there is nothing to say.
    """
    shape = f"made for [1, {length}] alone" if length is not None else None
    return "; ".join(filter(None, (*told, shape))) or None
