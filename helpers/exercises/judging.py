"""An answer that is a model: read, checked, opened in ONNX Runtime, run on fresh inputs."""

import re
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Event, Thread

import numpy as np
import onnx
import onnx.inliner
import onnxruntime

from helpers.errors import InputError, reason_of
from helpers.exercises.verdicts import NotYet, shown
from helpers.graphs import read_model

__all__ = ["as_model", "as_path", "legal", "opened", "ran", "same", "without_functions"]

_WHERE = re.compile(r"\[ONNXRuntimeError\] : \d+ : \w+ : (/.*\) (?=[A-Z]))?")  # in its own code
_LONGEST_LIST = 1_000  # that is made an array
_LONGEST_S = 10.0  # of one run; the longest of a right answer takes some hundredths


def as_model(answer: object) -> onnx.ModelProto:
    """An answer as a model with its weights.

    Args:
        answer: a model, or the path of a file.

    Raises:
        NotYet: it is neither, or the file cannot be read.
    """
    if isinstance(answer, onnx.ModelProto):
        return answer
    if not isinstance(answer, str | Path):
        raise NotYet(
            "a model is wanted, an onnx.ModelProto or the path of an .onnx file, "
            f"and this is {shown(answer)}"
        )
    path = as_path(answer)
    try:
        return onnx.load(str(path))
    except Exception as error:  # the weights in a second file
        raise NotYet(f"{path.name} cannot be read with its weights: {_reason(error)}") from error


def as_path(answer: object) -> Path:
    """An answer as the path of an .onnx file that can be read, its weights aside.

    Raises:
        NotYet: it is no path, or no .onnx file is there.
    """
    if not isinstance(answer, str | Path):
        raise NotYet(f"the path of an .onnx file is wanted, and this is {shown(answer)}")
    try:
        read_model(answer)
    except (InputError, OSError, ValueError) as error:  # a name that the system cannot look up
        raise NotYet(reason_of(error)) from error
    return Path(answer)


def legal(model: onnx.ModelProto) -> None:
    """Holds a model to the full check: the checker, and strict inference of shapes and types.

    Raises:
        NotYet: it does not pass.
    """
    try:
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:  # two kinds of error, and others for text that is none
        raise NotYet(f"the full check refuses the model: {_reason(error)}") from error


def opened(
    model: onnx.ModelProto, *, inputs: list[str] | None = None, outputs: list[str] | None = None
) -> onnxruntime.InferenceSession:
    """Opens a model in ONNX Runtime, on the CPU.

    Args:
        model: the model, with its weights.
        inputs: the names that its inputs must have, in any order; None for any names.
        outputs: the same for its outputs.

    Raises:
        NotYet: ONNX Runtime refuses it, or a name differs.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what matters is raised
    try:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        raise NotYet(f"ONNX Runtime refuses the model: {_reason(error)}") from error
    for kind, asked, values in (
        ("inputs", inputs, session.get_inputs()),
        ("outputs", outputs, session.get_outputs()),
    ):
        found = [value.name for value in values]
        if asked is not None and sorted(found) != sorted(asked):
            raise NotYet(f"the model's {kind} are {found}, and {asked} are wanted")
    return session


def ran(session: onnxruntime.InferenceSession, feed: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Runs a session.

    Args:
        session: from `opened`.
        feed: {input name: array}.

    Returns:
        All its outputs.

    Raises:
        NotYet: ONNX Runtime stops, or does not end by itself: then it is ended after some seconds,
            or by Ctrl-C (a notebook's stop button).
    """
    options, done = onnxruntime.RunOptions(), Event()
    found: list[np.ndarray] = []
    failed: list[Exception] = []
    options.log_severity_level = 4

    def run() -> None:
        try:
            found.extend(session.run(None, dict(feed), options))
        except Exception as error:
            failed.append(error)
        done.set()

    # in a thread of its own, for no signal reaches Python while ONNX Runtime runs in this one
    start, why = time.monotonic(), "it was ended"
    try:
        Thread(target=run, daemon=True).start()
        done.wait(_LONGEST_S)  # a join that Ctrl-C breaks off would count as the thread's end
    except KeyboardInterrupt:
        why = "you stopped it"
    shapes = ", ".join(f"{name} {list(array.shape)}" for name, array in feed.items())
    if not done.is_set():
        options.terminate = True  # read between two nodes, those of a loop's body too
        done.wait(_LONGEST_S)
        took = time.monotonic() - start
        raise NotYet(f"with inputs of {shapes} the model did not end; after {took:.1f} s {why}")
    if failed:
        raise NotYet(f"ONNX Runtime stops at inputs of {shapes}: {_reason(failed[0])}")
    return found


def same(found: object, wanted: np.ndarray, what: str, *, within: float = 1e-5) -> None:
    """Holds numbers to those that are wanted.

    Args:
        found: the array of the answer.
        wanted: the array that it should equal, of any shape.
        what: in words, what was computed on what.
        within: the largest difference that is allowed.

    Raises:
        NotYet: the shapes differ, or a number does.
    """
    try:
        if not hasattr(found, "shape") and hasattr(found, "__len__") and len(found) > _LONGEST_LIST:
            raise ValueError(f"{len(found):,} things are in it")
        found = np.asarray(found)
    except Exception as error:  # such as rows of different lengths
        raise NotYet(f"{what}: the result is no array: {reason_of(error)}") from error
    if found.dtype.kind not in "fiub":
        raise NotYet(f"{what}: the result is no array of numbers, its type is {found.dtype}")
    if found.shape != wanted.shape:
        raise NotYet(f"{what}: the result is {list(found.shape)}, not {list(wanted.shape)}")
    apart = np.abs(np.asarray(found, np.float64) - wanted)
    if not (apart <= within).all():  # a NaN is not
        raise NotYet(f"{what}: the numbers are wrong, by up to {apart.max():.2g}")


def without_functions(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with the nodes of its own functions where they are called, as an engine runs it.

    Raises:
        NotYet: onnx cannot put them there.
    """
    if not model.functions:
        return model
    try:
        return onnx.inliner.inline_local_functions(model)
    except Exception as error:
        raise NotYet(f"functions of the model cannot be written out: {_reason(error)}") from error


def _reason(error: BaseException) -> str:
    words = _WHERE.sub("", " ".join(str(error).split())) or type(error).__name__
    return words if len(words) <= 300 else words[:297] + "..."
