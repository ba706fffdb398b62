"""Where the boxes of a graph go: in ranks from top to bottom, with few crossings of edges.

The usual four steps for layered drawings: a rank for every box (its longest path), an order in
every rank (barycentres), a place for every box (least squares), and the points of every edge. All
lengths are inches; x grows to the right and y grows downwards.
"""

import graphlib
from collections.abc import Sequence
from itertools import pairwise

from helpers.errors import InputError
from helpers.pictures.layers import chain, order, places
from helpers.pictures.parts import Box, Layout, Link

__all__ = ["Allowance", "arrange"]

_BESIDE = 0.28  # inches between two boxes of a rank
_EMPTY = 0.32  # inches: as high as a box of one line, so that graphs side by side stay level
_MOST = 5_000  # boxes and pieces of links: at 5 ms each, of the slowest known, half a minute


class Allowance:
    """What is left of the 5,000 boxes, bodies and pieces of links that one picture holds.

    A link has a piece for each rank that it goes down.
    """

    def __init__(self) -> None:
        self._boxes = self._pieces = 0

    def take(self, boxes: int, pieces: int = 0) -> None:
        """Counts them before time is spent on their places.

        Args:
            boxes: how many boxes, or bodies.
            pieces: how many pieces of links.

        Raises:
            InputError: they are more than are left.
        """
        self._boxes += boxes
        self._pieces += pieces
        if self._boxes + self._pieces > _MOST:
            raise InputError(
                f"{self._boxes:,} boxes and {self._pieces:,} pieces of links are more than the "
                f"{_MOST:,} that a picture holds; cut a part out with onnx.utils.extract_model, or "
                "open the file in Netron with helpers.viewer"
            )


def arrange(
    boxes: Sequence[Box],
    links: Sequence[Link],
    below: float = 0.5,
    *,
    left: Allowance | None = None,
) -> Layout:
    """Gives every box its place and every link its points.

    Args:
        boxes: in the order in which equals shall stand, from left to right.
        links: between them; from top to bottom once arranged.
        below: inches between two ranks; an edge's name stands in there.
        left: what the picture still has room for; None: this is all of it.

    Returns:
        The layout; its upper left corner is at (0, 0).

    Raises:
        InputError: the links form a circle, or there is too much of it for one picture.
    """
    rank = _ranks(boxes, links)
    pieces = sum(rank[link.target] - rank[link.source] for link in links)
    (left or Allowance()).take(len(boxes), pieces)
    rows: list[list[int]] = [[] for _ in range(max(rank, default=-1) + 1)]
    for number, place in enumerate(rank):
        rows[place].append(number)
    widths = [box.width for box in boxes]
    edges = [(link.source, link.start, link.target, link.end) for link in links]
    chains, segments = chain(edges, rank, rows, widths)
    order(rows, segments)
    x = places(rows, segments, widths, _BESIDE)
    heights = [
        max((boxes[v].height for v in row if v < len(boxes)), default=_EMPTY) for row in rows
    ]
    tops = [sum(heights[:number]) + number * below for number in range(len(rows))]
    for number, box in enumerate(boxes):
        box.row = rank[number]
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
    """Each box below the lowest that it depends on, if not lower; outputs at the very bottom.

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
        rank[number] = max([boxes[number].row, *(rank[source] + 1 for source in before[number])])
        sinks[number] |= bool(before[number]) and all(sinks[source] for source in before[number])
    for number in reversed(downwards):
        if boxes[number].kind == "output":
            rank[number] = max(rank)
        elif sinks[number] and after[number]:
            rank[number] = min(rank[target] for target in after[number]) - 1
    return rank
