"""What a cell printed, as a notebook stores it: one output a stream, as a terminal would show it.

nbclient and myst-nb can do it too. Their pattern for a carriage return takes time by the square of
a line's length: 1 MB printed in one line keeps them busy for minutes, and no limit interrupts it.
"""

from collections.abc import Sequence

from nbformat import NotebookNode

__all__ = ["as_shown", "merged"]


def as_shown(text: str) -> str:
    """What is left of a text when carriage returns have been obeyed.

    Args:
        text: what was printed. A carriage return at a line's end stays.
    """
    return "\n".join(map(_line, text.split("\n")))


def _line(line: str) -> str:
    return line[line.rfind("\r", 0, max(0, len(line) - 1)) + 1 :]


def merged(outputs: Sequence[NotebookNode]) -> list[NotebookNode]:
    """Joins the pieces of each stream where its first one stands; standard output goes first.

    The pieces come as they like, and so do the two streams beside each other: their order says
    nothing, and would change from run to run.

    Args:
        outputs: of one cell, as the kernel sent them; streams among them are changed.
    """
    first: dict[str, NotebookNode] = {}
    texts: dict[str, list[str]] = {}
    kept: list[NotebookNode] = []
    for output in outputs:
        if output.output_type != "stream":
            kept.append(output)
            continue
        if output.name not in first:
            first[output.name] = output
            kept.append(output)
        texts.setdefault(output.name, []).append(output.text)
    for name, output in first.items():
        output.text = as_shown("".join(texts[name]))
    for at in range(len(kept) - 1):
        if [one.get("name") for one in kept[at : at + 2]] == ["stderr", "stdout"]:
            kept[at], kept[at + 1] = kept[at + 1], kept[at]
    return kept
