"""The rungs of the comparison: one model in one engine, on one device, in one precision.

Every rung takes the same NumPy arrays and gives NumPy arrays back, so that the copies to and
from a device are inside the time on every side. `rung` has the value that they all are; each
engine has a module of its own, and what is heavy or optional is imported when a rung is made.
"""

from helpers.rungs.bound import bound_rung
from helpers.rungs.onnx_runtime import onnxruntime_rung
from helpers.rungs.openvino import (
    openvino_int8,
    openvino_lacks,
    openvino_needs,
    openvino_rung,
)
from helpers.rungs.pytorch import torch_needs, torch_rung
from helpers.rungs.rung import Inputs, Rung, all_logits

__all__ = [
    "Inputs",
    "Rung",
    "all_logits",
    "bound_rung",
    "onnxruntime_rung",
    "openvino_int8",
    "openvino_lacks",
    "openvino_needs",
    "openvino_rung",
    "torch_needs",
    "torch_rung",
]
