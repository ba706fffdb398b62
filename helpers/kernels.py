"""What a GPU does while a rung runs: its kernels, how long each takes, and the time between them.

A kernel is a program that the GPU runs. PyTorch's profiler asks the driver, which tells of every
kernel of the process, also of those that ONNX Runtime starts and of those in a CUDA graph.
"""

import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile, record_function
from tqdm import tqdm

from helpers.errors import InputError, reason_of
from helpers.rungs import Inputs, Rung

__all__ = ["GROUPS", "grouped", "kernels_of_runs", "profiled", "trace_of"]

_MARK = "helpers: one run"
_LETTERS = 160  # of a kernel's name: templates write long ones
_RUNS = 20  # of each rung; the medians count

GROUPS = {
    "sums of split products": ("splitkreduce",),
    "transposes": ("transpose",),
    "attention": ("fmha", "flash", "softmax"),
    "matrix products": ("gemm", "nvjet", "gemv", "xmma"),
    "normalisation": ("layernorm", "layer_norm"),
    "activation": ("gelu", "tanh"),
}
"""{what a kernel does: parts of its name, in lower case}; the first that fits counts."""


def profiled(
    rungs: Mapping[str, Rung],
    inputs: Inputs,
    tell: Callable[[str], object] = tqdm.write,
) -> list[dict[str, Any]]:
    """Profiles every rung on the same window.

    Args:
        rungs: {slug: rung}, all on a GPU.
        inputs: the window, {input name: int64 [1, length]}.
        tell: takes a line for every rung that is left out, as it fails.

    Returns:
        What a record's `kernels` holds: for each rung its `slug` and what `kernels_of_runs` gives.
    """
    entries = []
    for slug, rung in rungs.items():
        try:
            rung.run(inputs)
            events = trace_of(lambda rung=rung: rung.run(inputs), _RUNS)
            entries.append({"slug": slug, **kernels_of_runs(events)})
        except Exception as error:  # memory, or a device that no longer answers
            tell(f"left out: {rung.name}, its kernels: {reason_of(error)}")
    return entries


def trace_of(run: Callable[[], object], runs: int) -> list[dict[str, Any]]:
    """Runs something several times and gives the trace that PyTorch's profiler took.

    Args:
        run: what to run; it has to wait for the GPU before it returns.
        runs: how many times.

    Returns:
        The events of a Chrome trace: each kernel has `cat` "kernel", and its start `ts` and its
        time `dur` in microseconds.
    """
    asked = [ProfilerActivity.CPU, *[ProfilerActivity.CUDA] * torch.cuda.is_available()]
    with profile(activities=asked) as profiled:
        for _ in range(runs):
            with record_function(_MARK):
                run()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        profiled.export_chrome_trace(str(path))
        return json.loads(path.read_text(encoding="utf-8"))["traceEvents"]


def kernels_of_runs(events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Adds up the kernels of a trace, run by run.

    Args:
        events: what `trace_of` gave.

    Returns:
        {"runs", "span_ms" (from the start of a run's first kernel to the end of its last),
        "busy_ms" (the part of it in which a kernel ran), "kernels": [{"name", "count", "ms"} of one
        run, the longest first]}. Times are medians over the runs, in milliseconds.

    Raises:
        InputError: a run started no kernel.
    """
    events = list(events)
    starts = sorted(
        event["ts"]
        for event in events
        if event.get("name") == _MARK and event.get("cat") == "user_annotation"
    )
    found = sorted(
        (event["ts"], event["dur"], event["name"][:_LETTERS])
        for event in events
        if _is_kernel(event)
    )
    spans: list[float] = []
    busy: list[float] = []
    times: dict[str, list[float]] = defaultdict(lambda: [0.0] * len(starts))
    counts: dict[str, int] = defaultdict(int)
    for place, start in enumerate(starts):
        end = starts[place + 1] if place + 1 < len(starts) else float("inf")
        mine = [one for one in found if start <= one[0] < end]
        if not mine:
            raise InputError(
                f"run {place + 1} of {len(starts)} started no kernel on a GPU; profile a rung "
                "made with device='cuda'"
            )
        spans.append(max(ts + dur for ts, dur, _ in mine) - mine[0][0])
        busy.append(_covered(mine))
        for _, dur, name in mine:
            times[name][place] += dur
            counts[name] += 1
    entries = [
        {
            "name": name,
            "count": round(counts[name] / len(starts), 2),
            "ms": round(median(durations) / 1000, 5),
        }
        for name, durations in times.items()
    ]
    return {
        "runs": len(starts),
        "span_ms": round(median(spans) / 1000, 4),
        "busy_ms": round(median(busy) / 1000, 4),
        "kernels": sorted(entries, key=lambda entry: -entry["ms"]),
    }


def grouped(kernels: Iterable[Mapping[str, Any]]) -> dict[str, tuple[int, float]]:
    """Adds kernels up by what they do.

    Args:
        kernels: the list `kernels` that `kernels_of_runs` gave.

    Returns:
        {name of the group, or "other": (kernels in one run, milliseconds)}, in the order of
        `GROUPS`, without empty groups.
    """
    sums = {name: (0.0, 0.0) for name in [*GROUPS, "other"]}
    for kernel in kernels:
        low = kernel["name"].lower()
        group = next((g for g, parts in GROUPS.items() if any(p in low for p in parts)), "other")
        count, ms = sums[group]
        sums[group] = (count + kernel["count"], ms + kernel["ms"])
    return {name: (round(n), round(ms, 5)) for name, (n, ms) in sums.items() if n}


def _is_kernel(event: Mapping[str, Any]) -> bool:
    return event.get("cat") == "kernel" and event.get("ph") == "X"


def _covered(kernels: list[tuple[float, float, str]]) -> float:
    """The time in which at least one of them runs; they are sorted by start."""
    total, until = 0.0, float("-inf")
    for start, duration, _ in kernels:
        end = start + duration
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total
