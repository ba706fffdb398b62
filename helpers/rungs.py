"""One rung of the comparison: a model in an engine, on a device, in a precision.

Every rung takes the same NumPy arrays and gives NumPy arrays back, so that the copies to and
from a device are inside the time on every side.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from helpers.errors import InputError
from helpers.exports import INPUT_NAMES
from helpers.sessions import PROVIDERS, open_session

__all__ = ["Inputs", "Rung", "all_logits", "onnxruntime_rung", "torch_rung"]

Inputs = Mapping[str, np.ndarray]
"""{"input_ids", "attention_mask", "token_type_ids"}, each int64 [batch, length]."""

_BERT_ORDER = ("input_ids", "attention_mask", "token_type_ids")


@dataclass(frozen=True)
class Rung:
    """A model ready to run.

    Attributes:
        name: what charts and tables call it.
        engine: the library that runs it.
        precision: the number format of its arithmetic.
        provider_asked: the device or execution provider it was made for.
        provider: the one in use.
        run: {input name: int64 [batch, length]} -> (start, end) logits, float32 [batch, length].
            Returns when the result is in main memory.
    """

    name: str
    engine: str
    precision: str
    provider_asked: str
    provider: str
    run: Callable[[Inputs], tuple[np.ndarray, np.ndarray]]

    def __post_init__(self) -> None:
        if self.provider != self.provider_asked:
            raise InputError(
                f"{self.name}: asked for {self.provider_asked} but runs on {self.provider}; "
                "a time measured so would bear a false name, so it is not measured"
            )


def torch_rung(model: torch.nn.Module, *, device: str = "cpu") -> Rung:
    """The model as it stands in PyTorch.

    Args:
        model: a BERT with a question-answering head, in evaluation mode; it is moved to `device`.
        device: `cpu` or `cuda`. On CUDA, TF32 is switched off for the whole process, so that
            fp32 means fp32.

    Raises:
        InputError: there is no CUDA device.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("device='cuda': PyTorch finds no CUDA device; use device='cpu'")
    if device == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = False
    model = model.to(device)

    def run(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        with torch.inference_mode():
            tensors = {name: torch.from_numpy(inputs[name]).to(device) for name in _BERT_ORDER}
            output = model(**tensors)
            # .cpu() waits for the GPU, so a clock read after it is honest
            return output.start_logits.cpu().numpy(), output.end_logits.cpu().numpy()

    attention = model.config._attn_implementation
    in_use = next(model.parameters()).device.type
    return Rung(f"PyTorch {attention}", "PyTorch", "fp32", device, in_use, run)


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
        feed = {ours: inputs[berts] for ours, berts in zip(INPUT_NAMES, _BERT_ORDER, strict=True)}
        start, end = session.run(None, feed)
        return start, end

    provider = session.get_providers()[0]
    return Rung(name, "ONNX Runtime", "fp32", PROVIDERS[device], provider, run)


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
        start, end = rung.run({name: inputs[name][i : i + 1] for name in _BERT_ORDER})
        starts.append(start)
        ends.append(end)
        progress()
    return np.concatenate(starts), np.concatenate(ends)
