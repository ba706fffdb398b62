"""A table of what was fused: a row a file."""

from collections.abc import Mapping

from helpers.fusion import FUSED_OPERATORS

__all__ = ["fusion_table"]


def fusion_table(counts: Mapping[str, Mapping[str, int]]) -> str:
    """A table of text: a row a file, a column for each of `FUSED_OPERATORS`.

    Args:
        counts: {what the row is called: counts of operators, as `fused_counts` gives them}.
    """
    width = max(map(len, counts))
    lines = [" ".join([" " * width, *FUSED_OPERATORS])]
    for name, found in counts.items():
        cells = (f"{found.get(operator, 0):{len(operator)}}" for operator in FUSED_OPERATORS)
        lines.append(" ".join([name.ljust(width), *cells]))
    return "\n".join(lines)
