"""Where things stand in a chart, so that none covers another: labels, scales, lines of text."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Literal

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from helpers.display.charts import COLOURS

__all__ = [
    "SMALL_LINE",
    "engine_marks",
    "legend_below",
    "logarithmic",
    "put_title",
    "spread_out",
    "wide",
]

SMALL_LINE = 0.15
"""The height of a line of small text, in inches."""

_WIDE = 30  # a longest bar 30 times the shortest leaves a tenth of an inch for that one


def wide(values: Sequence[float]) -> bool:
    """Whether positive values range so far that the small ones vanish on a linear axis."""
    return max(values) > _WIDE * min(values)


def logarithmic(axes: Axes, which: Literal["x", "y"], low: float, high: float) -> None:
    """Makes an axis logarithmic from `low` to `high`, with plain numbers at its ticks."""
    axes.set(**{f"{which}scale": "log", f"{which}lim": (low, high)})
    axis = axes.xaxis if which == "x" else axes.yaxis
    steps = (1.0, 2.0, 5.0) if high < 500 * low else (1.0,)
    axis.set_major_locator(LogLocator(subs=steps, numticks=20))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.15g}"))
    axis.set_minor_formatter(NullFormatter())


def spread_out(
    values: Sequence[float], gap: float, *, low: float = 0.0, high: float = 1.0
) -> list[float]:
    """Moves places apart until none is nearer than `gap` to the next, and each as little as it may.

    It is the least-squares answer (isotonic regression, by pooling neighbours that are in each
    other's way).

    Args:
        values: places, in any order; equal ones keep their order.
        gap: the least distance.
        low: no place is below it.
        high: no place is above it, where there is room enough.

    Returns:
        The new places, in the order of `values`.
    """
    order = sorted(range(len(values)), key=lambda i: values[i])
    pools: list[tuple[float, int]] = []  # mean and size of places that stand gap to gap
    for rank, i in enumerate(order):
        mean, size = values[i] - rank * gap, 1
        while pools and pools[-1][0] > mean:
            before, count = pools.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        pools.append((mean, size))
    flat = [mean for mean, size in pools for _ in range(size)]
    top = max(low, high - (len(values) - 1) * gap)
    places = [0.0] * len(values)
    for rank, i in enumerate(order):
        places[i] = min(max(flat[rank], low), top) + rank * gap
    return places


def put_title(figure: Figure, title: str, *, columns: int = 88) -> None:
    """Writes a headline over the whole width, from the left edge, in as many lines as it takes."""
    text = "\n".join(textwrap.wrap(title, columns))
    figure.suptitle(text, x=0.01, ha="left", fontsize=11)


def engine_marks(rungs: Sequence[Mapping[str, str]], *, points: bool = False) -> list[Artist]:
    """Legend entries, one an engine that stands among the rungs.

    Args:
        rungs: entries of a record's `rungs`.
        points: whether the chart shows points; bars if not.
    """
    engines = [name for name in COLOURS if any(rung["engine"] == name for rung in rungs)]
    if not points:
        return [Patch(color=COLOURS[name], label=name) for name in engines]
    style = {"marker": "o", "linestyle": "", "markersize": 7}
    return [Line2D([], [], color=COLOURS[name], label=name, **style) for name in engines]


def legend_below(figure: Figure, marks: Sequence[Artist], notes: Sequence[str] = ()) -> None:
    """Puts a legend under everything else; takes away upper and right spines.

    Args:
        figure: a chart with all its axes.
        marks: the legend's entries.
        notes: lines of small text that stand above them.
    """
    figure.legend(
        handles=list(marks), loc="outside lower center", frameon=False, fontsize=8.5,
        ncols=min(len(marks), 6), columnspacing=1.4, handletextpad=0.6,
        title="\n".join(notes) or None, title_fontsize=8, alignment="left",
    )  # fmt: skip
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
