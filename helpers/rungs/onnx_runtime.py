"""An .onnx file in ONNX Runtime, fed from main memory."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from helpers.rungs.bound import Bindings
from helpers.rungs.rung import Inputs, Rung, remarks
from helpers.rungs.session import input_kinds, placed_elsewhere, rung_session
from helpers.sessions import PROVIDERS

__all__ = ["onnxruntime_rung"]


def onnxruntime_rung(
    path: Path | str,
    *,
    name: str,
    device: str = "cpu",
    threads: int | None = None,
    spinning: bool = False,
    precision: str = "fp32",
    calibrated_on: str | None = None,
    notes: str | None = None,
    without: Sequence[str] = (),
) -> Rung:
    """An exported BERT in ONNX Runtime.

    TensorRT makes an engine of the file at the first run of a shape, which takes minutes. Engines
    and the times of its candidate kernels are kept in a folder `tensorrt` beside the file.

    Args:
        path: the .onnx file, with the article's input and output names. Its inputs may be int64
            or int32, its outputs float32 or float16.
        name: what charts and tables call it.
        device: `cpu`, `cuda` or `tensorrt`.
        threads: threads inside one operator; ONNX Runtime's own choice when None.
        spinning: whether idle worker threads may go on spinning after a run, as they do by
            default. That makes a rung faster alone, and slows whatever runs next to it; where
            engines are timed in turn, it has to be off.
        precision: the number format of the file's products; for TensorRT, fp16 lets it round
            those of a float32 file.
        calibrated_on: what the ranges of an int8 file were taken from, in words.
        notes: what a reader has to know besides.
        without: optimizers that the session leaves out when it opens the file, by their names.

    Raises:
        InputError: the session cannot be had on that device, or the file has other inputs.
    """
    start = time.perf_counter()
    session = rung_session(
        path,
        device=device,
        threads=threads,
        spinning=spinning,
        provider_options=_tensorrt(Path(path), precision) if device == "tensorrt" else None,
        without=without,
    )
    build_ms = (time.perf_counter() - start) * 1000
    kinds = input_kinds(session, path)

    def run(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        feed = {
            ours: inputs[berts].astype(kind, copy=False) for berts, (ours, kind) in kinds.items()
        }
        start, end = session.run(None, feed)
        return start.astype(np.float32, copy=False), end.astype(np.float32, copy=False)

    return Rung(
        name,
        "ONNX Runtime",
        precision,
        PROVIDERS[device],
        session.get_providers()[0],
        run,
        build_ms=build_ms,
        device_run_ms=None if device == "cpu" else Bindings(session, kinds).device_run_ms,
        calibrated_on=calibrated_on,
        notes=remarks(notes, placed_elsewhere(session)),
    )


def _tensorrt(path: Path, precision: str) -> dict[str, str]:
    """TensorRT's options: its precision, and where it keeps what it found out."""
    folder = path.resolve().parent / "tensorrt"
    return {
        "trt_fp16_enable": str(int(precision == "fp16")),
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": str(folder),
        "trt_timing_cache_enable": "1",
        "trt_timing_cache_path": str(folder),
    }
