"""Graphs on a figure, side by side, with a legend and the words for who cannot see them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx
from matplotlib.axes import Axes

from helpers.display import WIDTH, Chart
from helpers.errors import InputError
from helpers.graphs import read_model
from helpers.operator_kinds import PALETTE, kind_of
from helpers.pictures.boxes import TITLE_POINTS, diagram, shortened
from helpers.pictures.layout import Allowance
from helpers.pictures.marks import draw_box, draw_layout, draw_text
from helpers.pictures.parts import Box, Layout
from helpers.pictures.words import describe, describe_marks

__all__ = ["Picture", "draw"]

_MARGIN, _BETWEEN, _TITLE, _LEGEND = 0.25, 0.6, 0.35, 0.26  # inches
_SMALLEST = 1 / TITLE_POINTS  # of a scale: type of one point, which is a speck
_TALLEST = 400.0  # inches; a PNG that is much taller than 2**16 dots cannot be written
_NAMES = {
    "input": "input", "output": "output", "initializer": "initializer", "outer": "from outside",
}  # fmt: skip


class Picture(Chart):
    """A chart that says in words what it shows.

    Attributes:
        alt: those words: the picture's text in a notebook, and its alternative text.
        layouts: what is drawn, a layout a graph.
    """

    def __init__(self, height: float, alt: str, layouts: Sequence[Layout]) -> None:
        """Makes an empty picture of the course's width and of `height` inches."""
        super().__init__(height, alt=alt)
        self.set_layout_engine("none")
        self.layouts = list(layouts)

    def __repr__(self) -> str:
        return f"<Picture of {self.alt}>"


def draw(
    *models: onnx.ModelProto | onnx.GraphProto | Path | str,
    titles: Sequence[str] = (),
    weights: bool = True,
    names: bool = True,
    marks: Sequence[Mapping[str, str]] = (),
) -> Picture:
    """Draws a graph, or several beside each other.

    Args:
        models: each a model, a graph, or the path of an .onnx file, whose weights are not loaded.
        titles: what stands above each; by default a file's name, or the graph's.
        weights: whether the weights that are stored in the file are drawn; a file of a trained
            model has more of them than nodes.
        names: whether the names of nodes, and of values between them, are drawn; exporters make
            them long.
        marks: for each graph {first output of a node: a short text on its box's corner}, as
            `helpers.rewrites.numbered` makes them of a graph before and after. Nodes that give
            the same value then stand at the same height.

    Returns:
        A picture on a white ground, for dark and light themes. Wide graphs are drawn smaller.

    Raises:
        InputError: there is no such file, a graph is circular, there are more than 5,000 boxes,
            bodies and pieces of links (one for each rank that a link goes down), the type would be
            too small, or there is not a title for each, or there are not marks for each.
    """
    graphs = [_graph(model) for model in models]
    graphs = graphs if weights else [_without_weights(graph) for graph in graphs]
    titles = list(titles) or [_name(*pair) for pair in zip(models, graphs, strict=True)]
    if len(titles) != len(graphs):
        raise InputError(f"titles={titles}: {len(graphs)} graphs need as many titles, or none")
    if marks and len(marks) != len(graphs):
        raise InputError(f"marks for {len(marks)} of {len(graphs)} graphs; give a mapping for each")
    layouts: list[Layout] = []
    allowed = Allowance()
    for graph, own in zip(graphs, marks or [{}] * len(graphs), strict=True):
        level = {box.value: box.row for box in layouts[0].boxes} if layouts and marks else {}
        layouts.append(diagram(graph, names=names, marks=own, rows=level, left=allowed))
    widths = [max(one.width, 0.08 * len(t)) for one, t in zip(layouts, titles, strict=True)]
    across = sum(widths) + _BETWEEN * (len(layouts) - 1)
    page = max(WIDTH, across + 2 * _MARGIN)
    scale = WIDTH / page
    rows = _legend(layouts, page - 2 * _MARGIN)
    bottom = _MARGIN + _TITLE + max((one.height for one in layouts), default=0.0) + 0.25
    height = bottom + len(rows) * _LEGEND + 0.1
    if height * scale > _TALLEST or scale < _SMALLEST:
        raise InputError(
            f"{sum(len(graph.node) for graph in graphs)} nodes are too many for one picture; cut a "
            "part out with onnx.utils.extract_model, or open the file in Netron with "
            "helpers.viewer"
        )
    told = [describe(graph, title=title) for graph, title in zip(graphs, titles, strict=True)]
    told += describe_marks(graphs, marks)
    picture = Picture(height * scale, " | ".join(told), layouts)
    axes = picture.add_axes((0, 0, 1, 1), xlim=(0, page), ylim=(height, 0))
    axes.set_axis_off()
    left = (page - across) / 2
    for layout, title, width in zip(layouts, titles, widths, strict=True):
        layout.move(left + (width - layout.width) / 2, _MARGIN + _TITLE)
        draw_text(axes, left + width / 2, _MARGIN, title, TITLE_POINTS * scale, weight="bold")
        draw_layout(axes, layout, scale)
        left += width + _BETWEEN
    for number, row in enumerate(rows):
        _draw_row(axes, row, page, bottom + (number + 0.5) * _LEGEND, scale)
    return picture


def _graph(model: onnx.ModelProto | onnx.GraphProto | Path | str) -> onnx.GraphProto:
    return model if isinstance(model, onnx.GraphProto) else read_model(model).graph


def _name(model: onnx.ModelProto | onnx.GraphProto | Path | str, graph: onnx.GraphProto) -> str:
    return shortened(Path(model).name if isinstance(model, (str, Path)) else graph.name, 60)


def _without_weights(graph: onnx.GraphProto) -> onnx.GraphProto:
    """A copy whose nodes take no initializer; what a graph within a node takes is left."""
    copy = onnx.GraphProto()
    copy.CopyFrom(graph)
    stored = {tensor.name for tensor in graph.initializer}
    del copy.initializer[:]
    for node in copy.node:
        node.input[:] = ["" if name in stored else name for name in node.input]
    return copy


def _legend(layouts: Sequence[Layout], width: float) -> list[list[tuple[Box, str, float]]]:
    """Samples of what the layouts hold: rows of (box, words, inches), none wider than `width`."""
    boxes = [box for one in layouts for part in one.everything() for box in part.boxes]
    held = {box.kind for box in boxes}
    kinds = {kind_of(box.title) for box in boxes if box.kind == "operator"}
    samples = [(Box(kind, "", "", 0.3, 0.16), _NAMES[kind]) for kind in _NAMES if kind in held]
    for kind in PALETTE:
        if kind in kinds:
            samples.append((Box("operator", "", "", 0.3, 0.16), kind))
    if any(box.mark for box in boxes):
        samples.append((Box("outer", "", "", 0.3, 0.16, mark="1"), "one number: the same work"))
    rows: list[list[tuple[Box, str, float]]] = [[]]
    for box, words in samples:
        room = 0.6 + 0.06 * len(words)
        if rows[-1] and sum(used for *_, used in rows[-1]) + room > width:
            rows.append([])
        rows[-1].append((box, words, room))
    return rows


def _draw_row(
    axes: Axes, row: Sequence[tuple[Box, str, float]], page: float, y: float, scale: float
) -> None:
    x = (page - sum(used for *_, used in row)) / 2
    for box, words, used in row:
        box.x, box.y = x + 0.2, y
        draw_box(axes, box, scale, colour=words if box.kind == "operator" else None)
        draw_text(axes, x + 0.42, y, words, 7 * scale, ha="left")
        x += used
