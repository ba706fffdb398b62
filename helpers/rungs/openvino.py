"""An .onnx file in OpenVINO, which reads it as it is.

The package is imported when a rung is made: the rest of the course does without it.
"""

import importlib.util
import re
import time
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.errors import InputError
from helpers.exports import BERT_ORDER, INPUT_NAMES, OUTPUT_NAMES
from helpers.instructions import bf16_needs
from helpers.rungs.nncf import openvino_int8
from helpers.rungs.rung import Inputs, Rung, remarks

if TYPE_CHECKING:
    import openvino

__all__ = ["openvino_int8", "openvino_lacks", "openvino_needs", "openvino_rung"]

_HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}  # in int8: of all that is not int8
_LABELS = {"f32": "fp32", "bf16": "bf16", "f16": "fp16", "i8": "int8", "u8": "int8"}


def openvino_needs(precision: str) -> str | None:
    """Why an OpenVINO rung cannot run here or makes no sense, in one line; None where it does.

    Args:
        precision: fp32, bf16 or int8.
    """
    for package in ("openvino", "nncf") if precision == "int8" else ("openvino",):
        if importlib.util.find_spec(package) is None:
            return f"the package {package} is not installed"
    return bf16_needs() if precision == "bf16" else None


def openvino_lacks(path: Path | str) -> list[str]:
    """The operators in an .onnx file that OpenVINO has no rule for; empty where it reads the file.

    Args:
        path: the file.

    Raises:
        RuntimeError: OpenVINO refuses the file for another reason.
    """
    import openvino

    try:
        openvino.Core().read_model(path)
    except RuntimeError as error:
        told = re.search(r"operations?: (.*)", str(error))
        if told is None:
            raise
        return told[1].split(", ")
    return []


def openvino_rung(
    path: Path | str,
    *,
    name: str,
    precision: str = "fp32",
    threads: int | None = None,
    length: int | None = None,
    calibrated_on: str | None = None,
    notes: str | None = None,
) -> Rung:
    """An exported BERT in OpenVINO, on the CPU, with one request that every run uses again.

    Args:
        path: the .onnx file with the article's input and output names, or what `openvino_int8`
            wrote.
        name: what charts and tables call it.
        precision: fp32, bf16, or int8 for a file that is quantised. OpenVINO itself would take
            bf16 wherever the processor has it.
        threads: threads of one run; OpenVINO's own choice when None.
        length: fixes the shapes to one window of so many tokens, for which OpenVINO fuses more;
            any batch and length when None.
        calibrated_on: what the ranges of an int8 file were taken from, in words.
        notes: what a reader has to know besides.

    Raises:
        InputError: OpenVINO is missing or cannot read the file, there is no such precision, or
            the compiled model multiplies in another one; later, when a rung of fixed shapes is
            given others.
    """
    if precision not in _HINTS:
        raise InputError(f"precision={precision!r}: unknown; use one of {', '.join(_HINTS)}")
    if importlib.util.find_spec("openvino") is None:
        raise InputError(f"{name}: the package openvino is not installed; install it with pip")
    start = time.perf_counter()
    compiled = _compile(Path(path), precision, threads, length)
    in_use = _precision_in_use(compiled)
    if in_use != precision:
        raise InputError(
            f"{name}: asked for {precision}, but the compiled model multiplies in {in_use}; "
            f"give a file and a processor for {precision}, or ask for {in_use}"
        )
    request = compiled.create_infer_request()

    def run(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        shape = inputs["input_ids"].shape
        if length is not None and shape != (1, length):
            raise InputError(
                f"{name}: inputs of {list(shape)}, but its shapes are fixed to {[1, length]}; "
                "make it without length"
            )
        feed = {ours: inputs[berts] for ours, berts in zip(INPUT_NAMES, BERT_ORDER, strict=True)}
        found = request.infer(feed, share_inputs=True)
        begin, end = (np.asarray(found[output], np.float32) for output in OUTPUT_NAMES)
        return begin, end

    return Rung(
        name,
        "OpenVINO",
        in_use,
        "CPU",
        compiled.get_property("EXECUTION_DEVICES")[0],
        run,
        build_ms=(time.perf_counter() - start) * 1000,
        calibrated_on=calibrated_on,
        notes=remarks(notes, length=length),
    )


def _compile(
    path: Path, precision: str, threads: int | None, length: int | None
) -> "openvino.CompiledModel":
    """Reads a file and compiles it for the CPU."""
    import openvino

    core = openvino.Core()
    options: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": _HINTS[precision],
        "PERFORMANCE_HINT": "LATENCY",
    }
    if threads is not None:
        options["INFERENCE_NUM_THREADS"] = threads
    try:
        model = _read(core, path)
        if length is not None:
            model.reshape({value.any_name: [1, length] for value in model.inputs})
        return core.compile_model(model, "CPU", options)
    except (RuntimeError, KeyError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        reason = str(error).strip().split("\n")[-1][:300]
        raise InputError(f"{path}: OpenVINO cannot read it ({reason}); export it again") from error


def _read(core: "openvino.Core", path: Path) -> "openvino.Model":
    if not zipfile.is_zipfile(path):
        return core.read_model(path)
    with zipfile.ZipFile(path) as parts:
        unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked > path.stat().st_size:  # what `openvino_int8` writes is not compressed
            raise zipfile.BadZipFile(f"{unpacked:,} bytes are packed into it")
        return core.read_model(parts.read("model.xml"), parts.read("model.bin"))


def _precision_in_use(compiled: "openvino.CompiledModel") -> str:
    """The number format in which most products with weights are taken, as the model itself says."""
    found: Counter[str] = Counter()
    for node in compiled.get_runtime_model().get_ops():
        told = node.get_rt_info()
        if told["layerType"].astype(str) == "FullyConnected":
            format_ = told["runtimePrecision"].astype(str)
            found[_LABELS.get(format_, format_)] += 1
    return found.most_common(1)[0][0] if found else "no products with weights"
