"""An ONNX graph as boxes and links: what a picture of it shows, and how much room each takes."""

from collections.abc import Iterator, Mapping

import onnx

from helpers.errors import InputError
from helpers.pictures.layout import Allowance, arrange
from helpers.pictures.parts import Box, Frame, Layout, Link
from helpers.subgraphs import nested
from helpers.value_types import element_text, type_text

__all__ = [
    "LABEL_POINTS",
    "NOTE_POINTS",
    "TITLE_POINTS",
    "diagram",
    "shortened",
]

TITLE_POINTS = 9.0
"""The size of the type of an operator or the name of an input, in points."""

NOTE_POINTS = 6.5
"""The size of what stands below it, in points."""

LABEL_POINTS = 7.0
"""The size of the names of edges and bodies, in points."""

_APART = 0.3  # inches between names below one box: few dots an inch make letters a tenth wider


def shortened(name: str, most: int = 24) -> str:
    """The end of a long name, which is where names of exported graphs differ."""
    return name if len(name) <= most else f"…{name[1 - most :]}"


def diagram(
    graph: onnx.GraphProto,
    *,
    outermost: bool = True,
    names: bool = True,
    marks: Mapping[str, str] | None = None,
    rows: Mapping[str, int] | None = None,
    left: Allowance | None = None,
) -> Layout:
    """Arranges a graph, with the bodies of If, Loop and Scan as frames inside their node.

    A value that a body takes from around it stands in the body as an "outer" box, and a dashed
    link leads to the node that the body belongs to.

    Args:
        graph: a model's graph, or a body.
        outermost: whether it is a model's graph: what comes from outside comes from nowhere then.
        names: whether the names of nodes, and of values between them, are drawn.
        marks: {first output of a node: what stands on its box's corner}; not for nodes in bodies.
        rows: {first output of a node: the least rank for its box}, likewise.
        left: what the picture still has room for, bodies too; None: this is all of it.

    Returns:
        The layout, in inches, with its upper left corner at (0, 0).

    Raises:
        InputError: the graph's nodes depend on each other in a circle, a name is given twice, or
            there is too much of it for one picture.
    """
    left = left or Allowance()
    boxes: list[Box] = []
    origin: dict[str, tuple[int, float]] = {}
    weights = {tensor.name for tensor in graph.initializer}

    def add(kind: str, name: str, note: str) -> None:
        origin[name] = (len(boxes), 0.0)
        boxes.append(_box(kind, shortened(name), note, floats=kind in ("initializer", "outer")))

    for value in graph.input:
        default = " (default)" if value.name in weights else ""
        add("input", value.name, _type_of(value) + default)
    for name in _taken_from_outside(graph):
        add("outer", name, "from nowhere" if outermost else "from outside")
    for tensor in graph.initializer:
        if tensor.name not in origin:
            add(
                "initializer",
                tensor.name,
                f"{element_text(tensor.data_type)}[{', '.join(map(str, tensor.dims))}]",
            )
    first = len(boxes)
    used = {name for node in graph.node for name in _reads(node)}
    for node in graph.node:
        labels = [shortened(name) if name in used and names else "" for name in node.output]
        widest = max(map(_label_width, labels), default=0.0)
        box = _operator(node, names, widest, left)
        box.value = next(iter(node.output), "")
        box.mark, box.row = (marks or {}).get(box.value, ""), (rows or {}).get(box.value, 0)
        for place, name in enumerate(node.output):
            if name in origin:
                raise InputError(f"the name {name!r} is given twice; give each value its own")
            if name:
                start = (place + 0.5) / len(node.output) - 0.5
                origin[name] = (len(boxes), start * box.width)
        boxes.append(box)
    links: list[Link] = []
    for target, node in enumerate(graph.node, start=first):
        reads = list(_reads(node))
        for place, name in enumerate(reads):
            source, start = origin[name]
            end = ((place + 0.5) / len(reads) - 0.5) * 0.75 * boxes[target].width
            label = shortened(name) if source >= first and names else ""
            links.append(Link(source, target, start, end, label, place >= _direct(node)))
    for value in graph.output:
        source, start = origin.get(value.name, (None, 0.0))
        boxes.append(_box("output", shortened(value.name), _type_of(value)))
        if source is not None:
            links.append(Link(source, len(boxes) - 1, start))
    return arrange(boxes, links, below=0.5 if names else 0.2, left=left)


def _type_of(value: onnx.ValueInfoProto) -> str:
    """Its type in words; nothing where none is given, as in a part that was cut out."""
    return type_text(value.type) if value.HasField("type") else ""


def _taken_from_outside(graph: onnx.GraphProto) -> list[str]:
    """The names that a graph uses and does not define, each once, in the order of their use."""
    own = {value.name for value in graph.input} | {tensor.name for tensor in graph.initializer}
    own |= {name for node in graph.node for name in node.output}
    names = [name for node in graph.node for name in _reads(node)]
    names += [value.name for value in graph.output]
    return [name for name in dict.fromkeys(names) if name not in own]


def _direct(node: onnx.NodeProto) -> int:
    return sum(1 for name in node.input if name)


def _reads(node: onnx.NodeProto) -> Iterator[str]:
    """A node's inputs, left-out ones skipped, and then what only its bodies take."""
    direct = [name for name in node.input if name]
    inner = [name for _, body in nested(node) for name in _taken_from_outside(body)]
    yield from direct
    told = set(direct)
    yield from (name for name in dict.fromkeys(inner) if name not in told)


def _operator(node: onnx.NodeProto, names: bool, widest: float, left: Allowance) -> Box:
    """A node's box, wide enough for the names of its outputs below it and its bodies inside it."""
    box = _box("operator", shortened(node.op_type), shortened(node.name) if names else "")
    box.floats = node.op_type == "Constant"  # it has no input, and stands beside what uses it
    if len(node.output) > 1:
        box.width = max(box.width, len(node.output) * (widest + _APART))
    box.width = max(box.width, widest + 0.1)
    across = 0.12
    for name, body in nested(node):
        left.take(1)
        inner = diagram(body, outermost=False, names=names, left=left)
        inner.move(across + 0.12, box.height + 0.26)
        width = max(inner.width + 0.24, _label_width(name) + 0.2)
        box.frames.append(Frame(name, inner, across, box.height, width, inner.height + 0.4))
        across += width + 0.12
    if box.frames:
        box.width = max(box.width, across)
        box.height = max(frame.y + frame.height for frame in box.frames) + 0.12
    return box


def _box(kind: str, title: str, note: str, *, floats: bool = False) -> Box:
    width = max(_text_width(title, TITLE_POINTS), _text_width(note, NOTE_POINTS)) + 0.24
    return Box(kind, title, note, max(width, 0.5), 0.44 if note else 0.32, floats=floats)


def _text_width(text: str, points: float) -> float:
    """Inches; every letter of the font is as wide as 0.602 of its size."""
    return 0.602 * points / 72 * len(text)


def _label_width(text: str) -> float:
    return _text_width(text, LABEL_POINTS)
