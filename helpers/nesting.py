"""How the fields of a decoded file stand inside one another: as lines, as sizes, as a picture."""

from collections import Counter
from collections.abc import Iterator, Sequence

from matplotlib.patches import Patch

from helpers.display import WIDTH, Chart
from helpers.errors import InputError
from helpers.varint import encode_varint
from helpers.wire import MAX_DEPTH, Field, encode

__all__ = ["listing", "nesting_chart", "sizes"]

_COLOURS = {"message": "#56B4E9", "number": "#E69F00", "text or bytes": "#009E73"}
_BARS = 2_000  # of a picture, at 4 ms each; that of the embedded BERT has 65
_ROW = 0.72  # inches
_FONT = 6.7  # points
_LETTER = 0.56 * _FONT  # the mean width of a letter, in points


def listing(fields: Sequence[Field], *, depth: int = MAX_DEPTH, width: int = 8) -> str:
    """Every field on a line: its offset, its bytes, and what the schema calls it.

    Args:
        fields: of `helpers.wire.decode`.
        depth: how many levels of messages are opened.
        width: how many bytes a line shows; of a message that is opened, those before its fields.

    Returns:
        The lines, indented by level.
    """
    rows = []
    for level, one in _walk(fields, depth):
        opened = one.nested and level < depth
        data = _before(one) if opened else encode((one,))
        shown = data[:width].hex(" ") + (" ..." if len(data) > width else "")
        rows.append((str(one.offset), shown, "  " * level + _described(one)))
    digits, column = (max((len(row[i]) for row in rows), default=0) for i in (0, 1))
    return "\n".join(f"{at:>{digits}}  {shown:<{column}}  {what}" for at, shown, what in rows)


def sizes(fields: Sequence[Field], *, depth: int = MAX_DEPTH) -> dict[str, int]:
    """Where the bytes go.

    Args:
        fields: of `helpers.wire.decode`.
        depth: how many levels of messages are opened.

    Returns:
        {names from the outside in, such as `graph.initializer`: bytes}, the most first. Every byte
        counts once, so the sum is the size of all fields: a message that is opened keeps its tag
        and length, and what is in it counts under longer names.
    """
    totals: Counter[str] = Counter()
    names: list[str] = []
    for level, one in _walk(fields, depth):
        names[level:] = [one.name or f"field {one.number}"]
        totals[".".join(names)] += _head(one) if one.nested and level < depth else one.length
    return dict(totals.most_common())


def nesting_chart(fields: Sequence[Field], *, title: str) -> Chart:
    """Draws each field as a bar over its bytes; what stands in a message is drawn below it.

    Bars too narrow to be seen are left out, names that do not fit their bar too. Of the others the
    2,000 longest are drawn; how many more there were is told below them.

    Args:
        fields: of `helpers.wire.decode`, at least one; a part of a file will do.
        title: the headline.

    Returns:
        The chart, as wide as every other.

    Raises:
        InputError: there are no fields.
    """
    if not fields:
        raise InputError("fields=(): an empty file has nothing to draw; give one with content")
    first, last = fields[0].offset, fields[-1].offset + fields[-1].length
    scale = 72 * 0.95 * WIDTH / (last - first)  # points a byte
    visible = [(level, one) for level, one in _walk(fields) if one.length * scale > 0.4]
    left_out = max(0, len(visible) - _BARS)
    if left_out:
        visible = sorted(visible, key=lambda pair: -pair[1].length)[:_BARS]
    more = f"; {left_out:,} shorter bars are left out" if left_out else ""
    levels = 1 + max((level for level, _ in visible), default=0)
    figure = Chart(1.1 + _ROW * levels, alt=_words(fields, title, more))
    axes = figure.subplots()
    for level, one in visible:
        axes.broken_barh(
            [(one.offset, one.length)],
            (level, 0.97),
            facecolor=_COLOURS[_sort(one)],
            edgecolor="white",
            linewidth=min(0.8, one.length * scale / 4),
        )
        label, rotation = _label(one, one.length * scale)
        place = (one.offset + one.length / 2, level + 0.485)
        font = min(_FONT, 0.85 * one.length * scale) if rotation else _FONT  # within a thin bar
        look = {"ha": "center", "va": "center", "rotation": rotation, "fontsize": font}
        # a text of the file may be half a formula
        axes.annotate(label, place, color="black", parse_math=False, **look)
    axes.set_xlim(first, last)
    axes.set_ylim(levels, 0)
    axes.set_yticks([level + 0.5 for level in range(levels)], range(levels))
    axes.tick_params(axis="y", length=0)
    axes.set_ylabel("messages around it")
    axes.set_xlabel(f"byte of the file{more}")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_title(title, loc="left", fontsize=11)
    axes.spines[:].set_visible(False)
    sorts = {_sort(one) for _, one in visible}
    patches = [Patch(color=_COLOURS[sort], label=sort) for sort in _COLOURS if sort in sorts]
    figure.legend(handles=patches, loc="outside lower center", frameon=False, ncols=3, fontsize=9)
    return figure


def _words(fields: Sequence[Field], title: str, more: str) -> str:
    """The picture in words: the largest parts and how many messages lie inside one another."""
    parts = [f"{name} {count:,}" for name, count in sizes(fields, depth=1).items()]
    levels = max(level for level, _ in _walk(fields))
    return (
        f"Bars below bars. {title}, up to {levels} messages inside one another. Bytes: "
        f"{', '.join(parts[:6])}{' and less' if len(parts) > 6 else ''}{more}."
    )


def _walk(fields: Sequence[Field], depth: int = MAX_DEPTH) -> Iterator[tuple[int, Field]]:
    """Every field with its level, a message before what is in it."""
    around = [iter(fields)]  # no generators inside one another: each field would pass all of them
    while around:
        for one in around[-1]:
            yield len(around) - 1, one
            if one.nested and len(around) <= depth:
                around.append(iter(one.value))
                break
        else:
            around.pop()


def _head(message: Field) -> int:
    """The bytes of a message before its fields: its tag and its length."""
    return message.length - sum(one.length for one in message.value)


def _before(message: Field) -> bytes:
    """Those bytes themselves; to encode the message for them would take all that is in it."""
    if message.raw:
        return message.raw
    size = message.length - _head(message)
    return encode_varint(message.number << 3 | message.wire_type) + encode_varint(size)


def _sort(one: Field) -> str:
    if one.nested:
        return "message"
    return "text or bytes" if isinstance(one.value, str | bytes) else "number"


def _described(one: Field) -> str:
    name = one.name or f"field {one.number}"
    if one.nested:
        return f"{name}: {one.kind}, {one.length - _head(one)} bytes"
    if isinstance(one.value, bytes):
        return f"{name} = {len(one.value)} bytes"
    if isinstance(one.value, tuple):
        return f"{name} = {len(one.value)} numbers"
    text = repr(one.value)
    return f"{name} = {text}" if len(text) <= 40 else f"{name} = {text[:40]}..."


def _label(one: Field, room: float) -> tuple[str, int]:
    """What is written on a bar `room` points wide, and turned by how many degrees."""
    short = isinstance(one.value, int | str) and len(str(one.value)) <= 8
    for label in (f"{one.name} {one.value}", one.name) if short else (one.name,):
        long = (len(label) + 1) * _LETTER
        if long <= room:
            return label, 0
        if room > 1.05 * _FONT and long <= 72 * _ROW:
            return label, 90
    return "", 0
