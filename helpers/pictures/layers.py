"""The arithmetic of layered drawings: which order in a rank, and which place, untangles the edges.

A vertex is a number. A row is the list of a rank's vertices, from left to right. A segment joins a
vertex of one rank to one of the next; an edge over several ranks is a chain of them, through dummy
vertices that hold a way open between the boxes.
"""

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Segment", "chain", "crossings", "order", "places"]

_SWEEPS = 12  # of ordering
_STILL = 0.002  # inches; once nothing moves further than this, places are final
_PULLS = 80  # of placing; each moves by a rank only, and long edges have many
_DUMMY = 0.16  # how wide a way an edge gets between two boxes, in inches
_STRENGTH = (1.0, 2.0, 8.0)  # of a segment with so many dummies: long edges shall be straight


@dataclass(frozen=True)
class Segment:
    """A piece of an edge between neighbouring ranks.

    Attributes:
        upper, lower: the vertices it joins.
        start, end: how far right of their centres it leaves and enters, in inches.
    """

    upper: int
    lower: int
    start: float = 0.0
    end: float = 0.0


def chain(
    edges: Sequence[tuple[int, float, int, float]],
    rank: Sequence[int],
    rows: list[list[int]],
    widths: list[float],
) -> tuple[list[list[int]], list[Segment]]:
    """Cuts edges into segments; edges from one place share their way down.

    Args:
        edges: (source, start, target, end) of each; start and end as in `Segment`, in inches.
        rank: of every vertex that stands for a box.
        rows: the ranks; dummy vertices are added to them.
        widths: of every vertex, in inches; those of the dummies are added.

    Returns:
        For every edge the dummies that it passes, and all segments.
    """
    ways: dict[tuple[int, float, int], int] = {}
    chains: list[list[int]] = []
    segments: list[Segment] = []
    for source, start, target, end in edges:
        passed: list[int] = []
        above, leave = source, start
        for row in range(rank[source] + 1, rank[target]):
            way = (source, start, row)
            if way not in ways:
                ways[way] = len(widths)
                rows[row].append(len(widths))
                widths.append(_DUMMY)
                segments.append(Segment(above, ways[way], leave))
            above, leave = ways[way], 0.0
            passed.append(above)
        chains.append(passed)
        segments.append(Segment(above, target, leave, end))
    return chains, segments


def crossings(rows: Sequence[Sequence[int]], segments: Sequence[Segment]) -> int:
    """How many pairs of segments cross when the rows stand in this order."""
    place = {v: number for row in rows for number, v in enumerate(row)}
    row_of = {v: number for number, row in enumerate(rows) for v in row}
    lines: list[list[tuple[tuple[int, float], tuple[int, float]]]] = [[] for _ in rows]
    for s in segments:
        lines[row_of[s.upper]].append(((place[s.upper], s.start), (place[s.lower], s.end)))
    count = 0
    for between in lines:
        passed: list[tuple[int, float]] = []  # lower ends, sorted, of the lines to the left
        for _, lower in sorted(between):
            count += len(passed) - bisect_right(passed, lower)
            insort(passed, lower)
    return count


def order(rows: list[list[int]], segments: Sequence[Segment]) -> None:
    """Sorts every row, in place, so that few segments cross: barycentres, down and up by turns."""
    above: dict[int, list[tuple[int, float]]] = {}
    below: dict[int, list[tuple[int, float]]] = {}
    for s in segments:
        above.setdefault(s.lower, []).append((s.upper, 0.2 * s.start))
        below.setdefault(s.upper, []).append((s.lower, 0.2 * s.end))
    place = {v: float(number) for row in rows for number, v in enumerate(row)}
    best, fewest = [list(row) for row in rows], crossings(rows, segments)
    for sweep in range(_SWEEPS):
        if fewest == 0:
            break
        beside = above if sweep % 2 == 0 else below
        for row in rows[1:] if beside is above else rows[-2::-1]:
            at = {}
            for v in row:
                near = beside.get(v, [(v, 0.0)])
                at[v] = sum(place[u] + port for u, port in near) / len(near)
            row.sort(key=at.__getitem__)
            place.update((v, float(number)) for number, v in enumerate(row))
        count = crossings(rows, segments)
        if count < fewest:
            best, fewest = [list(row) for row in rows], count
    rows[:] = best


def places(
    rows: Sequence[Sequence[int]],
    segments: Sequence[Segment],
    widths: Sequence[float],
    beside: float,
) -> list[float]:
    """The centre of every vertex, so that segments are short and vertices of a row keep apart.

    Args:
        rows: in their final order.
        segments: what pulls vertices towards each other.
        widths: of all vertices, in inches.
        beside: inches that stay free between two vertices of a row.

    Returns:
        x of all vertices, in inches; the leftmost edge of all is at 0.
    """
    x = [0.0] * len(widths)
    for row in rows:
        at = _spread([0.0] * len(row), [widths[v] for v in row], [1.0] * len(row), beside)
        for v, place in zip(row, at, strict=True):
            x[v] = place
    pulls: dict[int, list[tuple[int, float, float]]] = {}
    for s in segments:
        dummies = (widths[s.upper] == _DUMMY) + (widths[s.lower] == _DUMMY)
        pulls.setdefault(s.lower, []).append((s.upper, s.start - s.end, _STRENGTH[dummies]))
        pulls.setdefault(s.upper, []).append((s.lower, s.end - s.start, _STRENGTH[dummies]))
    for sweep in range(_PULLS):
        before = list(x)
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted, weights = [], []
            for v in row:
                pulled = pulls.get(v, [(v, 0.0, 0.1)])
                weights.append(sum(strength for *_, strength in pulled))
                goal = sum((x[u] + shift) * strength for u, shift, strength in pulled)
                wanted.append(goal / weights[-1])
            at = _spread(wanted, [widths[v] for v in row], weights, beside)
            for v, place in zip(row, at, strict=True):
                x[v] = place
        if max(map(abs, map(float.__sub__, x, before)), default=0.0) < _STILL:
            break
    left = min((x[v] - widths[v] / 2 for row in rows for v in row), default=0.0)
    return [place - left for place in x]


def _spread(
    wanted: Sequence[float], widths: Sequence[float], weights: Sequence[float], beside: float
) -> list[float]:
    """The places nearest to those wanted (least squares) at which a row's vertices keep apart.

    Less the room that all vertices to the left take, places must not decrease: neighbours that
    would are pooled at their weighted mean, as in isotonic regression.
    """
    room = [0.0]
    for left, right in pairwise(widths):
        room.append(room[-1] + (left + right) / 2 + beside)
    pools: list[list[float]] = []  # [weighted sum, weight, vertices]
    for goal, weight, offset in zip(wanted, weights, room, strict=False):
        pools.append([weight * (goal - offset), weight, 1])
        while len(pools) > 1 and pools[-2][0] * pools[-1][1] > pools[-1][0] * pools[-2][1]:
            total, heavy, count = pools.pop()
            pools[-1] = [pools[-1][0] + total, pools[-1][1] + heavy, pools[-1][2] + count]
    means = [total / weight for total, weight, count in pools for _ in range(int(count))]
    return [mean + offset for mean, offset in zip(means, room, strict=False)]
