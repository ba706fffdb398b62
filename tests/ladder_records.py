"""Records as the benchmark writes them (schema 2), made by hand: no machine gave these figures.

But for `bare_record`, which is a part of a real one.
"""

import json
from collections.abc import Mapping
from typing import Any

from helpers.files import PROJECT

CPU = (  # slug, name, engine, precision, p50 in ms, F1
    ("torch-eager", "PyTorch eager", "PyTorch", "fp32", 734.0, 93.15),
    ("torch-sdpa", "PyTorch sdpa", "PyTorch", "fp32", 716.0, 93.15),
    ("torch-bf16", "PyTorch sdpa bf16", "PyTorch", "bf16", 336.0, 93.11),
    ("torch-compiled", "PyTorch compiled", "PyTorch", "fp32", 561.0, 93.15),
    ("torch-compiled-bf16", "PyTorch compiled bf16", "PyTorch", "bf16", 212.0, 93.11),
    ("ort-exported", "ONNX Runtime as exported", "ONNX Runtime", "fp32", 584.0, 93.15),
    ("ort-fused", "ONNX Runtime fused", "ONNX Runtime", "fp32", 571.0, 93.15),
    ("ort-int8-dynamic", "ONNX Runtime int8 dynamic", "ONNX Runtime", "int8", 162.0, 92.41),
    ("ort-int8-static", "ONNX Runtime int8 static", "ONNX Runtime", "int8", 171.0, 92.37),
    ("openvino-fp32", "OpenVINO", "OpenVINO", "fp32", 549.0, 93.15),
    ("openvino-bf16", "OpenVINO bf16", "OpenVINO", "bf16", 254.0, 93.12),
    ("openvino-int8", "OpenVINO int8", "OpenVINO", "int8", 135.0, 92.60),
)
GPU = (
    ("torch-eager", "PyTorch eager", "PyTorch", "fp32", 9.84, 93.15),
    ("torch-tf32", "PyTorch eager TF32", "PyTorch", "tf32", 9.71, 93.15),
    ("torch-fp16", "PyTorch sdpa fp16", "PyTorch", "fp16", 8.02, 93.14),
    ("torch-compiled-fp16", "PyTorch compiled fp16", "PyTorch", "fp16", 1.42, 93.14),
    ("ort-exported", "ONNX Runtime as exported", "ONNX Runtime", "tf32", 4.31, 93.15),
    ("ort-fused", "ONNX Runtime fused", "ONNX Runtime", "tf32", 2.36, 93.15),
    ("ort-fp16", "ONNX Runtime fp16", "ONNX Runtime", "fp16", 1.61, 93.13),
    ("ort-fp16-bound", "ONNX Runtime fp16, IO binding", "ONNX Runtime", "fp16", 1.50, 93.13),
    ("ort-fp16-graph", "ONNX Runtime fp16, CUDA graph", "ONNX Runtime", "fp16", 0.97, 93.13),
    ("ort-tensorrt", "ONNX Runtime TensorRT fp16", "ONNX Runtime", "fp16", 1.02, 93.14),
)
WEIGHT_BYTES = {
    "fp32": 1_210_000_000,
    "bf16": 605_000_000,
    "fp16": 605_000_000,
    "int8": 303_000_000,
}
CPU_PEAKS = {"fp32": 236.0, "bf16": 473.0, "fp16": None, "tf32": None, "int8": 946.0}  # GFLOP/s
GPU_PEAKS = {"fp32": 51e3, "bf16": 660e3, "fp16": 640e3, "tf32": 330e3, "int8": None}


