"""The ladder: how long each rung takes, and how near that is to what the machine could do."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from helpers.display.charts import COLOURS, Chart
from helpers.display.entries import headline, rungs_in, short
from helpers.display.placing import (
    SMALL_LINE,
    engine_marks,
    legend_below,
    logarithmic,
    put_title,
    wide,
)

__all__ = ["ladder_chart"]

_GREY = "#555555"
_CASED = [withStroke(linewidth=4.5, foreground="white")]  # a mark that shows on any bar
_FOR_P99 = 100  # runs, at least
_LEVEL = 12  # points from one label of a limit to the one above it


def ladder_chart(record: Mapping[str, Any], *, title: str | None = None) -> Chart:
    """Draws every rung's median as a bar, and the least time that the machine allows as a line.

    Where the shortest time would vanish, the axis is logarithmic, and a dot stands for the bar: on
    such an axis a bar's length means nothing. From the median a line runs to p90, with a tick, and
    on to p99 where there are 100 runs or more. A dashed line marks the limit of each precision, and
    on each row a stroke repeats the one that holds for it. Times that a GPU took by itself stand as
    a hollow diamond. Rungs that were not run stand below, with the reason.

    Args:
        record: a record; times in milliseconds.
        title: the headline; model, shape and machine if None.

    Raises:
        InputError: the record holds no rung.
    """
    rungs = rungs_in(record)
    limits = _limits(rungs)
    left_out = _left_out(record)
    height = 1.5 + 0.47 * len(rungs) + _LEVEL / 72 * len(limits) + SMALL_LINE * len(left_out)
    figure = Chart(height, alt=_words(record, rungs))
    axes = figure.subplots()
    logs = _set_scale(axes, rungs, limits)
    for row, rung in enumerate(rungs):
        _draw_rung(axes, row, rung, bar=not logs)
    _draw_limits(axes, limits)
    _draw_columns(axes, rungs)
    axes.set_yticks(range(len(rungs)), [_label(rung) for rung in rungs], fontsize=9)
    axes.set_ylim(len(rungs) - 0.4, -0.6)
    scale, runs = " (logarithmic)" if logs else "", len(rungs[0]["latency_ms"]["samples"])
    axes.set_xlabel(
        f"latency of one inference in ms{scale}; the number is p50 of {runs:,} runs", fontsize=9
    )
    put_title(figure, title or headline(record))
    legend_below(figure, _marks(rungs), left_out)
    return figure


def _label(rung: Mapping[str, Any]) -> str:
    """A rung's name, and its precision where the name does not tell."""
    told = rung["precision"] in rung["name"].lower()
    return rung["name"] if told else f"{rung['name']}\n{rung['precision']}"


