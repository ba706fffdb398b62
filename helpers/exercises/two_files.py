"""The check of the exercise that saves a model with its large weight in a second file."""

import shutil
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from helpers.errors import InputError, reason_of
from helpers.exercises.judging import as_model, legal, opened, ran, same
from helpers.exercises.verdicts import NotYet, shown, wanted
from helpers.graphs import external_files, read_model

__all__ = ["layers", "two_files"]

_LARGEST_FOLDER = 2**26  # bytes
_MOST_ENTRIES = 1_000  # of a folder
_SMALL = 4096  # bytes; the large weight has 64 times as many

_LAYERS = """
<ir_version: 8, opset_import: ["" : 17]>
layers (float[n,256] x) => (float[n,256] y) {
    h = MatMul (x, first)
    y = Add (h, second)
}
"""


def layers() -> onnx.ModelProto:
    """A model with a weight of 256 KiB and one of 1 KiB."""
    random = np.random.default_rng(0)
    model = onnx.parser.parse_model(_LAYERS)
    for name, shape in (("first", (256, 256)), ("second", (256,))):
        weight = random.standard_normal(shape).astype(np.float32)
        model.graph.initializer.append(onnx.numpy_helper.from_array(weight, name))
    return model


def two_files(answer: Any) -> str:
    """The check: a folder with the model and a second file that holds its large weight.

    Raises:
        NotYet: it holds something else, or the model does not work where only the folder is.
    """
    wanted(answer, (str, Path), "the path of a folder")
    folder = Path(answer)
    try:
        found = list(islice(folder.rglob("*"), _MOST_ENTRIES + 1)) if folder.is_dir() else None
        there = None if found is None else [path for path in found if path.is_file()]
    except (OSError, ValueError):  # a name that the system cannot look up
        there = None
    if there is None:
        raise NotYet(f"a folder is wanted, and {shown(answer)} is none")
    if len(found) > _MOST_ENTRIES:
        told = f"{shown(answer)} holds more than {_MOST_ENTRIES:,} things"
        raise NotYet(f"the folder should hold one model and its weights; {told}")
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
    session, original = opened(model, inputs=["x"], outputs=["y"]), opened(layers())
    feed = {"x": np.random.default_rng(1).standard_normal((3, 256)).astype(np.float32)}
    same(ran(session, feed)[0], ran(original, feed)[0], "the model of the folder", within=1e-3)
    needed = sum(len(tensor.raw_data) for tensor in layers().graph.initializer)
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
    large = [tensor.name for tensor in model.graph.initializer if tensor.ByteSize() > _SMALL]
    if not outside or large or path.stat().st_size > 4 * _SMALL:  # in whichever field they stand
        told = ", ".join(large) or ("some of them" if outside else "all of them")
        raise NotYet(f"weights lie in {path.name} itself: {told}")
    return outside
