"""What a picture of a graph consists of: boxes, the links between them, bodies, and their places.

All lengths are inches; x grows to the right and y grows downwards.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Box", "Frame", "Layout", "Link"]


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
        mark: a short text in a disc on its corner, which tells what belongs together; may be empty.
        value: the name of what it gives first; may be empty.
        row: its rank, from 0 at the top; the least that it may have until arranged.
        x, y: its centre in inches.
    """

    kind: str
    title: str
    note: str
    width: float
    height: float
    floats: bool = False
    frames: list["Frame"] = field(default_factory=list)
    mark: str = ""
    value: str = ""
    row: int = 0
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