def rung(
    slug: str,
    name: str,
    engine: str,
    precision: str,
    p50: float,
    f1: float | None = None,
    *,
    first: float = 734.0,
    limit_ms: float | None = None,
    device_p50: float | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """An entry of a record's `rungs` with `changes`; 100 samples, p90 3 % and p99 9 % above p50."""
    providers = {"ONNX Runtime": "CPUExecutionProvider", "PyTorch": "cpu", "OpenVINO": "CPU"}
    return {
        "slug": slug,
        "name": name,
        "engine": engine,
        "precision": precision,
        "provider": providers[engine],
        "calibrated_on": None,
        "notes": None,
        "build_ms": 1234.0,
        "first_run_ms": 1.5 * p50,
        "latency_ms": {**_times(p50), "warmup_runs": 10},
        "busy": [False] * 96 + [True] * 4,
        "device_ms": None if device_p50 is None else _times(device_p50),
        "times_faster": _ratio(first / p50),
        "limit_ms": limit_ms,
        "share_of_limit": None if limit_ms is None else round(limit_ms / (device_p50 or p50), 4),
        "max_abs_diff": 1.2e-5,
        "mean_abs_diff": 4.5e-7,
        "windows": 100,
        "same_answers": None if f1 is None else 1.0,
        "exact_match": None if f1 is None else f1 - 6.2,
        "f1": f1,
        **changes,
    }  # fmt: skip


def cpu_ladder(*, trained: bool = False, **changes: Any) -> dict[str, Any]:
    """A record of all CPU rungs of BERT-large on two cores, with `changes` at its top."""
    limit = limit_of(CPU_PEAKS, 24.0)
    rungs = [
        rung(*row[:5], row[5] if trained else None, limit_ms=limit["limit_ms"][row[3]])
        for row in CPU
    ]
    return {**_about("cpu", trained), "limit": limit, "rungs": rungs, **changes}


def gpu_ladder(*, trained: bool = False, **changes: Any) -> dict[str, Any]:
    """A record of all GPU rungs of BERT-large, with `changes` at its top."""
    limit = limit_of(GPU_PEAKS, 4300.0)
    rungs = [
        rung(
            *row[:5], row[5] if trained else None, first=9.84, device_p50=0.94 * row[4],
            limit_ms=limit["limit_ms"][row[3]],
            provider="CUDAExecutionProvider" if row[2] == "ONNX Runtime" else "cuda",
        )
        for row in GPU
    ]  # fmt: skip
    return {**_about("cuda", trained), "limit": limit, "rungs": rungs, **changes}


def limit_of(peaks: Mapping[str, float | None], bandwidth: float) -> dict[str, Any]:
    """A record's `limit` for BERT-large at 128 tokens; peaks in GFLOP/s, bandwidth in GB/s."""
    flops = 78_900_000_000
    read = {**WEIGHT_BYTES, "tf32": WEIGHT_BYTES["fp32"]}
    least = {
        name: None if peak is None else max(flops / peak, read[name] / bandwidth) / 1e6
        for name, peak in peaks.items()
    }
    return {
        "flops": flops,
        "linear_flops": 77_300_000_000,
        "attention_flops": 1_600_000_000,
        "weight_bytes": WEIGHT_BYTES,
        "peak_gflops": dict(peaks),
        "bandwidth_gb_s": bandwidth,
        "limit_ms": least,
        "how": {},
    }


def sweep_entries(slugs: Mapping[str, float]) -> list[dict[str, Any]]:
    """A record's `sweep` without its largest point; {slug: ms of a window of 128 tokens}."""
    points = [
        (slug, batch, length, one * 0.8 * (0.25 + batch) * length / 128)
        for slug, one in slugs.items()
        for batch in (1, 2, 4, 8, 16)
        for length in (32, 64, 128, 384)
        if batch * length < 16 * 384
    ]
    return [
        {"slug": slug, "batch": batch, "length": length, "p50_ms": ms,
         "windows_per_s": 1000 * batch / ms}
        for slug, batch, length, ms in points
    ]  # fmt: skip


def _times(p50: float) -> dict[str, Any]:
    part = {"p50": p50, "p90": 1.03 * p50, "p99": 1.09 * p50, "mean": p50, "min": 0.98 * p50}
    return {**part, "samples": [p50] * 100}


def _ratio(median: float) -> dict[str, float]:
    return {"median": median, "low": 0.99 * median, "high": 1.01 * median}


def _about(device: str, trained: bool) -> dict[str, Any]:
    name = "bert-large" if trained else "bert-large-random"
    return {
        "schema": 2,
        "made": "2026-11-25T12:00:00+00:00",
        "machine": {
            "cpu": "AMD EPYC 9V74", "cores": 2, "memory_gib": 24.0, "system": "Linux x86_64",
            "gpu": "NVIDIA H200" if device == "cuda" else None,
        },
        "versions": {},
        "model": {"name": name, "source": "", "trained": trained, "parameters": 334_000_000,
                  "layers": 24, "hidden_size": 1024},
        "settings": {"model": name, "device": device, "seq": 128, "batch": 1, "threads": 2},
        "interrupted": False,
        "skipped": [],
        "sweep": None,
        "lengths": None,
        "scoring": None,
    }  # fmt: skip


def bare_record() -> dict:
    """The project's record of the embedded model without what only a whole benchmark measures.

    It is what the chapters put together: rungs with times and scores, no limit and no sweep.
    """
    path = PROJECT / "data" / "records" / "epyc-zen3-embedded.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    more = ("limit", "skipped", "sweep", "lengths", "scoring")
    of_a_rung = ("build_ms", "busy", "device_ms", "limit_ms", "share_of_limit", "calibrated_on")
    rungs = [
        {k: v for k, v in r.items() if k not in (*of_a_rung, "notes")} for r in record["rungs"]
    ]
    return {**{k: v for k, v in record.items() if k not in more}, "rungs": rungs}
