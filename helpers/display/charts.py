"""What every chart shares, and the charts of plain times: bars of rungs, points of samples."""

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.text import Text

from helpers.files import put_in_place

__all__ = [
    "COLOURS",
    "WIDTH",
    "Chart",
    "latency_chart",
    "samples_chart",
    "save_chart",
]

WIDTH = 8.0
"""The width of every chart, in inches."""

COLOURS = {"PyTorch": "#D55E00", "ONNX Runtime": "#0072B2", "OpenVINO": "#009E73"}
"""A colour an engine, from Okabe and Ito's palette, which colour-blind readers can tell apart."""

_POWER = re.compile(r"\$\\mathdefault\{[-0-9.{}^]*\}\$")  # what matplotlib writes on a log axis


class Chart(Figure):
    """A figure that a notebook shows as a picture without pyplot and its global state.

    Its ground is white, so that it reads in a dark theme too.

    Attributes:
        alt: what it shows, in words for who cannot see it; a notebook stores them with the picture.
    """

    def __init__(self, height: float, *, alt: str = "") -> None:
        """Makes a figure of the course's width and of `height` inches."""
        super().__init__(figsize=(WIDTH, height), facecolor="white", layout="constrained")
        self.alt = alt

    def draw(self, renderer: RendererBase) -> None:
        """Draws it; a name with dollar signs in it, as a file may hold one, is no formula."""
        for text in self.findobj(Text):
            if "$" in text.get_text() and not _POWER.fullmatch(text.get_text()):
                text.set_parse_math(False)
        super().draw(renderer)

    def _repr_png_(self) -> tuple[bytes, dict[str, str]]:
        buffer = io.BytesIO()
        self.savefig(buffer, dpi=110)
        return buffer.getvalue(), {"alt": self.alt}


def latency_chart(
    rungs: Sequence[Mapping[str, Any]],
    *,
    title: str,
    reference: Mapping[str, float] | None = None,
) -> Chart:
    """Draws each rung's median as a bar, with a line from there to its p99 and a tick at p90.

    The median stands as a number behind the line's end, where a short bar hides nothing of it.

    Args:
        rungs: entries of a record's `rungs`; times in milliseconds.
        title: the headline: model, shape, machine.
        reference: {name: milliseconds} of figures from elsewhere, drawn as hollow bars.

    Returns:
        The chart, on a white ground so that it reads in a dark theme too.
    """
    reference = dict(reference or {})
    rows = len(rungs) + len(reference)
    figure = Chart(1.3 + 0.5 * rows)
    axes = figure.subplots()
    names = [f"{rung['name']}\n{rung['precision']}, {rung['provider']}" for rung in rungs]
    ends: list[float] = []
    for row, rung in enumerate(rungs):
        times = rung["latency_ms"]
        axes.barh(row, times["p50"], height=0.6, color=COLOURS[rung["engine"]])
        axes.plot([times["p50"], times["p99"]], [row, row], color="black", linewidth=1)
        axes.plot([times["p90"]], [row], marker="|", markersize=12, color="black")
        ends.append(max(times["p50"], times["p99"]))
    for row, (name, milliseconds) in enumerate(reference.items(), start=len(rungs)):
        names.append(name)
        axes.barh(row, milliseconds, height=0.6, fill=False, edgecolor="black", linestyle="--")
        ends.append(milliseconds)
    labels = [f"p50 {rung['latency_ms']['p50']:.2f} ms" for rung in rungs]
    labels += [f"{milliseconds:.2f} ms" for milliseconds in reference.values()]
    for row, (end, label) in enumerate(zip(ends, labels, strict=True)):
        axes.annotate(
            label, (end, row), (6, 0), textcoords="offset points",
            va="center", color="black", weight="bold",
        )  # fmt: skip
    axes.set_yticks(range(rows), names)
    axes.invert_yaxis()
    told = "; ".join(f"{n}: {text}" for n, text in zip(names, labels, strict=True))
    figure.alt = " ".join(f"Bars. {title}. {told}.".split())
    axes.set_xlabel("latency of one inference in ms: bar p50, tick p90, line to p99")
    axes.set_xlim(0, 1.18 * max(ends))  # room for the number behind the longest line
    axes.set_title(title, loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def samples_chart(samples_ms: Mapping[str, Sequence[float]], *, title: str) -> Chart:
    """Draws every single time in the order it was taken, and each engine's mean as a line.

    A few runs that took many times as long would press all others together. So the axis ends
    at 1.5 times the p99 of the slowest engine, and a run beyond it is a triangle at that edge.

    Args:
        samples_ms: {name: milliseconds, run by run}; the name begins with the engine's.
        title: the headline.
    """
    figure = Chart(3.6)
    axes = figure.subplots()
    colours = {n: next(COLOURS[e] for e in COLOURS if n.startswith(e)) for n in samples_ms}
    for name, samples in samples_ms.items():
        axes.plot(range(len(samples)), samples, ".", markersize=3, color=colours[name], label=name)
    for name, samples in samples_ms.items():
        mean = float(np.mean(samples))
        axes.axhline(mean, color=colours[name], linewidth=1, label=f"{name}, mean {mean:.2f} ms")
    edge = max(max(1.5 * np.percentile(s, 99), 1.1 * np.mean(s)) for s in samples_ms.values())
    beyond = {n: [i for i, ms in enumerate(s) if ms > edge] for n, s in samples_ms.items()}
    for name, runs in beyond.items():
        if runs:
            told = f"{name}, {len(runs)} above the axis, up to {max(samples_ms[name]):.0f} ms"
            axes.plot(
                runs, [edge] * len(runs), "^", markersize=6, clip_on=False,
                color=colours[name], label=told,
            )  # fmt: skip
    cut = any(beyond.values())
    figure.alt = f"Points, run by run. {title}. {'; '.join(axes.get_legend_handles_labels()[1])}."
    axes.set_xlabel("run")
    axes.set_ylabel("latency in ms")
    axes.set_ylim(bottom=0, top=edge if cut else None)
    axes.set_title(title, loc="left", fontsize=11, pad=10)  # above the triangles
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", frameon=False, ncols=3 if cut else 4, fontsize=9)
    return figure


def save_chart(figure: Figure, path: Path | str) -> Path:
    """Writes a chart as PNG at 150 dots an inch, whole or not at all.

    What a chart says of itself in words stands in the file as its `Description`.
    """
    words = getattr(figure, "alt", "")
    with put_in_place(path) as temporary:
        figure.savefig(temporary, dpi=150, metadata={"Description": words} if words else None)
    return Path(path)
