"""The exercises of chapter 02: a formula, a Gemm in parts, a broken model, two models in one."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx

from helpers.exercises.judging import as_model, legal, opened, ran, same
from helpers.exercises.verdicts import NotYet, called, shown
from helpers.graphs import count_ops
from helpers.value_types import dimensions

__all__ = ["CHECKS", "HANDOUTS"]

_TURNED = """
<ir_version: 8, opset_import: ["" : 17]>
linear_func (float[10,10] a, float[10,10] x, float[10,10] b) => (float[10,10] output) {
    c = Mul (a, x)
    output = Sub (b, c)
}
"""

_GEMM = """
<ir_version: 8, opset_import: ["" : 17]>
one (float[3,4] a, float[5,4] b, float[5] c) => (float[3,5] y) { y = Gemm <transB = 1> (a, b, c) }
"""

_BROKEN = """
<ir_version: 8, opset_import: ["" : 17]>
broken (float[10,10] a, float[10,10] x, float[10,10] b) => (float[10,7] output) {
    [step] d = Add (c, x)
    [step] c = Mul (a, x)
    output = ReLU (d)
}
"""  # five mistakes: the promise, equal names of nodes, the order, a wire, an operator

_CLASSIFIER = """
<ir_version: 8, opset_import: ["" : 17]>
classifier (float[n,16] x) => (float[n,4] y) {
    h = MatMul (x, weight)
    y = Relu (h)
}
"""


def _broken() -> onnx.ModelProto:
    """A model that should compute max(a * x + b, 0), with five mistakes."""
    return onnx.parser.parse_model(_BROKEN)


def _classifier() -> onnx.ModelProto:
    """A model that takes numbers from 0 to 1."""
    weight = np.random.default_rng(0).standard_normal((16, 4)).astype(np.float32)
    model = onnx.parser.parse_model(_CLASSIFIER)
    model.graph.initializer.append(onnx.numpy_helper.from_array(weight, "weight"))
    return model


def _fresh(**shapes: tuple[int, ...]) -> dict[str, np.ndarray]:
    """{name: float32 numbers around 0}, other ones in each exercise."""
    random = np.random.default_rng(len(shapes["a"]) + sum(map(sum, shapes.values())))
    return {n: random.standard_normal(s).astype(np.float32) for n, s in shapes.items()}


def _formula(answer: Any) -> str:
    if not callable(answer):
        raise NotYet(f"a function of a, x and b is wanted, and this is {shown(answer)}")
    feed = _fresh(a=(10, 10), x=(10, 10), b=(10, 10))
    expected = ran(opened(onnx.parser.parse_model(_TURNED)), feed)[0]
    found = called(answer, feed["a"], feed["x"], feed["b"], names="three arrays of 10 x 10")
    try:
        same(found, expected, "the formula on fresh numbers, against the file")
    except NotYet:
        same(found, -expected, "the formula on fresh numbers, against the file")
        raise NotYet(
            "the numbers are not the file's, though each lies as far from 0 as the file's does"
        ) from None
    return "Sub takes its inputs in order; no checker could know which order you meant."


def _gemm(answer: Any) -> str:
    model = as_model(answer)
    others = set(count_ops(model)) - {"MatMul", "Add", "Transpose"}
    if others:
        raise NotYet(f"only MatMul, Add and Transpose may do it, and there is {sorted(others)}")
    legal(model)
    session = opened(model, inputs=["a", "b", "c"], outputs=["y"])
    feed = _fresh(a=(3, 4), b=(5, 4), c=(5,))
    expected = ran(opened(onnx.parser.parse_model(_GEMM)), feed)[0]
    same(ran(session, feed)[0], expected, "against Gemm on a [3, 4], b [5, 4] and c [5]")
    return f"Gemm in {len(model.graph.node)} nodes, and the same numbers."


def _repaired(answer: Any) -> str:
    model = as_model(answer)
    legal(model)
    session = opened(model, inputs=["a", "x", "b"], outputs=["output"])
    for value in (*model.graph.input, *model.graph.output):
        if dimensions(value.type) != (10, 10):
            found = list(dimensions(value.type))
            raise NotYet(f"{value.name} is declared as {found}; 10 x 10 it should be, as all are")
    feed = _fresh(a=(10, 10), x=(10, 10), b=(10, 10))
    expected = np.maximum(feed["a"] * feed["x"] + feed["b"], 0)
    try:
        same(ran(session, feed)[0], expected, "max(a * x + b, 0) on fresh numbers")
    except NotYet as error:
        raise NotYet(f"a legal graph, but of another formula: {error}") from error
    return "Some mistakes only the full check found, one only the session, one only the numbers."


def _prepared(answer: Any) -> str:
    model = as_model(answer)
    legal(model)
    session = opened(model, inputs=["pixels"])
    if (kind := session.get_inputs()[0].type) != "tensor(uint8)":
        raise NotYet(f"pixels is a {kind}; a camera gives bytes, tensor(uint8)")
    if len(session.get_outputs()) != 1:
        raise NotYet(f"one output is wanted, and there are {len(session.get_outputs())}")
    original = opened(_classifier())
    random = np.random.default_rng(3)
    pixels = random.integers(0, 256, (1, 16), dtype=np.uint8)
    pixels[0, :2] = 0, 255
    (found,) = ran(session, {"pixels": pixels})
    cut, raw, right = (
        ran(original, {"x": x.astype(np.float32)})[0] for x in (pixels // 255, pixels, pixels / 255)
    )
    for wrong, why in ((cut, "were divided as whole numbers"), (raw, "reach it undivided")):
        if found.shape == wrong.shape and np.allclose(found, wrong, atol=1e-3):
            raise NotYet(f"the classifier answers as if the pixels {why}")
    same(found, right, "the classifier on pixels from 0 to 255")
    return "Whoever has the file cannot forget the preparation any more."


CHECKS: dict[str, Callable[[Any], str]] = {
    "02.1": _formula,
    "02.2": _gemm,
    "02.3": _repaired,
    "02.4": _prepared,
}
"""{exercise: its check}; a check returns words for a right answer, and raises `NotYet`."""

HANDOUTS: dict[str, Callable[[], Any]] = {"02.3": _broken, "02.4": _classifier}
"""{exercise: what makes the thing that it starts from}."""
