"""A PyTorch model through `torch.compile`, with its weights frozen in on a CPU."""

import importlib.util
import os
import shutil
import sysconfig
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

__all__ = ["compile_needs", "compiled_forward", "graphs_skipped"]

_SHAPES = 64  # compiled shapes in one process; Dynamo's own limit is 8, and then it is eager


def compile_needs(device: str) -> str | None:
    """Why `torch.compile` cannot make code for a device here, in one line; None where it can."""
    if device == "cuda" and importlib.util.find_spec("triton") is None:
        return "torch.compile needs the package triton on CUDA, and it is not installed"
    names = _compilers(device)
    if not any(shutil.which(name) for name in names):
        return f"torch.compile needs a C++ compiler, and there is no {' or '.join(names)}"
    folder = Path(sysconfig.get_path("include"))
    if not (folder / "Python.h").is_file():
        return f"torch.compile needs Python's headers, and there is no {folder / 'Python.h'}"
    return None


def compiled_forward(
    model: torch.nn.Module, device: str
) -> Callable[[Mapping[str, torch.Tensor]], Any]:
    """A function that runs the model as compiled code.

    The first run of each shape compiles, which takes from seconds to minutes; later runs of that
    shape do not. On a CPU each shape gets its own copy of the weights, packed for its products
    (`freezing`). On CUDA the kernels of one run are replayed as one CUDA graph
    (`reduce-overhead`), which wants two runs more before it is captured; the outputs lie in memory
    that the next run writes to.

    Args:
        model: in evaluation mode; it must not change afterwards.
        device: `cpu` or `cuda`.

    Returns:
        {input name: int64 [batch, length]} -> the model's output. To be called where no gradients
        are recorded. A shape too many raises, and so does an operator that cannot be compiled:
        neither runs without compiled code under the name of it.
    """
    mode = "reduce-overhead" if device == "cuda" else "default"
    forward = torch.compile(model, dynamic=False, mode=mode, fullgraph=True)
    seen: set[tuple[int, ...]] = set()

    def run(tensors: Mapping[str, torch.Tensor]) -> Any:
        if device == "cuda":
            torch.compiler.cudagraph_mark_step_begin()
        shape = tuple(tensors["input_ids"].shape)
        if shape in seen:
            return forward(**tensors)
        output = _first_run(forward, tensors, freezing=device == "cpu")
        for _ in range(2 if device == "cuda" else 0):
            torch.compiler.cudagraph_mark_step_begin()
            output = forward(**tensors)
        seen.add(shape)
        return output

    return run


def graphs_skipped() -> int:
    """How many compiled graphs of this process were not made into CUDA graphs, as asked for."""
    from torch._dynamo.utils import counters

    return int(counters["inductor"]["cudagraph_skips"])


def _first_run(
    forward: Callable[..., Any], tensors: Mapping[str, torch.Tensor], **how: bool
) -> Any:
    """Compiles for one shape, with settings that hold for this call alone."""
    import torch._dynamo
    import torch._inductor.config

    limits = {"recompile_limit": _SHAPES, "fail_on_recompile_limit_hit": True}
    with torch._inductor.config.patch(**how), torch._dynamo.config.patch(**limits):
        return forward(**tensors)


def _compilers(device: str) -> tuple[str, ...]:
    """The commands of which one has to be there."""
    if device == "cuda":
        return (os.environ["CC"],) if os.environ.get("CC") else ("gcc", "clang")
    return (os.environ.get("CXX") or "g++",)
