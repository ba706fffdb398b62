"""The exercises of chapter 00: an array that fits, a comparison, another activation."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx

from helpers.exercises.judging import as_model, as_path, legal, opened, ran, same
from helpers.exercises.verdicts import NotYet, called, scalar, shown, wanted
from helpers.graphs import count_ops, external_files
from helpers.subgraphs import all_graphs

__all__ = ["CHECKS", "HANDOUTS"]

_FIRST = """
<ir_version: 8, opset_import: ["" : 17]>
first (float[2,16] x) => (float[2,16] y) { y = Relu(x) }
"""  # takes what the chapter's file takes


def _table() -> np.ndarray:
    """Measurements as a spreadsheet has them: a row a quantity, a column a sample."""
    return np.random.default_rng(0).standard_normal((16, 2)).round(2)


def _array_that_fits(answer: Any) -> str:
    wanted(answer, np.ndarray, "a NumPy array")
    session = opened(onnx.parser.parse_model(_FIRST))
    ran(session, {"x": answer})
    samples = _table().T
    if not np.allclose(answer, samples, atol=1e-6):
        where = np.argwhere(~np.isclose(answer, samples, atol=1e-6))[0].tolist()
        raise NotYet(
            "the session takes the array, but the numbers stand in wrong places: its row "
            f"{where[0]} is not sample {where[0]} of the table, from place {where[1]} on"
        )
    return "The session holds a caller to the type and to each size; the order only you know."


def _comparison(answer: Any) -> str:
    if not callable(answer):
        raise NotYet(f"a function of two arrays is wanted, and this is {shown(answer)}")
    random = np.random.default_rng(1)
    array = random.standard_normal((2, 8)).astype(np.float32)
    spoilt, row = array.copy(), array.copy()
    row[1] = row[0]
    spoilt[1, 3] = np.nan
    cases = [("two equal arrays", array, array.copy(), True)]
    cases += [("two that differ by a ten-millionth", array.round(3), array.round(3) + 1e-7, True)]
    for by in (0.001, -0.001):
        shifted = array.copy()
        shifted[1, 2] += by
        cases.append((f"one number that is off by {by}", shifted, array, False))
    cases += [
        ("numbers near 1000 that are off by 0.001",
         array + np.float32(1000.001), array + np.float32(1000), False),
        ("shapes (8,) and (2, 8)", row[0], row, False),
        ("a NaN in the first array", spoilt, array, False),
        ("a NaN in the same place of both", spoilt, spoilt.copy(), False),
        ("a NaN in the second array", array, spoilt, False),
        ("shapes (2, 8) and (4, 4)", array, array.reshape(4, 4), False),
    ]  # fmt: skip
    for by in (3e-6, -3e-6):
        shifted = array.copy()
        shifted[0, 5] += by
        cases.append(("one number in sixteen that is off by 0.000003", shifted, array, False))
    for name, found, expected, agree in cases:
        said = scalar(called(answer, found, expected, names=name))
        if not isinstance(said, bool):
            raise NotYet(f"True or False is wanted; for {name} it gives {shown(said)}")
        if said != agree:
            raise NotYet(f"for {name} it says {said}")
    return "A sign, a shape and a NaN: those three let wrong results pass."


def _numbers(model: onnx.ModelProto) -> list[np.ndarray]:
    """All arrays that stand in a file: initializers, and what `Constant` nodes hold."""
    tensors = [tensor for graph in all_graphs(model.graph) for tensor in graph.initializer]
    for graph in all_graphs(model.graph):
        for node in graph.node:
            if node.op_type == "Constant":
                tensors += [one.t for one in node.attribute if one.HasField("t")]
    return [onnx.numpy_helper.to_array(tensor) for tensor in tensors]


def _gelu(answer: Any) -> str:
    path = as_path(answer)
    if outside := external_files(path):
        raise NotYet(f"{path.name} is not alone: it keeps weights in {', '.join(outside)}")
    model = as_model(path)
    legal(model)
    session = opened(model, inputs=["x"], outputs=["y"])
    arrays = _numbers(model)
    weights = [a.T if a.shape == (8, 16) else a for a in arrays if a.size == 128]
    biases = [a for a in arrays if a.shape == (8,)]
    if [w.shape for w in weights] != [(16, 8)] or len(biases) != 1:
        found = ", ".join(str(list(array.shape)) for array in arrays) or "none"
        raise NotYet(
            "one array of 8 x 16 numbers and one of 8 are wanted, the weights and the bias of a "
            f"Linear(16, 8); the arrays in it: {found}"
        )
    x = np.random.default_rng(2).standard_normal((2, 16)).astype(np.float32)
    first, second = (ran(session, {"x": x})[0] for _ in range(2))
    if not np.array_equal(first, second):
        raise NotYet("the same input gives two outputs: the file still does what training does")
    h = x @ weights[0] + biases[0]
    if np.allclose(first, np.maximum(h, 0), atol=1e-6):
        raise NotYet(f"it still computes Linear and ReLU; its operators: {count_ops(model)}")
    erf = np.vectorize(math.erf)
    same(first, h * (1 + erf(h / math.sqrt(2))) / 2, "GELU of Linear, on a fresh x")
    return f"Its operators: {', '.join(node.op_type for node in model.graph.node)}."


CHECKS: dict[str, Callable[[Any], str]] = {
    "00.1": _array_that_fits,
    "00.2": _comparison,
    "00.3": _gelu,
}
"""{exercise: its check}; a check returns words for a right answer, and raises `NotYet`."""

HANDOUTS: dict[str, Callable[[], Any]] = {"00.1": _table}
"""{exercise: what makes the thing that it starts from}."""
