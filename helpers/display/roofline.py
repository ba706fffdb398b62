"""The roofline: what arithmetic and memory allow, and where each rung stands below it.

The picture is that of Williams, Waterman and Patterson (2009, "Roofline: an insightful visual
performance model").
"""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from helpers.display.charts import COLOURS, Chart
from helpers.display.entries import headline, limit_in, rungs_in, short
from helpers.display.placing import engine_marks, legend_below, logarithmic, put_title, spread_out
from helpers.errors import InputError

__all__ = ["roofline_chart"]

_STORED_AS = {"tf32": "fp32"}  # TF32 rounds inside the multiplier; weights are read as fp32
_GREY = "#555555"
_GAP = 0.17  # inches from one label to the next


def roofline_chart(record: Mapping[str, Any], *, title: str | None = None) -> Chart:
    """Draws the rates that each rung reaches below the roofs of its machine.

    Across: FLOPs of one inference for each byte of weights that it reads, which depends on the
    precision alone. Upwards: GFLOP/s. The slope is the memory's bandwidth, a roof the peak of
    matrix products in one precision.

    Args:
        record: a record with its `limit`.
        title: the headline; model, shape and machine if None.

    Raises:
        InputError: the record holds no rung, no limit, or no bytes for a rung's precision.
    """
    rungs, limit = rungs_in(record), limit_in(record)
    points = [_point(rung, limit) for rung in rungs]
    in_use = {rung["precision"] for rung in rungs}
    peaks = {name: peak for name, peak in limit["peak_gflops"].items() if peak and name in in_use}
    height = max(4.2, 1.5 + 1.15 * _GAP * len(rungs))
    figure = Chart(height, alt=_words(record, rungs, points))
    axes = figure.subplots()
    _draw_roofs(axes, peaks, limit["bandwidth_gb_s"], points)
    for rung, point in zip(rungs, points, strict=True):
        ring = {"mfc": "none", "mec": COLOURS[rung["engine"]], "mew": 1.8}  # hides none behind it
        axes.plot(*point, "o", markersize=7, color=COLOURS[rung["engine"]], zorder=3, **ring)
    _draw_labels(axes, rungs, points)
    axes.set_xlabel("FLOPs for each byte of weights read (FLOP/byte, logarithmic)", fontsize=9)
    axes.set_ylabel("GFLOP/s, int8: GOP/s (logarithmic)", fontsize=9)
    put_title(figure, title or headline(record))
    legend_below(figure, engine_marks(rungs, points=True))
    return figure


def _point(rung: Mapping[str, Any], limit: Mapping[str, Any]) -> tuple[float, float]:
    """A rung's FLOPs a byte, and its GFLOP/s: from its time on the device, where it is known."""
    stored = _STORED_AS.get(rung["precision"], rung["precision"])
    if not limit["weight_bytes"].get(stored):
        raise InputError(
            f"{rung['name']}: the record's limit has no weight_bytes for {rung['precision']}; "
            "make the record again with `make bench`"
        )
    milliseconds = (rung.get("device_ms") or rung["latency_ms"])["p50"]
    return limit["flops"] / limit["weight_bytes"][stored], limit["flops"] / milliseconds / 1e6


def _draw_roofs(
    axes: Axes,
    peaks: Mapping[str, float],
    bandwidth: float,
    points: Sequence[tuple[float, float]],
) -> None:
    """The slope up to the highest roof, and each roof from the slope on, with its figure."""
    across, rates = zip(*points, strict=True)
    left = min([*across, *(peak / bandwidth for peak in peaks.values())]) / 4
    right = max([*across, *(peak / bandwidth for peak in peaks.values())]) * 5
    top = max([*rates, *peaks.values()])
    logarithmic(axes, "x", left, right)
    logarithmic(axes, "y", min([*rates, left * bandwidth]) / 1.5, 2 * top)
    axes.plot([left, top / bandwidth], [left * bandwidth, top], color="black", linewidth=1.5)
    axes.annotate(
        f"memory {short(bandwidth)} GB/s", (1.5 * left, 1.5 * left * bandwidth), (7, -3),
        textcoords="offset points", va="top", fontsize=8,
    )  # fmt: skip
    for precision, peak in peaks.items():
        axes.plot([peak / bandwidth, right], [peak, peak], color="black", linewidth=1.5)
        unit = "GOP/s" if precision.startswith("int") else "GFLOP/s"
        axes.annotate(
            f"{precision} {short(peak)} {unit}", (peak / bandwidth, peak), (18, 3), va="bottom",
            textcoords="offset points", fontsize=8,
        )  # fmt: skip


def _draw_labels(
    axes: Axes, rungs: Sequence[Mapping[str, Any]], points: Sequence[tuple[float, float]]
) -> None:
    """The rungs' names right of the axes, from the fastest down, each with a line to its point."""
    to_axes = (axes.transData + axes.transAxes.inverted()).transform
    heights = [to_axes(point)[1] for point in points]
    places = spread_out(heights, _GAP / (axes.figure.get_figheight() - 1.2), low=0.02, high=0.98)
    for rung, point, height in zip(rungs, points, places, strict=True):
        line = {"arrowstyle": "-", "color": _GREY, "linewidth": 0.5, "alpha": 0.6}
        axes.annotate(
            f"{rung['name']}: {short(point[1])}", point, (1.02, height), va="center",
            xycoords="data", textcoords="axes fraction", fontsize=8, annotation_clip=False,
            arrowprops={**line, "shrinkA": 1, "shrinkB": 4, "relpos": (0, 0.5)},
        )  # fmt: skip


def _words(
    record: Mapping[str, Any],
    rungs: Sequence[Mapping[str, Any]],
    points: Sequence[tuple[float, float]],
) -> str:
    """The chart in one sentence."""
    (across, rate), best = max(zip(points, rungs, strict=True), key=lambda pair: pair[0][1])
    told = f"Roofline of {headline(record)}: {best['name']} reaches the most, {short(rate)} GFLOP/s"
    return f"{told} at {short(across)} FLOP/byte, of {len(rungs)} rungs."
