"""How a run grows: its seconds over its questions, and what more workers are worth."""

from collections.abc import Mapping
from itertools import cycle

from matplotlib.axes import Axes

from helpers.display.charts import COLOURS, Chart
from helpers.display.placing import logarithmic, put_title

__all__ = ["scaling_chart"]

_STYLES = ("-", "--", "-.", ":")
_GREY = "#555555"
_SMALL = 9


def scaling_chart(
    seconds: Mapping[str, Mapping[float, float]],
    speedups: Mapping[float, float],
    *,
    measured: Mapping[float, float],
    most: float,
    title: str,
) -> Chart:
    """Draws how long runs take, and Amdahl's curve beside it.

    Args:
        seconds: {name of a way: {questions: seconds}}; the first one is drawn in grey.
        speedups: {workers: times faster than one}, by the law.
        measured: {workers: times faster than one}, as timed.
        most: what the curve comes near to, and never reaches.
        title: the headline.
    """
    figure = Chart(3.9)
    left, right = figure.subplots(1, 2)
    _draw_seconds(left, seconds)
    _draw_speedups(right, speedups, measured, most)
    put_title(figure, title)
    told = "; ".join(
        f"{name}: " + ", ".join(f"{n:,.0f} questions {s:,.3g} s" for n, s in _ends(one))
        for name, one in seconds.items()
    )
    found = ", ".join(f"{n:g} workers {times:.2f}" for n, times in measured.items())
    law = ", ".join(f"{n:,.0f} workers {times:.3g}" for n, times in _ends(speedups))
    figure.alt = (
        f"Two panels of lines. {title}. Left, seconds over questions: {told}. Right, times faster "
        f"than one worker: measured {found}; by Amdahl's law {law}, never more than {most:.3g}."
    )
    return figure


def _ends(line: Mapping[float, float]) -> list[tuple[float, float]]:
    points = list(line.items())
    return [points[0], points[-1]]


def _draw_seconds(axes: Axes, seconds: Mapping[str, Mapping[float, float]]) -> None:
    styles = cycle(_STYLES)
    for number, (name, line) in enumerate(seconds.items()):
        colour = COLOURS["ONNX Runtime"] if number else _GREY
        style = next(styles) if number else "-"
        axes.plot(list(line), list(line.values()), style, color=colour, label=name)
    every = [value for line in seconds.values() for value in line.values()]
    questions = [one for line in seconds.values() for one in line]
    logarithmic(axes, "x", min(questions), max(questions))
    logarithmic(axes, "y", min(every) / 1.5, max(every) * 1.5)
    _power_labels(axes)
    axes.set_xlabel("questions (logarithmic)", fontsize=_SMALL)
    axes.set_ylabel("seconds (logarithmic)", fontsize=_SMALL)
    axes.legend(frameon=False, fontsize=8.5, loc="upper left")
    axes.spines[["top", "right"]].set_visible(False)


def _power_labels(axes: Axes) -> None:
    """Powers of ten at the ticks: a billion written out does not fit."""
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:.0e}")
    axes.tick_params(labelsize=8)


def _draw_speedups(
    axes: Axes, speedups: Mapping[float, float], measured: Mapping[float, float], most: float
) -> None:
    workers = list(speedups)
    axes.plot(workers, workers, ":", color=_GREY, label="as many times as workers")
    axes.axhline(most, color=_GREY, linewidth=1, linestyle="--", label=f"never more: {most:.3g}")
    axes.plot(workers, list(speedups.values()), color=COLOURS["ONNX Runtime"], label="Amdahl's law")
    points = list(measured), list(measured.values())
    axes.plot(*points, "o", color="black", markersize=5, label="measured")
    logarithmic(axes, "x", min(workers), max(workers))
    logarithmic(axes, "y", 1, 3 * most)
    axes.tick_params(labelsize=8)
    axes.set_xlabel("workers of one core (logarithmic)", fontsize=_SMALL)
    axes.set_ylabel("times faster than one (logarithmic)", fontsize=_SMALL)
    axes.legend(frameon=False, fontsize=8.5, loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
