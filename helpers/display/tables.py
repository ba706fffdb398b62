"""A record as text: how fast each rung is, and how right."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["table"]


def table(rungs: Sequence[Mapping[str, Any]]) -> str:
    """A record's rungs as two blocks of text: how fast, and how right.

    Args:
        rungs: entries of a record's `rungs`.

    Returns:
        Two tables with a header and a line a rung each: times in milliseconds, EM and F1 in
        percent. "-" stands where there is no figure: no scores for random weights, no p99 from
        fewer than 100 samples, which would be no more than the slowest of them.
    """
    speed = [("", "precision", "provider", "first", "p50", "p90", "p99", "times faster")]
    right = [("", "EM", "F1", "same answers", "largest diff", "mean diff")]
    for rung in rungs:
        times, faster = rung["latency_ms"], rung["times_faster"]
        speed.append(
            (
                rung["name"],
                rung["precision"],
                rung["provider"],
                f"{rung['first_run_ms']:.1f}",
                *(f"{times[name]:.2f}" for name in ("p50", "p90")),
                f"{times['p99']:.2f}" if len(times["samples"]) >= 100 else "-",
                f"{faster['median']:.2f} [{faster['low']:.2f}, {faster['high']:.2f}]",
            )
        )
        right.append(
            (
                rung["name"],
                _figure(rung["exact_match"], "{:.2f}"),
                _figure(rung["f1"], "{:.2f}"),
                _figure(rung["same_answers"], "{:.1%}"),
                f"{rung['max_abs_diff']:.1e}",
                f"{rung['mean_abs_diff']:.1e}",
            )
        )
    return f"{_columns(speed, left=3)}\n\n{_columns(right, left=1)}"


def _columns(lines: Sequence[Sequence[str]], *, left: int) -> str:
    """Lines of cells as text; the first `left` columns are flush left, the others right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _figure(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)
