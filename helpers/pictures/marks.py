"""How the boxes and links of a graph look: one colour a kind of operator, in all chapters.

An operator is a box, an input a pill, an output a pill with a double line, an initializer a
hexagon, and what a body takes from outside it a dashed pill.
"""

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Patch, Polygon
from matplotlib.path import Path

from helpers.operator_kinds import PALETTE, kind_of
from helpers.pictures.boxes import LABEL_POINTS, NOTE_POINTS, TITLE_POINTS
from helpers.pictures.parts import Box, Frame, Layout, Link

__all__ = ["draw_box", "draw_layout", "draw_text"]

_INK, _LINE = "#1A1A1A", "#4D4D4D"
_DISC = 0.095  # inches: the radius of a mark


def draw_layout(axes: Axes, layout: Layout, scale: float = 1.0) -> None:
    """Draws a graph and the bodies inside it.

    Args:
        axes: one unit of theirs is an inch times `scale`; y grows downwards. Their limits stay as
            they are: working out those of thousands of curves takes ten times the drawing.
        layout: what to draw, where it lies.
        scale: by how much letters and lines shrink.
    """
    for link in layout.links:
        _draw_link(axes, link, scale)
    for box in layout.boxes:
        draw_box(axes, box, scale)
    named = {link.points[0]: link.name for link in layout.links if link.name}
    for (x, y), name in named.items():
        # on white, so that the line does not run through the name
        ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.8 * scale}
        draw_text(axes, x, y + 0.14, name, LABEL_POINTS * scale, color=_LINE, bbox=ground)


def draw_box(axes: Axes, box: Box, scale: float = 1.0, *, colour: str | None = None) -> None:
    """Draws one box with its words and the bodies inside it.

    Args:
        axes: as in `draw_layout`.
        box: what to draw, where it lies.
        scale: as in `draw_layout`.
        colour: an operator's kind, a key of `PALETTE`; by its type when left out.
    """
    face, edge = "white", _LINE
    if box.kind == "operator":
        face, edge = PALETTE[colour or kind_of(box.title)]
    line = {"facecolor": face, "edgecolor": edge, "linewidth": 1.1 * scale}
    round_by = 0.05 if box.kind == "operator" else box.height / 2
    left, top = box.x - box.width / 2, box.y - box.height / 2
    if box.kind == "initializer":
        axes.add_artist(_hexagon(box, line))
    else:
        dashes = "--" if box.kind == "outer" else "-"
        axes.add_artist(_rounded(left, top, box.width, box.height, round_by, line, dashes))
    if box.kind == "output":
        inner = (left + 0.04, top + 0.04, box.width - 0.08, box.height - 0.08)
        axes.add_artist(_rounded(*inner, round_by - 0.04, line, "-"))
    for frame in box.frames:
        _draw_frame(axes, frame, scale)
    middle = top + 0.22 if box.frames and box.note else top + 0.16 if box.frames else box.y
    up = 0.08 if box.note else 0.0
    weight = "bold" if box.kind == "operator" else "normal"
    draw_text(axes, box.x, middle - up, box.title, TITLE_POINTS * scale, weight=weight)
    draw_text(axes, box.x, middle + 0.1, box.note, NOTE_POINTS * scale, color=_LINE)
    if box.mark:
        axes.add_artist(Circle((left, top), _DISC, facecolor=_INK, edgecolor="white", zorder=3))
        look = {"color": "white", "weight": "bold", "zorder": 4}
        draw_text(axes, left, top, box.mark, NOTE_POINTS * scale, **look)


def draw_text(axes: Axes, x: float, y: float, text: str, points: float, **how: object) -> None:
    """Writes a text around (x, y), in a font whose letters are all equally wide."""
    look = {"color": _INK, "ha": "center", "va": "center", "family": "DejaVu Sans Mono", **how}
    if text:
        axes.text(x, y, text, fontsize=points, parse_math=False, **look)


def _draw_frame(axes: Axes, frame: Frame, scale: float) -> None:
    line = {"facecolor": "white", "edgecolor": _LINE, "linewidth": 0.8 * scale}
    axes.add_artist(_rounded(frame.x, frame.y, frame.width, frame.height, 0.03, line, "-"))
    look = {"ha": "left", "style": "italic", "color": _LINE}
    draw_text(axes, frame.x + 0.08, frame.y + 0.12, frame.title, LABEL_POINTS * scale, **look)
    draw_layout(axes, frame.layout, scale)


def _draw_link(axes: Axes, link: Link, scale: float) -> None:
    """Straight beside boxes, and in an S-curve from one rank to the next, with an arrowhead."""
    points, codes = [link.points[0]], [Path.MOVETO]
    for number, (x, y) in enumerate(link.points[1:], start=1):
        before_x, before_y = points[-1]
        if number % 2 == 0 and abs(x - before_x) > 0.005:
            halfway = (before_y + y) / 2
            points += [(before_x, halfway), (x, halfway), (x, y)]
            codes += [Path.CURVE4] * 3
        elif y - before_y > 0.005:
            points.append((x, y))
            codes.append(Path.LINETO)
    arrow = FancyArrowPatch(
        path=Path(points, codes), arrowstyle="-|>", mutation_scale=7 * scale, color=_LINE,
        linewidth=0.9 * scale, linestyle="--" if link.dashed else "-", fill=True,
    )  # fmt: skip
    axes.add_artist(arrow)


def _rounded(
    x: float, y: float, width: float, height: float, radius: float, line: dict, dashes: str
) -> Patch:
    style = f"round,pad=0,rounding_size={radius}"
    return FancyBboxPatch((x, y), width, height, boxstyle=style, linestyle=dashes, **line)


def _hexagon(box: Box, line: dict) -> Patch:
    across, down, cut = box.width / 2, box.height / 2, 0.1
    corners = [(-across, 0), (cut - across, -down), (across - cut, -down), (across, 0)]
    corners += [(across - cut, down), (cut - across, down)]
    return Polygon([(box.x + x, box.y + y) for x, y in corners], **line)
