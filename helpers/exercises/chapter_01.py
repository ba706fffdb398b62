"""The exercises of chapter 01: a tag, a tensor in bytes, a captured edge, a second file."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto

from helpers.errors import reason_of
from helpers.exercises.differing import first_difference
from helpers.exercises.judging import as_model, legal, opened, ran, same
from helpers.exercises.two_files import layers, two_files
from helpers.exercises.verdicts import NotYet, pair_of, wanted, whole
from helpers.subgraphs import all_graphs
from helpers.varint import encode_varint
from helpers.wire import WireError, decode

__all__ = ["CHECKS", "HANDOUTS"]

_TAG = bytes.fromhex("f87f")
_NUMBERS = [1.5, -2.0, 0.25]

_BRANCHES = """
<ir_version: 8, opset_import: ["" : 17]>
branches (float[n] x) => (float[n] y) {
    two = Constant <value_float = 2.0> ()
    s = Mul (x, two)
    total = ReduceSum <keepdims = 0> (s)
    zero = Constant <value_float = 0.0> ()
    positive = Greater (total, zero)
    y = If (positive) <
        then_branch = above () => (float[n] up) { up = Add (s, two) },
        else_branch = below () => (float[n] down) { down = Neg (s) }
    >
}
"""


def _branches() -> onnx.ModelProto:
    """An If whose branches both read an edge of the graph around them."""
    return onnx.parser.parse_model(_BRANCHES)


def _tag(answer: Any) -> str:
    pair = pair_of(answer, "a pair (field number, wire type)")
    number, wire_type = (whole(part, "a pair of whole numbers") for part in pair)
    if number < 1 or not 0 <= wire_type <= 7:
        raise NotYet(f"({number}, {wire_type}): field numbers begin at 1, wire types are 0 to 7")
    if number >= 2**29:
        raise NotYet(f"{number}: no field number in protobuf has more than 29 bits")
    tag = encode_varint(number << 3 | wire_type)
    if tag != _TAG:
        raise NotYet(f"the tag of field {number} with wire type {wire_type} is {tag.hex(' ')}")
    return "A reader that does not know the field can still step over it: the type says how."


def _tensor(answer: Any) -> str:
    data = bytes(wanted(answer, (bytes, bytearray), "bytes"))
    try:
        fields = decode(data, TensorProto.DESCRIPTOR)
        tensor = TensorProto.FromString(data)
    except WireError as error:
        told = str(error).split(";")[0]  # its remedy is for a file
        raise NotYet(f"read as a TensorProto, {told}") from error
    except Exception as error:  # protobuf's DecodeError, whose class depends on its build
        raise NotYet(f"protobuf cannot read it as a TensorProto: {reason_of(error)}") from error
    kind = "FLOAT" if tensor.data_type == TensorProto.FLOAT else str(tensor.data_type)
    told = f"read as a TensorProto, it has dims {list(tensor.dims)} and data_type {kind}"
    if list(tensor.dims) != [3] or kind != "FLOAT":
        raise NotYet(f"{told}; asked for 3 numbers of float")
    found = [float(f"{value:.6g}") for value in tensor.float_data]
    if found != _NUMBERS:
        raise NotYet(f"{told}, as it should; but its float_data is {found}")
    strange = sorted({f.number for f in fields} - {1, 2, 4})
    if strange:
        raise NotYet(f"the tensor is right, but there are fields more: {strange}")
    packed = len(_NUMBERS) * 4 + 6  # two varint fields, a tag and a length
    if len(data) > packed:
        return f"Packed, it would take {packed} bytes instead of {len(data)}."
    return f"{len(data)} bytes, and each of them is yours."


def _renamed(answer: Any) -> str:
    model = as_model(answer)
    names = [
        name
        for graph in all_graphs(model.graph)
        for node in graph.node
        for name in (*node.input, *node.output)
    ]
    if "scaled" not in names:
        raise NotYet("no edge in it is called 'scaled'")
    legal(model)
    if left := names.count("s"):
        raise NotYet(f"the name 's' still stands in it, {left} times")
    if [node.op_type for node in model.graph.node if "scaled" in node.output] != ["Mul"]:
        raise NotYet("'scaled' is not the edge behind Mul, which was 's'")
    session, original = opened(model, inputs=["x"], outputs=["y"]), opened(_branches())
    for side, x in (("then", [1, 2, -0.5]), ("else", [-1, -2, 0.5, 0.25])):
        feed = {"x": np.float32(x)}
        same(ran(session, feed)[0], ran(original, feed)[0], f"the {side} branch")
    _nothing_else(model)
    return "One edge, and its name stood in four places, two of them in graphs inside a node."


def _nothing_else(model: onnx.ModelProto) -> None:
    """Raises NotYet unless the model is the handout with another name for the one edge."""
    expected = _branches()
    for graph in all_graphs(expected.graph):
        for node in graph.node:
            for names in (node.input, node.output):
                names[:] = ["scaled" if name == "s" else name for name in names]
    if (where := first_difference(model, expected)) is not None:
        raise NotYet(f"the edge has its new name, but something else has changed: {where}")


CHECKS: dict[str, Callable[[Any], str]] = {
    "01.1": _tag,
    "01.2": _tensor,
    "01.3": _renamed,
    "01.4": two_files,
}
"""{exercise: its check}; a check returns words for a right answer, and raises `NotYet`."""

HANDOUTS: dict[str, Callable[[], Any]] = {"01.3": _branches, "01.4": layers}
"""{exercise: what makes the thing that it starts from}."""
