"""What matrices are multiplied in: bfloat16 where the processor has it, else float32."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

__all__ = ["matrix_dtype"]


def matrix_dtype(device: str = "cpu", capabilities: Mapping[str, Any] | None = None) -> torch.dtype:
    """Choose what matrices are multiplied in.

    A processor without instructions for bfloat16 must imitate them: with AVX2 alone (AMD Zen 3,
    torch 2.13.0, one thread) a step took 12 to 13 times as long as in float32.

    Args:
        device: "cpu" or "cuda"; every GPU that PyTorch still supports is taken to be fast.
        capabilities: What the processor can do, as `torch.cpu.get_capabilities` gives it; None
            asks there.

    Returns:
        `torch.bfloat16` on a GPU and on an x86 processor with such instructions, `torch.float32` on
        any other.
    """
    if device != "cpu":
        return torch.bfloat16
    have = torch.cpu.get_capabilities() if capabilities is None else capabilities
    fast = have.get("avx512_bf16", False) or have.get("amx_bf16", False)
    return torch.bfloat16 if fast else torch.float32
