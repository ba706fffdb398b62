"""Counts as a line of text that folds between entries, never inside one."""

import textwrap
from collections.abc import Mapping

__all__ = ["counted"]


def counted(counts: Mapping[str, int], *, of: str = "", width: int = 90) -> str:
    """Says how many of each there are: `44 nodes: 16 MatMul, 10 SkipLayerNormalization, ...`.

    Args:
        counts: {what: how many}.
        of: what all of them are, such as `nodes`; then their sum comes first.
        width: letters of a line, at most.
    """
    entries = ", ".join(f"{number}\N{NO-BREAK SPACE}{what}" for what, number in counts.items())
    told = f"{sum(counts.values())}\N{NO-BREAK SPACE}{of}: {entries}" if of else entries
    folded = textwrap.fill(told, width, break_long_words=False, break_on_hyphens=False)
    return folded.replace("\N{NO-BREAK SPACE}", " ")
