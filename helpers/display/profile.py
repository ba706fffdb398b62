"""A profile as a picture: which operators the time of one run goes to."""

from collections.abc import Collection, Mapping

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from helpers.display.charts import Chart
from helpers.display.entries import short
from helpers.display.placing import legend_below, put_title
from helpers.errors import InputError
from helpers.operator_kinds import PALETTE

__all__ = ["OperatorTimes", "profile_chart"]

OperatorTimes = Mapping[str, tuple[int, float]]
"""{operator: (how often it runs in one inference, milliseconds that it takes in all)}.

What is no operator, such as the time between two of them, runs 0 times.
"""

_FACE, _EDGE = PALETTE["matrix product, convolution"]  # as in the pictures of graphs
_PRODUCTS = {"facecolor": _FACE, "edgecolor": _EDGE}
_MIXED = {"facecolor": "#FBEDE4", "edgecolor": _EDGE, "hatch": "////"}
_REST = {"facecolor": "#D9D9D9", "edgecolor": "#808080"}
_ROW = 0.24  # inches of a bar and its label


def profile_chart(
    profiles: Mapping[str, OperatorTimes],
    *,
    title: str,
    products: Collection[str],
    mixed: Collection[str] = (),
    most: int = 6,
) -> Chart:
    """Draws, for each file, the operators that take the most time, on one common scale.

    Args:
        profiles: {file or rung: its operators}, each panel from the slowest operator down.
        title: the headline.
        products: operators that multiply matrices; they get a colour of their own.
        mixed: operators that multiply matrices and do other work too, which cannot be told apart;
            they get a colour between that and the rest's.
        most: operators a panel; the time of all further ones is one bar.

    Raises:
        InputError: a profile holds no operator.
    """
    panels = {name: _rows(name, times, most) for name, times in profiles.items()}
    rows = [len(panel) for panel in panels.values()]
    figure = Chart(1.1 + _ROW * sum(rows) + 0.45 * len(rows), alt=_words(profiles))
    grid = figure.subplots(len(rows), sharex=True, squeeze=False, height_ratios=rows)[:, 0]
    for axes, (name, panel) in zip(grid, panels.items(), strict=True):
        _draw_panel(axes, name, profiles[name], panel, products, mixed)
    longest = max(time for panel in panels.values() for _, _, time in panel)
    grid[-1].set_xlim(0, 1.25 * longest)  # room for the label behind the longest bar
    grid[-1].set_xlabel("milliseconds in one inference", fontsize=9)
    put_title(figure, title)
    marks = [
        Patch(**_PRODUCTS, label="multiplies matrices"),
        *[Patch(**_MIXED, label="mixed: multiplies, and does more")] * bool(mixed),
        Patch(**_REST, label="all else"),
    ]
    legend_below(figure, marks)
    return figure


def _rows(name: str, times: OperatorTimes, most: int) -> list[tuple[str, int, float]]:
    """(operator, how often, milliseconds), the slowest first, and one row for what is left."""
    if not times:
        raise InputError(f"{name}: its profile holds no operator; profile at least one run")
    ordered = sorted(((op, *told) for op, told in times.items()), key=lambda row: -row[2])
    rest = ordered[most:]
    if not rest:
        return ordered
    others = (f"{len(rest)} others", sum(n for _, n, _ in rest), sum(ms for *_, ms in rest))
    return [*ordered[:most], others]


def _draw_panel(
    axes: Axes,
    name: str,
    times: OperatorTimes,
    panel: list[tuple[str, int, float]],
    products: Collection[str],
    mixed: Collection[str],
) -> None:
    kernels, total = _total(times)
    looks = dict.fromkeys(mixed, _MIXED) | dict.fromkeys(products, _PRODUCTS)
    for row, (operator, count, time) in enumerate(panel):
        axes.barh(row, time, height=0.7, linewidth=0.8, **looks.get(operator, _REST))
        told = f"{short(time)} ms in {count}" if count else f"{short(time)} ms"
        axes.annotate(
            told, (time, row), (5, 0), textcoords="offset points",
            va="center", fontsize=8,
        )  # fmt: skip
    axes.set_yticks(range(len(panel)), [operator for operator, _, _ in panel], fontsize=8)
    axes.set_ylim(len(panel) - 0.5, -0.5)
    axes.tick_params("x", labelsize=8)
    heading = f"{name}: {kernels} kernels, {short(total)} ms"
    heading += f", {_part(times, products):.0%} in products"
    if there := _part(times, mixed):
        heading += f", {there:.0%} in mixed kernels"
    axes.set_title(heading, loc="left", fontsize=9, weight="bold")


def _part(times: OperatorTimes, some: Collection[str]) -> float:
    """The share of all time that some operators take."""
    return sum(time for operator, (_, time) in times.items() if operator in some) / _total(times)[1]


def _total(times: OperatorTimes) -> tuple[int, float]:
    return sum(count for count, _ in times.values()), sum(time for _, time in times.values())


def _words(profiles: Mapping[str, OperatorTimes]) -> str:
    """The chart in one sentence."""
    told = []
    for name, times in profiles.items():
        kernels, total = _total(times)
        slowest = max(times, key=lambda operator: times[operator][1], default="nothing")
        told.append(f"{name} {short(total)} ms in {kernels} kernels, most of it in {slowest}")
    return f"Time of one inference by operator: {'; '.join(told)}."
