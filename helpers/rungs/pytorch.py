"""A model in PyTorch: its attention, its number format, compiled or not."""

import copy
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from helpers.errors import InputError
from helpers.exports import BERT_ORDER
from helpers.instructions import bf16_needs
from helpers.rungs.compiled import compile_needs, compiled_forward, graphs_skipped
from helpers.rungs.rung import Inputs, Rung, remarks
from helpers.tf32 import tf32

__all__ = ["torch_needs", "torch_rung"]

_FORMATS = {
    "fp32": torch.float32,
    "tf32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}


def torch_needs(precision: str, compiled: bool, device: str) -> str | None:
    """Why a PyTorch rung makes no sense on this machine, in one line; None where it does.

    A rung with bf16 or fp16 can be made all the same where only the processor lacks instructions
    for it: its answers are right, its time is that of an emulation.

    Args:
        precision: fp32, tf32, bf16 or fp16.
        compiled: whether it goes through `torch.compile`.
        device: `cpu` or `cuda`.
    """
    if device == "cuda" and not torch.cuda.is_available():
        return "PyTorch finds no CUDA device"
    if device == "cpu" and precision in ("fp16", "tf32"):
        return f"{precision} is for GPUs"
    lacks = bf16_needs() if device == "cpu" and precision == "bf16" else None
    return lacks or (compile_needs(device) if compiled else None)


def torch_rung(
    model: torch.nn.Module,
    *,
    device: str = "cpu",
    name: str | None = None,
    attention: str | None = None,
    precision: str = "fp32",
    compiled: bool = False,
    length: int | None = None,
) -> Rung:
    """A BERT in PyTorch. The model given stays as it is, and where it is.

    The rung runs a twin of it, which shares the weights where device and number format are the
    same, and has a copy of them otherwise. TF32 is allowed or forbidden around each run on CUDA,
    and then set back, so that fp32 means fp32 whatever ran before.

    Args:
        model: a BERT with a question-answering head, in evaluation mode.
        device: `cpu` or `cuda`.
        name: what charts and tables call it; made from the rest when None.
        attention: `eager` or `sdpa`; the model's own when None.
        precision: the weights' number format, fp32, bf16 or fp16; or tf32, fp32 weights whose
            products a GPU may round to TF32, with 10 bits after the point instead of 23.
        compiled: whether it goes through `torch.compile`. Then the first run of each shape
            compiles, and later runs of that shape do not; see `compiled_forward`.
        length: compiles for one window of so many tokens now, so that it counts as build time and
            not as first run.

    Raises:
        InputError: there is no such precision, no CUDA device, or nothing to compile with.
    """
    _refuse(device, precision, compiled)
    start = time.perf_counter()
    twin = _twin(model, torch.device(device), _FORMATS[precision])
    if attention is not None:
        twin.set_attn_implementation(attention)
    forward = compiled_forward(twin, device) if compiled else lambda tensors: twin(**tensors)
    run = _runner(forward, device, precision)
    notes = None
    if compiled and length is not None:
        before = graphs_skipped()
        run({name: np.ones((1, length), np.int64) for name in BERT_ORDER})
        if graphs_skipped() > before:
            notes = "compiled, but not replayed as a CUDA graph"
    return Rung(
        name or _name(twin.config._attn_implementation, precision, compiled),
        "PyTorch",
        precision,
        device,
        next(twin.parameters()).device.type,
        run,
        build_ms=(time.perf_counter() - start) * 1000,
        device_run_ms=_device_timer(forward, precision) if device == "cuda" else None,
        notes=remarks(notes, length=length if compiled else None),
    )


def _refuse(device: str, precision: str, compiled: bool) -> None:
    if precision not in _FORMATS:
        raise InputError(f"precision={precision!r}: unknown; use one of {', '.join(_FORMATS)}")
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("device='cuda': PyTorch finds no CUDA device; use device='cpu'")
    if precision == "tf32" and (device == "cpu" or compiled):
        raise InputError("precision='tf32': for device='cuda', not compiled; use precision='fp32'")
    reason = compile_needs(device) if compiled else None
    if reason is not None:
        raise InputError(f"compiled=True: {reason}; install it, or use compiled=False")


def _twin(model: torch.nn.Module, device: torch.device, kind: torch.dtype) -> torch.nn.Module:
    """A copy of the modules and settings around weights that are shared where nothing changes."""
    given = {id(weight): _placed(weight, device, kind) for weight in model.parameters()}
    given |= {id(buffer): _placed(buffer, device, kind) for buffer in model.buffers()}
    return copy.deepcopy(model, given)


def _placed(tensor: torch.Tensor, device: torch.device, kind: torch.dtype) -> torch.Tensor:
    moved = tensor.detach().to(device, kind if tensor.is_floating_point() else None)
    if isinstance(tensor, torch.nn.Parameter):
        return torch.nn.Parameter(moved, requires_grad=False)
    return moved


def _name(attention: str, precision: str, compiled: bool) -> str:
    words = ["PyTorch", attention]
    words += [] if precision == "fp32" else [precision]
    return " ".join([*words, "compiled"] if compiled else words)


def _runner(
    forward: Callable[[Mapping[str, torch.Tensor]], Any], device: str, precision: str
) -> Callable[[Inputs], tuple[np.ndarray, np.ndarray]]:
    """NumPy in, NumPy out; `.cpu()` waits for the GPU, so a clock read after it is honest."""

    def run(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        with torch.inference_mode(), tf32(precision == "tf32"):
            output = forward(_tensors(inputs, device))
            return tuple(
                logits.cpu().float().numpy() for logits in (output.start_logits, output.end_logits)
            )

    return run


def _device_timer(
    forward: Callable[[Mapping[str, torch.Tensor]], Any], precision: str
) -> Callable[[Inputs], float]:
    """Times one run by the clock, between two waits for the GPU, without the copies.

    Not by CUDA events: ONNX Runtime's runs are timed so, and one clock has to hold for both.
    """

    def device_run_ms(inputs: Inputs) -> float:
        with torch.inference_mode(), tf32(precision == "tf32"):
            tensors = _tensors(inputs, "cuda")
            torch.cuda.synchronize()
            start = time.perf_counter()
            forward(tensors)
            torch.cuda.synchronize()
            return (time.perf_counter() - start) * 1000

    return device_run_ms


def _tensors(inputs: Inputs, device: str) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(inputs[name]).to(device) for name in BERT_ORDER}