def _limits(rungs: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """{precision: the least time in ms}, from the shortest, of the precisions in use."""
    known = {rung["precision"]: rung["limit_ms"] for rung in rungs if rung.get("limit_ms")}
    return dict(sorted(known.items(), key=lambda pair: pair[1]))


def _draw_rung(axes: Axes, row: int, rung: Mapping[str, Any], *, bar: bool) -> None:
    times, on_device = rung["latency_ms"], rung.get("device_ms")
    colour = COLOURS[rung["engine"]]
    axes.plot([times["p50"], _slow(rung)], [row, row], color="black", linewidth=1)
    if bar:
        axes.barh(row, times["p50"], height=0.62, color=colour)
    else:
        axes.plot([times["p50"]], [row], "o", markersize=9, color=colour)
    axes.plot([times["p90"]], [row], marker="|", markersize=11, color="black")
    if rung.get("limit_ms"):
        ends = [row - 0.4, row + 0.4]
        axes.plot([rung["limit_ms"]] * 2, ends, color="black", linewidth=2, path_effects=_CASED)
    if on_device:
        axes.plot([on_device["p50"]], [row], "D", markersize=6, mfc="white", mec="black")
    axes.annotate(
        f"{short(times['p50'])} ms", (_end(rung), row), (6, 0), textcoords="offset points",
        va="center", color="black", weight="bold", fontsize=9,
        bbox={"color": "white", "pad": 1.0},  # over the dashed lines
    )  # fmt: skip


def _slow(rung: Mapping[str, Any]) -> float:
    """Where a rung's line ends, in ms: of fewer runs than 100 the slowest one alone makes p99."""
    times = rung["latency_ms"]
    return times["p99" if len(times["samples"]) >= _FOR_P99 else "p90"]


def _end(rung: Mapping[str, Any]) -> float:
    """How far to the right anything of a rung's row reaches, in ms."""
    return max(rung["latency_ms"]["p50"], _slow(rung), rung.get("limit_ms") or 0.0)


def _draw_limits(axes: Axes, limits: Mapping[str, float]) -> None:
    """Dashed lines, each up to its label; the further left a line, the higher its label.

    So every label runs to the right over the ends of the lines that it would cross.
    """
    across = axes.get_xaxis_transform()
    for level, (precision, least) in enumerate(reversed(limits.items())):
        axes.axvline(least, color=_GREY, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
        axes.annotate(
            f"{precision} limit {short(least)} ms", (least, 1), (0, 4 + _LEVEL * level),
            xycoords=across, textcoords="offset points", fontsize=8, color=_GREY, va="bottom",
            arrowprops={"arrowstyle": "-", "color": _GREY, "linestyle": (0, (4, 3)),
                        "shrinkA": 0, "shrinkB": 0, "relpos": (0, 0)},
        )  # fmt: skip


def _set_scale(axes: Axes, rungs: Sequence[Mapping[str, Any]], limits: Mapping[str, float]) -> bool:
    """Sets the x axis, with room for the number behind the longest line; is it logarithmic?"""
    longest = max(map(_end, rungs))
    values = [rung["latency_ms"]["p50"] for rung in rungs] + list(limits.values())
    values += [rung["device_ms"]["p50"] for rung in rungs if rung.get("device_ms")]
    if not wide([*values, longest]):
        axes.set_xlim(0, 1.2 * longest)
        return False
    low, high = 0.75 * min(values), 1.25 * longest * (longest / min(values)) ** 0.12
    logarithmic(axes, "x", low, high)
    return True


def _draw_columns(axes: Axes, rungs: Sequence[Mapping[str, Any]]) -> None:
    """Right of the bars: how many times faster each rung is, its interval, its share of the limit.

    The interval is left out where it has no width, as that of the first rung.
    """
    columns = {"times\nfaster": [f"{rung['times_faster']['median']:.2f}" for rung in rungs]}
    shares = [rung.get("share_of_limit") for rung in rungs]
    if any(shares):
        columns["of the\nlimit"] = ["-" if one is None else f"{one:.0%}" for one in shares]
    style = {"textcoords": "offset points", "ha": "right", "fontsize": 9, "annotation_clip": False}
    place = axes.get_yaxis_transform()
    for number, (head, cells) in enumerate(columns.items()):
        right = 38 + 44 * number  # points from the axes' edge
        axes.annotate(head, (1, 1), (right, 4), xycoords="axes fraction", va="bottom", **style)
        for row, cell in enumerate(cells):
            axes.annotate(cell, (1, row), (right, 0), xycoords=place, va="center", **style)
    small = style | {"fontsize": 6.5, "color": _GREY}
    for row, ratio in enumerate(rung["times_faster"] for rung in rungs):
        told = f"{ratio['low']:.2f} to {ratio['high']:.2f}"
        if ratio["low"] != ratio["high"]:
            axes.annotate(told, (1, row), (38, -10), xycoords=place, va="center", **small)


def _marks(rungs: Sequence[Mapping[str, Any]]) -> list[Artist]:
    marks = engine_marks(rungs)
    reach = "p90, to p99" if len(rungs[0]["latency_ms"]["samples"]) >= _FOR_P99 else "p90"
    marks.append(Line2D([], [], color="black", linewidth=1, marker="|", markersize=10, label=reach))
    if any(rung.get("device_ms") for rung in rungs):
        style = {"marker": "D", "linestyle": "", "mfc": "white", "mec": "black"}
        marks.append(Line2D([], [], **style, label="on the device, p50"))
    if any(rung.get("limit_ms") for rung in rungs):
        style = {"marker": "|", "linestyle": "", "markersize": 11, "markeredgewidth": 2}
        marks.append(Line2D([], [], color="black", **style, label="limit of its precision"))
    return marks


def _left_out(record: Mapping[str, Any]) -> list[str]:
    """The rungs that were not run, as lines of small text."""
    return [
        line
        for one in record.get("skipped") or []
        for line in textwrap.wrap(f"not run: {one['name']}: {one['reason']}", 125)
    ]


def _words(record: Mapping[str, Any], rungs: Sequence[Mapping[str, Any]]) -> str:
    """The chart in one sentence."""
    first, best = rungs[0], min(rungs, key=lambda rung: rung["latency_ms"]["p50"])
    share, skipped = best.get("share_of_limit"), len(record.get("skipped") or [])
    told = (
        f"Latency of {len(rungs)} rungs of {headline(record)}: the fastest is {best['name']} with "
        f"a median of {short(best['latency_ms']['p50'])} ms, "
        f"{best['times_faster']['median']:.2f} times as fast as {first['name']} with "
        f"{short(first['latency_ms']['p50'])} ms"
    )
    if share:
        told += f" and at {share:.0%} of the {best['precision']} limit"
    return told + (f"; {skipped} rungs were not run." if skipped else ".")
