"""Which execution provider took which operators of a graph: the first of a list may take none."""

from collections import Counter
from collections.abc import Sequence

import onnxruntime

__all__ = ["nodes_by_provider"]


def nodes_by_provider(
    session: onnxruntime.InferenceSession, *, only: Sequence[str] = ("",)
) -> Counter[str]:
    """How many of a graph's operators each execution provider took, when the session was opened.

    A session for a GPU leaves to the CPU what its provider lacks, and arithmetic on shapes.

    Args:
        session: one that `open_session` opened.
        only: counts operators alone that have one of these texts in their names.

    Returns:
        {name of a provider: operators}; empty where this ONNX Runtime does not tell.
    """
    tell = getattr(session, "get_provider_graph_assignment_info", None)
    found: Counter[str] = Counter()
    for part in tell() if tell else ():
        names = [node.op_type for node in part.get_nodes()]
        found[part.ep_name] += sum(any(text in name for text in only) for name in names)
    return +found  # without those that have none
