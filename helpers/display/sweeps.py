"""Throughput and latency over batch and length, a row of panels a rung."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from helpers.display.charts import COLOURS, Chart
from helpers.display.entries import headline, short
from helpers.display.placing import SMALL_LINE, legend_below, logarithmic, put_title
from helpers.errors import InputError

__all__ = ["sweep_chart"]

_MARKERS = "osD^vP*X"  # one a length: the shape tells them apart where colour does not
_PANEL = 2.3  # inches
_BUSY = 0.5  # a point is named where so large a share of its runs was disturbed


def sweep_chart(record: Mapping[str, Any], *, title: str | None = None) -> Chart:
    """Draws each rung's windows a second and its latency over the batch, one line a length.

    Args:
        record: a record with its `sweep`.
        title: the headline; model, threads and machine if None.

    Raises:
        InputError: the record holds no sweep.
    """
    entries = record.get("sweep")
    if not entries:
        raise InputError(
            f"record of {record['model']['name']}: holds no `sweep`; "
            "make it again with `make bench SWEEP=1`"
        )
    slugs = list(dict.fromkeys(entry["slug"] for entry in entries))
    lengths = sorted({entry["length"] for entry in entries})
    names = {slug: _rung_of(record, slug)[0] for slug in slugs}
    missing = _missing(entries, names, lengths) + _disturbed(entries, names)
    height = 1.3 + _PANEL * len(slugs) + SMALL_LINE * len(missing)
    figure = Chart(height, alt=_words(record, entries))
    panels = figure.subplots(len(slugs), 2, squeeze=False, sharex=True, sharey="col")
    for slug, row in zip(slugs, panels, strict=True):
        own = [entry for entry in entries if entry["slug"] == slug]
        _draw_rung(row, own, lengths, _rung_of(record, slug))
    _set_axes(panels[-1], entries)
    put_title(figure, title or headline(record, shape=False))
    marks = [
        Line2D([], [], color="black", marker=_MARKERS[i % len(_MARKERS)], label=f"{n} tokens")
        for i, n in enumerate(lengths)
    ]
    legend_below(figure, marks, missing)
    return figure


def _rung_of(record: Mapping[str, Any], slug: str) -> tuple[str, str]:
    """A rung's name and colour; its slug and black where the record does not hold it."""
    found = [rung for rung in record.get("rungs") or [] if rung.get("slug") == slug]
    return (found[0]["name"], COLOURS[found[0]["engine"]]) if found else (slug, "black")


def _draw_rung(
    row: Sequence[Axes],
    entries: Sequence[Mapping[str, Any]],
    lengths: Sequence[int],
    rung: tuple[str, str],
) -> None:
    """A rung's two panels: windows a second, and milliseconds, over the batch."""
    name, colour = rung
    for field, axes, unit in (
        ("windows_per_s", row[0], "windows/s"),
        ("p50_ms", row[1], "p50 of one run, ms"),
    ):
        for number, length in enumerate(lengths):
            line = sorted(
                (entry["batch"], entry[field]) for entry in entries if entry["length"] == length
            )
            shade = 1 - 0.6 * number / max(len(lengths) - 1, 1)  # long windows are pale
            axes.plot(
                *zip(*line, strict=True), marker=_MARKERS[number % len(_MARKERS)], markersize=5,
                color=colour, alpha=shade, label=f"{length} tokens", linewidth=1.3,
            )  # fmt: skip
        axes.set_ylabel(unit, fontsize=9)
    row[0].set_title(name, loc="left", fontsize=10, weight="bold")


def _set_axes(bottom: Sequence[Axes], entries: Sequence[Mapping[str, Any]]) -> None:
    """Batches by powers of two; throughput from 0, latency by powers of ten."""
    batches = sorted({entry["batch"] for entry in entries})
    for axes in bottom:
        axes.set_xscale("log", base=2)
        axes.set_xticks(batches, [str(batch) for batch in batches])
        axes.set_xticks([], minor=True)
        axes.set_xlabel("batch (windows in one run)", fontsize=9)
    bottom[0].set_ylim(bottom=0)
    times = [entry["p50_ms"] for entry in entries]
    logarithmic(bottom[1], "y", min(times) / 1.5, max(times) * 1.5)


def _missing(
    entries: Sequence[Mapping[str, Any]], names: Mapping[str, str], lengths: Sequence[int]
) -> list[str]:
    """A line a rung that lacks points of the grid."""
    there = {(entry["slug"], entry["length"], entry["batch"]) for entry in entries}
    batches = sorted({entry["batch"] for entry in entries})
    lines = []
    for slug, name in names.items():
        gone = [f"{b} x {n}" for n in lengths for b in batches if (slug, n, b) not in there]
        if gone:
            lines += _line("not measured", name, gone)
    return lines


def _disturbed(entries: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[str]:
    """A line a rung with points of which half of the runs or more were made on a busy machine."""
    lines = []
    for slug, name in names.items():
        own = [entry for entry in entries if entry["slug"] == slug]
        points = [f"{e['batch']} x {e['length']}" for e in own if (e.get("busy") or 0) >= _BUSY]
        if points:
            lines += _line("measured on a busy machine", name, points)
    return lines


def _line(what: str, name: str, points: Sequence[str]) -> list[str]:
    return textwrap.wrap(f"{what} (batch x tokens): {name}: {', '.join(points)}", 125)


def _words(record: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> str:
    """The chart in one sentence."""
    best = max(entries, key=lambda entry: entry["windows_per_s"])
    return (
        f"Throughput and latency over batch and length of {headline(record, shape=False)}: the "
        f"most is {short(best['windows_per_s'])} windows a second, by {best['slug']} with batch "
        f"{best['batch']} at {best['length']} tokens."
    )
