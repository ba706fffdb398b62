"""The exercises of chapter 03: a wrong input, a baked number, a loop, a size that stays open."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import torch

from helpers.exercises.judging import as_model, legal, opened, ran, same, without_functions
from helpers.exercises.verdicts import NotYet, shown, wanted
from helpers.graphs import count_ops
from helpers.subgraphs import all_graphs

__all__ = ["CHECKS", "HANDOUTS"]

_BELOW = """
<ir_version: 8, opset_import: ["" : 17]>
below (float[3] x) => (float[3] y) {
    ten = Constant <value_float = 10.0> ()
    y = Sub (x, ten)
}
"""  # what the trace of Branch with a negative sum holds

_BAKED = """
<ir_version: 8, opset_import: ["" : 17]>
main_graph (float[size] x) => (float[size] y) {
    Constant_output_0 = Constant <value_float = 0.5> ()
    Mul_output_0 = Mul (x, Constant_output_0)
    ReduceSum_output_0 = ReduceSum <keepdims = 0> (Mul_output_0)
    Constant_1_output_0 = Constant <value_float = 6.0> ()
    Div_output_0 = Div (ReduceSum_output_0, Constant_1_output_0)
    Sub_output_0 = Sub (Mul_output_0, Div_output_0)
    Constant_2_output_0 = Constant <value_float = 3.0> ()
    y = Add (Sub_output_0, Constant_2_output_0)
}
"""


def _baked() -> onnx.ModelProto:
    """What tracing leaves of a module that divides by `len(x)`, on an example of 6 numbers."""
    return onnx.parser.parse_model(_BAKED)


def _wrong_input(answer: Any) -> str:
    values = answer
    if isinstance(answer, torch.Tensor):
        try:
            values = answer.detach().cpu().numpy()
        except Exception:  # a type that NumPy lacks, or a tensor without numbers
            raise NotYet(
                f"3 finite numbers of float32 are wanted, and this is {shown(answer)}"
            ) from None
    wanted(values, np.ndarray, "a tensor, or a NumPy array, of 3 numbers")
    if values.shape != (3,) or values.dtype != np.float32 or not np.isfinite(values).all():
        raise NotYet(f"3 finite numbers of float32 are wanted, and this is {shown(answer)}")
    if values[:2].tolist() != [-1, -2]:
        raise NotYet(f"its first two numbers should stay -1 and -2, and are {values[:2].tolist()}")
    found = ran(opened(onnx.parser.parse_model(_BELOW)), {"x": values})[0]
    module = values * 2 if values.sum() > 0 else values - 10
    if np.allclose(found, module, rtol=0, atol=1e-5):
        raise NotYet(f"the file is right for it: file and module both give {found.tolist()}")
    return f"The module gives {module.tolist()}, the file {found.tolist()}."


def _baked_number(answer: Any) -> str:
    name = wanted(answer, str, "the name of an edge, as text,")
    model = _baked()
    writers = {edge: node for node in model.graph.node for edge in node.output}
    if name not in writers:
        raise NotYet(f"no node writes an edge {name[:60]!r}")
    if writers[name].op_type != "Constant":
        op = writers[name].op_type
        raise NotYet(f"{name} is written by {op}, anew for each input; nothing is baked in there")
    for size in (4, 9):
        x = np.random.default_rng(size).standard_normal(size).astype(np.float32)
        writers[name].attribute[0].f = size
        found = ran(opened(model), {"x": x})[0]
        half = x * np.float32(0.5)
        if not np.allclose(found, half - half.sum() / size + 3, atol=1e-5):
            raise NotYet(
                f"with {size} in place of the number of {name}, the file is still wrong for "
                f"{size} numbers"
            )
    return "With the true length in its place the file is right for 4 and for 9 numbers."


def _loop(answer: Any) -> str:
    model = as_model(answer)
    legal(model)
    session = opened(model)
    names = [value.name for value in session.get_inputs()]
    if sorted(names) != ["n", "x"]:
        raise NotYet(f"the file's inputs are {names}, and x and n are wanted: who uses n?")
    for n, size in ((0, 3), (1, 3), (5, 3), (5, 1), (2, 7), (12, 3), (70, 2)):
        x = np.random.default_rng(n + size).standard_normal(size).astype(np.float32)
        found = ran(session, {"x": x, "n": np.array(n, np.int64)})[0]
        told = f"{size} numbers, doubled {n} times"
        same(found, x * np.float32(2.0**n), told, within=1e-4 * 2.0**n)
    model = without_functions(model)
    if "Loop" not in count_ops(model):
        raise NotYet(f"right numbers, but no Loop is in the file: {count_ops(model)}")
    _loop_does_it(model)
    return "The number of rounds is an input, and so is the size."


def _loop_does_it(model: onnx.ModelProto) -> None:
    """Raises NotYet unless nothing is doubled where no loop makes a round."""
    idle = onnx.ModelProto()
    idle.CopyFrom(model)
    idle.graph.initializer.append(onnx.numpy_helper.from_array(np.array(0, np.int64), "no rounds"))
    for graph in all_graphs(idle.graph):
        for node in graph.node:
            if node.op_type == "Loop":
                node.input[0] = "no rounds"
    x = np.float32([1, -2, 3])
    found = ran(opened(idle), {"x": x, "n": np.array(3, np.int64)})[0]
    if not np.array_equal(found, x):
        raise NotYet(
            "right numbers, but they are not the loop's work: with no rounds in it, the file still "
            f"makes {found.tolist()} of {x.tolist()}, for n=3"
        )


def _open_size(answer: Any) -> str:
    model = as_model(answer)
    legal(model)
    session = opened(model)
    if len(session.get_inputs()) != 1:
        raise NotYet(f"one input is wanted, and there are {len(session.get_inputs())}")
    (name,) = (value.name for value in session.get_inputs())
    for rows, size in ((2, 4), (3, 9), (1, 16)):
        x = np.random.default_rng(size).random((rows, size), dtype=np.float32)
        found = ran(session, {name: x})[0]
        same(found, x.sum(axis=1) / size**0.5, f"x of {rows} x {size}", within=1e-4)
    return f"Right for 4, 9 and 16 columns: {', '.join(n.op_type for n in model.graph.node)}."


CHECKS: dict[str, Callable[[Any], str]] = {
    "03.1": _wrong_input,
    "03.2": _baked_number,
    "03.3": _loop,
    "03.4": _open_size,
}
"""{exercise: its check}; a check returns words for a right answer, and raises `NotYet`."""

HANDOUTS: dict[str, Callable[[], Any]] = {"03.2": _baked}
"""{exercise: what makes the thing that it starts from}."""
