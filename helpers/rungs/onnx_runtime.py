"""An .onnx file in ONNX Runtime."""

from pathlib import Path

import numpy as np
import onnxruntime

from helpers.exports import INPUT_NAMES
from helpers.rungs.rung import BERT_ORDER, Inputs, Rung
from helpers.sessions import PROVIDERS, open_session

__all__ = ["onnxruntime_rung"]


def onnxruntime_rung(
    path: Path | str,
    *,
    name: str,
    device: str = "cpu",
    threads: int | None = None,
    spinning: bool = False,
) -> Rung:
    """An exported BERT in ONNX Runtime.

    Args:
        path: the .onnx file, with the article's input and output names.
        name: what charts and tables call it.
        device: `cpu`, `cuda` or `tensorrt`.
        threads: threads inside one operator; ONNX Runtime's own choice when None.
        spinning: whether idle worker threads may go on spinning after a run, as they do by
            default. That makes a rung faster alone, and slows whatever runs next to it; where
            engines are timed in turn, it has to be off.

    Raises:
        InputError: the session cannot be had on that device.
    """
    options = onnxruntime.SessionOptions()
    if not spinning:
        options.add_session_config_entry("session.force_spinning_stop", "1")
    session = open_session(path, device=device, threads=threads, options=options)

    def run(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        feed = {ours: inputs[berts] for ours, berts in zip(INPUT_NAMES, BERT_ORDER, strict=True)}
        start, end = session.run(None, feed)
        return start, end

    provider = session.get_providers()[0]
    return Rung(name, "ONNX Runtime", "fp32", PROVIDERS[device], provider, run)
