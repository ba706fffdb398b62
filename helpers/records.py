"""What one benchmark run found, as a file that others can read: `data/record.schema.json`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from helpers.environment import hardware, versions
from helpers.latency import Latency, paired_ratio
from helpers.rungs import Rung

__all__ = ["Agreement", "Result", "Skipped", "record"]


@dataclass(frozen=True)
class Agreement:
    """How far a rung's logits lie from the reference's, over every window compared.

    Attributes:
        max_abs_diff: the largest absolute difference of a real token's logit.
        mean_abs_diff: the mean absolute difference of those.
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
        slug: the short name that RUNGS= takes; empty where the rung is none of the ladder's.
    """

    rung: Rung
    latency: Latency
    agreement: Agreement
    slug: str = ""


@dataclass(frozen=True)
class Skipped:
    """A rung that was not measured.

    Attributes:
        slug: the short name that RUNGS= takes.
        name: what charts and tables call it.
        reason: why, in one line.
    """

    slug: str
    name: str
    reason: str


def record(
    results: Sequence[Result],
    *,
    model: Mapping[str, Any],
    settings: Mapping[str, Any],
    limit: Mapping[str, Any] | None = None,
    skipped: Sequence[Skipped] = (),
    interrupted: bool = False,
    machine: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Puts a run's results, its machine and its versions into one plain dictionary.

    Args:
        results: what was measured; the first one is the rung that the others are compared with.
        model: what ran: name, source, whether it is trained, parameters.
        settings: how it ran.
        limit: what the machine reaches and the least time that follows from it, as
            `helpers.limits.limit_of` gives it.
        skipped: rungs that were not measured, and why.
        interrupted: whether the run ended early, by Ctrl-C or because it was killed.
        machine: what it ran on, as `helpers.environment.hardware` gave it; asked now when None. (A
            GPU that failed may no longer tell.)
        **more: the further parts of a record: sweep, lengths, scoring.

    Returns:
        A value that `data/record.schema.json` describes. Times are in milliseconds.
    """
    base = results[0].latency.samples_ms if results else ()
    least = limit["limit_ms"] if limit else {}
    return {
        "schema": 2,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": dict(machine or hardware()),
        "versions": versions(),
        "model": dict(model),
        "settings": dict(settings),
        "interrupted": interrupted,
        "limit": dict(limit) if limit else None,
        "rungs": [_entry(result, base, least.get(result.rung.precision)) for result in results],
        "skipped": [asdict(one) for one in skipped],
        **{name: more.get(name) for name in ("lengths", "sweep", "scoring")},
    }


def _entry(result: Result, base: Sequence[float], limit_ms: float | None) -> dict[str, Any]:
    latency, rung = result.latency, result.rung
    median, low, high = paired_ratio(base, latency.samples_ms)
    return {
        "slug": result.slug,
        "name": rung.name,
        "engine": rung.engine,
        "precision": rung.precision,
        "provider": rung.provider,
        "calibrated_on": rung.calibrated_on,
        "notes": rung.notes,
        "build_ms": round(rung.build_ms, 1),
        "first_run_ms": round(latency.first_run_ms, 4),
        "latency_ms": {
            **_percentiles(latency.samples_ms),
            "warmup_runs": latency.warmup_runs,
            "samples": [round(sample, 4) for sample in latency.samples_ms],
        },
        "busy": None if latency.busy is None else list(latency.busy),
        "device_ms": _on_device(latency),
        "times_faster": {
            "median": round(median, 4),
            "low": round(low, 4),
            "high": round(high, 4),
        },
        "limit_ms": None if limit_ms is None else _digits(limit_ms),
        "share_of_limit": None if limit_ms is None else _digits(limit_ms / _typical(latency)),
        **asdict(result.agreement),
    }


def _digits(value: float) -> float:
    """Four digits that count, so that nothing small becomes 0."""
    return float(f"{value:.4g}")


def _percentiles(samples_ms: Sequence[float]) -> dict[str, float]:
    latency = Latency(tuple(samples_ms), 0.0, 0)
    names = ("p50", "p90", "p99", "mean", "min")
    return {name: round(getattr(latency, name), 4) for name in names}


def _on_device(latency: Latency) -> dict[str, Any] | None:
    if not latency.device_ms:
        return None
    rounded = [round(sample, 4) for sample in latency.device_ms]
    return {**_percentiles(latency.device_ms), "samples": rounded}


def _typical(latency: Latency) -> float:
    """The median of the time that the limit is compared with: on the device, where it is known."""
    return float(np.median(latency.device_ms or latency.samples_ms))
