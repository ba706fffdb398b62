"""Where the boxes of a graph go: in ranks from top to bottom, with few crossings of edges.

The usual four steps for layered drawings: a rank for every box (its longest path), an order in
every rank (barycentres), a place for every box (least squares), and the points of every edge. All
lengths are inches; x grows to the right and y grows downwards.
"""

import graphlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from helpers.errors import InputError
from helpers.pictures.layers import chain, order, places

__all__ = ["Box", "Frame", "Layout", "Link", "arrange"]

_BESIDE = 0.28  # inches between two boxes of a rank
_BELOW = 0.5  # inches between two ranks; an edge's name stands in there
_MOST = 50_000  # boxes and pieces of links in a layout: some seconds of work, and a black picture


@dataclass
class Box:
    """One thing to draw; `arrange` gives it its place.

    Attributes:
        kind: "operator", "input", "output", "initializer" or "outer" (a value from around a body).
        title: the first line: an operator's type, or a value's name.
        note: the second line: an operator's name, or a value's type and shape.
        width, height: its size in inches.
        floats: whether it sinks from the top to just above what uses it.
        frames: the bodies inside it, placed relative to its upper left corner until arranged.
        x, y: its centre in inches.
    """

    kind: str
    title: str
    note: str
    width: float
    height: float
    floats: bool = False
    frames: list["Frame"] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0


@dataclass
class Link:
    """A value on its way from one box to another; `arrange` gives it its points.

    Attributes:
        source, target: numbers of boxes.
        start, end: how far right of those boxes' centres it leaves and enters, in inches.
        name: the value's name, as it is to be drawn beside the start; may be empty.
        dashed: whether the value is used inside a body of the target only.
        points: where it passes, from top to bottom. Runs alternate: straight, slanted, straight.
    """

    source: int
    target: int
    start: float = 0.0
    end: float = 0.0
    name: str = ""
    dashed: bool = False
    points: list[tuple[float, float]] = field(default_factory=list)


@dataclass
class Frame:
    """A body of a node, as If, Loop and Scan have them.

    Attributes:
        title: the attribute that holds it, such as `then_branch`.
        layout: what is in it.
        x, y: its upper left corner, in inches.
        width, height: its size in inches, with title and margins.
    """

    title: str
    layout: "Layout"
    x: float
    y: float
    width: float
    height: float


@dataclass
class Layout:
    """A graph with places.

    Attributes:
        boxes: what is drawn.
        links: the edges between them.
        width, height: the size of all of it, in inches.
    """

    boxes: list[Box]
    links: list[Link]
    width: float
    height: float

    def everything(self) -> Iterator["Layout"]:
        """This layout and, depth first, those of all bodies inside it."""
        yield self
        for box in self.boxes:
            for frame in box.frames:
                yield from frame.layout.everything()

    def move(self, right: float, down: float) -> None:
        """Moves all of it, bodies too, by so many inches."""
        for box in self.boxes:
            box.x, box.y = box.x + right, box.y + down
            for frame in box.frames:
                frame.x, frame.y = frame.x + right, frame.y + down
                frame.layout.move(right, down)
        for link in self.links:
            link.points = [(x + right, y + down) for x, y in link.points]


def arrange(boxes: Sequence[Box], links: Sequence[Link]) -> Layout:
    """Gives every box its place and every link its points.

    Args:
        boxes: in the order in which equals shall stand, from left to right.
        links: between them; from top to bottom once arranged.

    Returns:
        The layout; its upper left corner is at (0, 0).

    Raises:
        InputError: the links form a circle, or are too many to tell apart.
    """
    rank = _ranks(boxes, links)
    pieces = sum(rank[link.target] - rank[link.source] for link in links)
    if len(boxes) + pieces > _MOST:
        raise InputError(
            f"{len(boxes)} boxes and {len(links)} links, which pass {pieces} ranks: a picture "
            f"holds {_MOST} of boxes and passed ranks; cut a part out with "
            "onnx.utils.extract_model, or open the file with helpers.viewer"
        )
    rows: list[list[int]] = [[] for _ in range(max(rank, default=-1) + 1)]
    for number, place in enumerate(rank):
        rows[place].append(number)
    widths = [box.width for box in boxes]
    edges = [(link.source, link.start, link.target, link.end) for link in links]
    chains, segments = chain(edges, rank, rows, widths)
    order(rows, segments)
    x = places(rows, segments, widths, _BESIDE)
    heights = [max((boxes[v].height for v in row if v < len(boxes)), default=0) for row in rows]
    tops = [sum(heights[:number]) + number * _BELOW for number in range(len(rows))]
    for number, box in enumerate(boxes):
        box.x, box.y = x[number], tops[rank[number]] + heights[rank[number]] / 2
        for frame in box.frames:
            right, down = box.x - box.width / 2, box.y - box.height / 2
            frame.x, frame.y = frame.x + right, frame.y + down
            frame.layout.move(right, down)
    for link, dummies in zip(links, chains, strict=True):
        source, target = boxes[link.source], boxes[link.target]
        begin, end = source.x + link.start, target.x + link.end
        across = [begin, *(x[dummy] for dummy in dummies), end]
        link.points = [(begin, source.y + source.height / 2)]
        for row, (here, there) in enumerate(pairwise(across), start=rank[link.source]):
            link.points += [(here, tops[row] + heights[row]), (there, tops[row + 1])]
        link.points.append((end, target.y - target.height / 2))
    width = max((x[v] + widths[v] / 2 for row in rows for v in row), default=0.0)
    return Layout(list(boxes), list(links), width, tops[-1] + heights[-1] if rows else 0.0)


def _ranks(boxes: Sequence[Box], links: Sequence[Link]) -> list[int]:
    """Each box one rank below the lowest that it depends on; outputs at the very bottom.

    Boxes that float, and those that depend on nothing else, sink to just above what uses them.
    """
    before: dict[int, set[int]] = {number: set() for number in range(len(boxes))}
    after: dict[int, set[int]] = {number: set() for number in range(len(boxes))}
    for link in links:
        before[link.target].add(link.source)
        after[link.source].add(link.target)
    try:
        downwards = list(graphlib.TopologicalSorter(before).static_order())
    except graphlib.CycleError as error:
        circle = [f"{boxes[number].title:.60}" for number in error.args[1]]
        titles = " -> ".join(circle if len(circle) < 8 else [*circle[:3], "...", *circle[-3:]])
        raise InputError(
            f"{titles}: these nodes depend on each other in a circle; rename an input of one"
        ) from error
    rank = [0] * len(boxes)
    sinks = [box.floats for box in boxes]
    for number in downwards:
        rank[number] = max((rank[source] + 1 for source in before[number]), default=0)
        sinks[number] |= bool(before[number]) and all(sinks[source] for source in before[number])
    for number in reversed(downwards):
        if boxes[number].kind == "output":
            rank[number] = max(rank)
        elif sinks[number] and after[number]:
            rank[number] = min(rank[target] for target in after[number]) - 1
    return rank
