"""A training step as CUDA graphs: on a GPU a small model waits for its kernels to be started.

A step of the small model starts some 700 kernels, most of which run for a few millionths of a
second: the processor cannot start them as fast as the GPU runs them. A CUDA graph records all of
them once and starts them together. It is bound to the addresses and the shapes that it was
recorded with, so each width of a batch has a graph and inputs of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch

from .batches import Batch

__all__ = ["Captured"]


class _Recorded(NamedTuple):
    graph: torch.cuda.CUDAGraph
    inputs: Batch
    right: torch.Tensor


class Captured:
    """Takes a step eagerly the first time that a shape comes, and as one CUDA graph from then on.

    Args:
        take: one whole step on tensors on the GPU, from the loss to the moved weights. It must
            read nothing back from the GPU and set the gradients to None before it begins.
    """

    def __init__(self, take: Callable[[Batch, bool], torch.Tensor]) -> None:
        self._take = take
        self._recorded: dict[tuple[int, bool], _Recorded] = {}
        self._side = torch.cuda.Stream()
        self._memory = torch.cuda.graph_pool_handle()

    def __call__(self, batch: Batch, spans: bool) -> torch.Tensor:
        """Take one step.

        Args:
            batch: The batch, on the GPU.
            spans: As `losses.loss_of` takes it.

        Returns:
            The share of right answers, on the GPU; the next step overwrites it.
        """
        shape = (batch.ids.shape[1], spans)
        if shape not in self._recorded:
            return self._first(batch, spans)
        graph, inputs, right = self._recorded[shape]
        for ours, theirs in zip(inputs, batch, strict=True):
            ours.copy_(theirs)
        graph.replay()
        return right

    def _first(self, batch: Batch, spans: bool) -> torch.Tensor:
        """Take the step itself, then record it for the batches to come."""
        self._side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._side):  # recording asks for a stream other than the default
            right = self._take(batch, spans)
        torch.cuda.current_stream().wait_stream(self._side)
        graph = torch.cuda.CUDAGraph()
        inputs = Batch(*(tensor.clone() for tensor in batch))
        with torch.cuda.graph(graph, pool=self._memory):
            recorded = self._take(inputs, spans)
        self._recorded[batch.ids.shape[1], spans] = _Recorded(graph, inputs, recorded)
        return right
