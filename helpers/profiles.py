"""ONNX Runtime's profile, added up: how long each operator takes in one inference."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

from helpers.errors import InputError

__all__ = ["BETWEEN", "operator_times"]

BETWEEN = "between kernels"
"""Under this name stands what a run takes besides its kernels."""


def operator_times(events: Iterable[Mapping[str, Any]]) -> dict[str, tuple[int, float]]:
    """Adds a profile up by operator.

    Each kernel counts with the median of its times over all runs, so that a pause of the machine
    in one of them changes little.

    Args:
        events: the list in the file that `InferenceSession.end_profiling` names. An event of the
            kind `Node` is a kernel, with its microseconds in `dur`; a run's `model_run` comes
            after its kernels.

    Returns:
        {operator: (how many kernels one inference runs, their milliseconds in all)}; first
        `BETWEEN`, with 0 kernels.

    Raises:
        InputError: the events hold no run.
    """
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    gaps: list[float] = []
    inside = 0.0
    for event in events:
        if event["cat"] == "Node":
            kernel = event["args"]
            times[kernel["op_name"], kernel["node_index"]].append(event["dur"])
            inside += event["dur"]
        elif event["name"] == "model_run":
            gaps.append(event["dur"] - inside)
            inside = 0.0
    if not gaps:
        raise InputError(
            "events: hold no run of the model; call session.run before session.end_profiling"
        )
    operators = {BETWEEN: (0, median(gaps) / 1000)}
    for (operator, _), durations in times.items():
        count, total = operators.get(operator, (0, 0.0))
        operators[operator] = (count + 1, total + median(durations) / 1000)
    return operators
