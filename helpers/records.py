"""What one benchmark run found, as a file that others can read: `data/record.schema.json`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from helpers.environment import machine, versions
from helpers.latency import Latency, paired_ratio
from helpers.rungs import Rung

__all__ = ["Agreement", "Result", "record"]


@dataclass(frozen=True)
class Agreement:
    """How far a rung's logits lie from the reference's, over every window compared.

    Attributes:
        max_abs_diff: the largest absolute difference of a logit.
        mean_abs_diff: the mean absolute difference.
        windows: how many windows were compared.
        same_answers: share of questions with the identical answer, 0 to 1; None where the
            model's weights are random.
        exact_match: the official score in percent; None where the weights are random.
        f1: the same.
    """

    max_abs_diff: float
    mean_abs_diff: float
    windows: int
    same_answers: float | None = None
    exact_match: float | None = None
    f1: float | None = None


@dataclass(frozen=True)
class Result:
    """One rung, measured.

    Attributes:
        rung: what was run.
        latency: how long it took.
        agreement: what it answered.
    """

    rung: Rung
    latency: Latency
    agreement: Agreement


def record(
    results: list[Result], *, model: Mapping[str, Any], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Puts a run's results, its machine and its versions into one plain dictionary.

    Args:
        results: what was measured; the first one is the rung that the others are compared with.
        model: what ran: name, source, whether it is trained, parameters.
        settings: how it ran.

    Returns:
        A value that `data/record.schema.json` describes. Times are in milliseconds.
    """
    base = results[0].latency.samples_ms
    return {
        "schema": 1,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": versions(),
        "model": dict(model),
        "settings": dict(settings),
        "rungs": [_entry(result, base) for result in results],
    }


def _entry(result: Result, base: tuple[float, ...]) -> dict[str, Any]:
    latency, rung = result.latency, result.rung
    median, low, high = paired_ratio(base, latency.samples_ms)
    return {
        "name": rung.name,
        "engine": rung.engine,
        "precision": rung.precision,
        "provider": rung.provider,
        "first_run_ms": round(latency.first_run_ms, 4),
        "latency_ms": {
            "p50": round(latency.p50, 4),
            "p90": round(latency.p90, 4),
            "p99": round(latency.p99, 4),
            "mean": round(latency.mean, 4),
            "min": round(latency.min, 4),
            "warmup_runs": latency.warmup_runs,
            "samples": [round(sample, 4) for sample in latency.samples_ms],
        },
        "times_faster": {
            "median": round(median, 4),
            "low": round(low, 4),
            "high": round(high, 4),
        },
        **asdict(result.agreement),
    }
