"""Large square matrix products in each precision, in the engines that are installed."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import numpy as np
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from helpers.instructions import bf16_needs
from helpers.tf32 import tf32

__all__ = ["Product", "Unavailable", "products"]


class Unavailable(Exception):
    """This machine has nothing that computes in a precision; the message says why."""


@dataclass(frozen=True)
class Product:
    """A matrix product in one engine.

    Attributes:
        name: which function of which engine.
        ready: (size, threads) -> a context that gives the function to time; it multiplies two
            [size, size] matrices, and `threads` is for engines that are told so at the start.
    """

    name: str
    ready: Callable[[int, int], AbstractContextManager[Callable[[], object]]]


def products(device: str, precision: str) -> list[Product]:
    """What can multiply matrices in a precision here.

    Raises:
        Unavailable: nothing can.
    """
    return _on_gpu(precision) if device == "cuda" else _on_cpu(precision)


def _on_cpu(precision: str) -> list[Product]:
    if precision == "fp32":
        return [_torch_product("cpu", torch.float32), _session_product("MatMul", np.float32)]
    if precision == "bf16":
        if reason := bf16_needs():
            raise Unavailable(reason)
        return [_torch_product("cpu", torch.bfloat16)]
    if precision == "int8":
        return [
            _session_product("MatMulInteger", np.uint8),
            _session_product("DynamicQuantizeMatMul", np.float32),
            _torch_int8("cpu"),
        ]
    raise Unavailable(f"not measured: the course has no CPU rung in {precision}")


def _on_gpu(precision: str) -> list[Product]:
    if precision == "int8":
        return [_torch_int8("cuda")]
    kinds = {"fp16": torch.float16, "bf16": torch.bfloat16}
    kind = kinds.get(precision, torch.float32)
    return [_torch_product("cuda", kind, rounded=precision == "tf32")]


def _torch_product(device: str, kind: torch.dtype, *, rounded: bool = False) -> Product:
    @contextmanager
    def ready(size: int, threads: int) -> Iterator[Callable[[], object]]:
        left, right = (torch.randn(size, size, device=device).to(kind) for _ in range(2))
        with tf32(rounded), torch.inference_mode():
            yield lambda: torch.mm(left, right)

    return Product(f"torch.mm{' with TF32' if rounded else ''}", ready)


def _torch_int8(device: str) -> Product:
    @contextmanager
    def ready(size: int, threads: int) -> Iterator[Callable[[], object]]:
        left, right = (
            torch.randint(-127, 128, (size, size), dtype=torch.int8, device=device)
            for _ in range(2)
        )
        yield lambda: torch._int_mm(left, right.t())  # column by column, as cuBLAS wants it

    return Product("torch._int_mm", ready)


def _session_product(operator: str, kind: type[np.generic]) -> Product:
    """An ONNX Runtime session of one node, its right factor a constant, as weights are."""

    @contextmanager
    def ready(size: int, threads: int) -> Iterator[Callable[[], object]]:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(
            _one_node(operator, size), options, providers=["CPUExecutionProvider"]
        )
        left = np.random.default_rng(0).integers(0, 255, (size, size)).astype(kind)
        yield lambda: session.run(None, {"a": left})

    return Product(f"ONNX Runtime {operator}", ready)


def _one_node(operator: str, size: int) -> bytes:
    """A model that multiplies its input `a`, [size, size], by a weight."""
    weight = np.random.default_rng(1).integers(-127, 128, (size, size))
    integers = TensorProto.UINT8, TensorProto.INT32
    floats = TensorProto.FLOAT, TensorProto.FLOAT
    given, result = integers if operator == "MatMulInteger" else floats
    weights = [numpy_helper.from_array(weight.astype("f4" if operator == "MatMul" else "i1"), "b")]
    if operator == "DynamicQuantizeMatMul":
        weights.append(numpy_helper.from_array(np.float32(0.01), "b_scale"))
    domain = "com.microsoft" if operator == "DynamicQuantizeMatMul" else ""
    graph = helper.make_graph(
        [helper.make_node(operator, ["a", *(w.name for w in weights)], ["c"], domain=domain)],
        "product",
        [helper.make_tensor_value_info("a", given, [size, size])],
        [helper.make_tensor_value_info("c", result, [size, size])],
        weights,
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
