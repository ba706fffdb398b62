"""How many operations PyTorch runs: on a GPU each of them is a launch, or several."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ["count_calls"]


def count_calls(run: Callable[[], object]) -> Counter[str]:
    """Counts the operations that compute something while a function runs.

    Args:
        run: runs a model, say. Gradients are not recorded.

    Returns:
        {operation: how often}, without views, which compute nothing, and without dropout, which
        does nothing in evaluation mode.
    """
    mode = _Calls()
    with torch.inference_mode(), mode:
        run()
    return mode.counts


class _Calls(TorchDispatchMode):
    """Notes every operation on its way to the device."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def __torch_dispatch__(
        self,
        function: Any,
        types: Sequence[type],
        args: tuple = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> object:
        """Counts one operation, then runs it."""
        if not function.is_view and function._opname != "dropout":
            self.counts[function._opname] += 1
        return function(*args, **(kwargs or {}))
