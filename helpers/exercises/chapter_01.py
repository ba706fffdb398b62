"""The exercises of chapter 01: a tag, a tensor in bytes, a captured edge, a second file."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto

from helpers.errors import InputError, reason_of
from helpers.exercises.judging import as_model, legal, opened, ran, same
from helpers.exercises.verdicts import NotYet, shown, wanted
from helpers.graphs import external_files, read_model
from helpers.subgraphs import all_graphs
from helpers.varint import encode_varint
from helpers.wire import WireError, decode

__all__ = ["CHECKS", "HANDOUTS"]

_TAG = bytes.fromhex("f87f")
_NUMBERS = [1.5, -2.0, 0.25]
_LARGEST_FOLDER = 2**26  # bytes

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

_LAYERS = """
<ir_version: 8, opset_import: ["" : 17]>
layers (float[n,256] x) => (float[n,256] y) {
    h = MatMul (x, first)
    y = Add (h, second)
}
"""


def _branches() -> onnx.ModelProto:
    """An If whose branches both read an edge of the graph around them."""
    return onnx.parser.parse_model(_BRANCHES)


def _layers() -> onnx.ModelProto:
    """A model with a weight of 256 KiB and one of 1 KiB."""
    random = np.random.default_rng(0)
    model = onnx.parser.parse_model(_LAYERS)
    for name, shape in (("first", (256, 256)), ("second", (256,))):
        weight = random.standard_normal(shape).astype(np.float32)
        model.graph.initializer.append(onnx.numpy_helper.from_array(weight, name))
    return model


def _tag(answer: Any) -> str:
    pair = wanted(answer, (tuple, list), "a pair (field number, wire type)")
    if len(pair) != 2 or not all(type(part) is int for part in pair):
        raise NotYet(f"a pair of whole numbers is wanted, and this is {shown(answer)}")
    number, wire_type = pair
    if number < 1 or not 0 <= wire_type <= 7:
        raise NotYet(f"{tuple(pair)}: a field number is at least 1, a wire type from 0 to 7")
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
    return "One edge, and its name stood in four places, two of them in graphs inside a node."


def _two_files(answer: Any) -> str:
    wanted(answer, (str, Path), "the path of a folder")
    folder = Path(answer)
    try:
        there = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else None
    except (OSError, ValueError):  # a name that the system cannot look up
        there = None
    if there is None:
        raise NotYet(f"a folder is wanted, and {shown(answer)} is none")
    files = [path for path in there if path.suffix == ".onnx"]
    if len(files) != 1 or sum(path.stat().st_size for path in there) > _LARGEST_FOLDER:
        names = sorted(path.name for path in there)[:5]
        raise NotYet(f"the folder should hold one model and its weights; it holds {names}")
    outside = _external(files[0])
    with tempfile.TemporaryDirectory() as elsewhere:
        copy = Path(elsewhere) / "server"
        shutil.copytree(folder, copy)
        model = as_model(copy / files[0].relative_to(folder))
    legal(model)
    session, original = opened(model, inputs=["x"], outputs=["y"]), opened(_layers())
    feed = {"x": np.random.default_rng(1).standard_normal((3, 256)).astype(np.float32)}
    same(ran(session, feed)[0], ran(original, feed)[0], "the model of the folder", within=1e-3)
    needed = sum(len(tensor.raw_data) for tensor in _layers().graph.initializer)
    stored = sum((files[0].parent / name).stat().st_size for name in outside)
    if stored > 1.25 * needed:
        raise NotYet(
            f"the model is right, but {', '.join(outside)} has {stored:,} bytes, and all weights "
            f"together have {needed:,}: the rest is never read. How did it get in?"
        )
    return f"Moved to another folder it still gives the same; the second file: {stored:,} bytes."


def _external(path: Path) -> list[str]:
    """The files with weights of a model whose large weight is in one of them."""
    try:
        outside, model = external_files(path), read_model(path)
    except InputError as error:
        raise NotYet(reason_of(error)) from error
    large = [tensor.name for tensor in model.graph.initializer if len(tensor.raw_data) > 4096]
    if not outside or large:
        raise NotYet(f"weights lie in {path.name} itself: {', '.join(large) or 'all of them'}")
    return outside


CHECKS: dict[str, Callable[[Any], str]] = {
    "01.1": _tag,
    "01.2": _tensor,
    "01.3": _renamed,
    "01.4": _two_files,
}
"""{exercise: its check}; a check returns words for a right answer, and raises `NotYet`."""

HANDOUTS: dict[str, Callable[[], Any]] = {"01.3": _branches, "01.4": _layers}
"""{exercise: what makes the thing that it starts from}."""
