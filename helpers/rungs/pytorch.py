"""A model in PyTorch."""

import numpy as np
import torch

from helpers.errors import InputError
from helpers.rungs.rung import BERT_ORDER, Inputs, Rung

__all__ = ["torch_rung"]


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
            tensors = {name: torch.from_numpy(inputs[name]).to(device) for name in BERT_ORDER}
            output = model(**tensors)
            # .cpu() waits for the GPU, so a clock read after it is honest
            return output.start_logits.cpu().numpy(), output.end_logits.cpu().numpy()

    attention = model.config._attn_implementation
    in_use = next(model.parameters()).device.type
    return Rung(f"PyTorch {attention}", "PyTorch", "fp32", device, in_use, run)
