"""Drawn explanations: figures of ideas, with words for readers who do not see them."""

from collections.abc import Mapping
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from helpers.display import COLOURS, WIDTH, Chart
from helpers.errors import InputError

__all__ = ["PARTS", "Diagram", "pipeline"]

PARTS = ("framework", "export", "representation", "load", "engine")
"""The parts of the pipeline, from left to right: three boxes, and the two steps between them."""

_HEIGHT = 3.0  # inches, as all lengths below
_BOX = 2.1  # the width of a box
_LEFT = (0.1, 2.95, 5.8)  # where the boxes begin
_TOP, _BOTTOM = 2.55, 0.5  # of every box

_BOXES = (  # phase, title, examples, what it does, colour
    (
        "training",
        "Framework",
        "PyTorch, TensorFlow,\nscikit-learn",
        "changes the model:\ndata, layers, gradients,\na score to raise",
        COLOURS["PyTorch"],
    ),
    (
        "what is handed over",
        "Intermediate\nrepresentation",
        "ONNX",
        "describes the model:\na graph of operators\nand the weights",
        "#333333",  # it belongs to neither side
    ),
    (
        "deployment",
        "Inference engine",
        "ONNX Runtime,\nTensorRT, OpenVINO",
        "runs the model: rewrites\nthe graph, takes the best\ncode for the machine",
        COLOURS["ONNX Runtime"],
    ),
)


class Diagram(Chart):
    """A drawing of an idea, in the course's width, on a white ground.

    Its axes are measured in inches, from the lower left corner.

    Attributes:
        alt: what the drawing says, in words; a notebook stores it beside the picture.
        axes_in_inches: what is drawn on.
    """

    def __init__(self, height: float, *, alt: str) -> None:
        """Makes an empty drawing of the course's width and of `height` inches."""
        super().__init__(height, alt=alt)
        self.set_layout_engine("none")  # things stand where they are put
        self.axes_in_inches: Axes = self.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(0, height))
        self.axes_in_inches.set_axis_off()


def pipeline(*, notes: Mapping[str, str] | None = None) -> Diagram:
    """Draws the road from a framework over an intermediate representation to an engine.

    Args:
        notes: {part: a few words under it}, for any of `PARTS`; a map of the course, for example.

    Raises:
        InputError: a note is for a part that the drawing does not have.
    """
    notes = dict(notes or {})
    unknown = [part for part in notes if part not in PARTS]
    if unknown:
        raise InputError(f"notes for {unknown[0]!r}: no such part; use {', '.join(PARTS)}")
    figure = Diagram(_HEIGHT, alt=_words(notes))
    axes = figure.axes_in_inches
    for left, box in zip(_LEFT, _BOXES, strict=True):
        _draw_box(axes, left, *box)
    middles = [left + _BOX / 2 for left in _LEFT]
    gaps = [(left + _BOX, right) for left, right in pairwise(_LEFT)]
    for (start, end), step in zip(gaps, ("export", "load"), strict=True):
        _draw_arrow(axes, start, end, step)
        middles.append((start + end) / 2)
    for part, middle in zip(PARTS, sorted(middles), strict=True):
        axes.text(middle, 0.25, notes.get(part, ""), ha="center", va="center", fontsize=9)
    return figure


def _draw_box(
    axes: Axes, left: float, phase: str, title: str, examples: str, does: str, colour: str
) -> None:
    """A box with its title, and above it the phase of a model's life that it belongs to."""
    axes.add_patch(
        FancyBboxPatch(
            (left + 0.08, _BOTTOM + 0.08),
            _BOX - 0.16,
            _TOP - _BOTTOM - 0.16,
            boxstyle="round,pad=0.08",
            facecolor="white",
            edgecolor=colour,
            linewidth=2.5,
        )
    )
    middle = left + _BOX / 2
    for height, text, style in (
        (2.75, phase, {"style": "italic", "color": "#444444"}),
        (2.22, title, {"weight": "bold", "fontsize": 11.5, "color": colour}),
        (1.62, examples, {"fontsize": 10}),
        (0.95, does, {"fontsize": 9.5, "color": "#222222"}),
    ):
        axes.text(middle, height, text, ha="center", va="center", **style)


def _draw_arrow(axes: Axes, start: float, end: float, step: str) -> None:
    """An arrow from box to box, with the name of the step above it."""
    height = (_TOP + _BOTTOM) / 2
    axes.add_patch(
        FancyArrowPatch(
            (start + 0.05, height),
            (end - 0.05, height),
            arrowstyle="-|>",
            mutation_scale=18,
            linewidth=2,
            color="black",
        )
    )
    axes.text((start + end) / 2, height + 0.14, step, ha="center", va="bottom", fontsize=10)


def _words(notes: Mapping[str, str]) -> str:
    """The drawing in words."""
    framework, representation, engine = (
        _one_line(f"{title} ({examples}; {phase}): {does}")
        for phase, title, examples, does, _ in _BOXES
    )
    told = (
        f"Three boxes in a row. {framework}. An arrow, export, to: {representation}. "
        f"An arrow, load, to: {engine}."
    )
    under = "; ".join(f"{part}: {_one_line(notes[part])}" for part in PARTS if notes.get(part))
    return f"{told} Underneath: {under}." if under else told


def _one_line(text: str) -> str:
    return " ".join(text.split())
