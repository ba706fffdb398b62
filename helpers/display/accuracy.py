"""Latency against accuracy: what each rung's speed costs in F1."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from helpers.display.charts import COLOURS, Chart
from helpers.display.entries import headline, rungs_in, short
from helpers.display.placing import engine_marks, legend_below, logarithmic, put_title, wide
from helpers.errors import InputError

__all__ = ["accuracy_chart"]

_LEVEL = 12.5  # points from one label to the one above it
_FLAT = 0.5  # F1 points shown above and below at least, so that rounding is no mountain


def accuracy_chart(record: Mapping[str, Any], *, title: str | None = None) -> Chart:
    """Draws each rung as a point: its median latency across, its F1 upwards.

    Over each point stands a line up to its label. The further left a point, the higher its
    label, and labels run to the right, so that none covers another, even over equal points.

    Args:
        record: a record of a trained model.
        title: the headline; model, shape and machine if None.

    Raises:
        InputError: the record holds no rung, or no F1.
    """
    rungs = sorted(rungs_in(record), key=lambda rung: -rung["latency_ms"]["p50"])
    if any(rung.get("f1") is None for rung in rungs):
        raise InputError(
            f"record of {record['model']['name']}: holds no F1, as its weights are random; "
            "use a record of a trained model, such as MODEL=embedded"
        )
    figure = Chart(3.6 + _LEVEL / 72 * len(rungs), alt=_words(record, rungs))
    axes = figure.subplots()
    scale = _set_axes(axes, rungs)
    for level, rung in enumerate(rungs):
        _draw_point(axes, rung, level)
    axes.set_xlabel(f"latency of one inference, p50, in ms{scale}", fontsize=9)
    axes.set_ylabel("F1 in percent", fontsize=9)
    put_title(figure, title or headline(record))
    legend_below(figure, engine_marks(rungs, points=True))
    return figure


def _set_axes(axes: Axes, rungs: Sequence[Mapping[str, Any]]) -> str:
    """Sets both axes, with room for the label of the rightmost point; what to say of the x axis."""
    scores = [rung["f1"] for rung in rungs]
    axes.set_ylim(min(scores) - _FLAT, max(scores) + _FLAT)
    axes.ticklabel_format(axis="y", useOffset=False)
    times = [rung["latency_ms"]["p50"] for rung in rungs]
    if not wide(times):
        axes.set_xlim(0, 1.55 * max(times))
        return ""
    logarithmic(axes, "x", 0.8 * min(times), max(times) * (max(times) / min(times)) ** 0.6)
    return " (logarithmic)"


def _draw_point(axes: Axes, rung: Mapping[str, Any], level: int) -> None:
    """A point, and its label `level` lines above the axes with a line down to it."""
    place, colour = (rung["latency_ms"]["p50"], rung["f1"]), COLOURS[rung["engine"]]
    axes.plot(*place, "o", markersize=7, color=colour, markeredgecolor="white", zorder=3)
    style = {"arrowstyle": "-", "color": colour, "linewidth": 0.8, "alpha": 0.7}
    axes.plot([place[0]] * 2, [place[1], axes.get_ylim()[1]], color=colour, lw=0.8, alpha=0.7)
    axes.annotate(
        f"{rung['name']}: {short(place[0])} ms, F1 {place[1]:.2f}", (place[0], 1),
        (0, 3 + _LEVEL * level), xycoords=axes.get_xaxis_transform(),
        textcoords="offset points", fontsize=8, va="bottom", color="black",
        arrowprops={**style, "shrinkA": 0, "shrinkB": 0, "relpos": (0, 0)},
    )  # fmt: skip


def _words(record: Mapping[str, Any], rungs: Sequence[Mapping[str, Any]]) -> str:
    """The chart in one sentence; `rungs` from the slowest to the fastest."""
    best, worst = max(rung["f1"] for rung in rungs), min(rung["f1"] for rung in rungs)
    fast = rungs[-1]
    return (
        f"Latency against F1 of {len(rungs)} rungs of {headline(record)}: F1 lies between "
        f"{worst:.2f} and {best:.2f} percent; the fastest, {fast['name']} with "
        f"{short(fast['latency_ms']['p50'])} ms, reaches {fast['f1']:.2f}."
    )
