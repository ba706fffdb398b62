"""The stages in Ray Data: an engine that spreads them over processes and machines."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from helpers.offline.plan import Chunk
from helpers.offline.stages import Answerer, read_chunk, write_chunk

__all__ = ["SHARES", "answered"]

SHARES = {"read": 0.25, "answer": 0.5, "write": 0.25}
"""Processors that a process of each stage asks the engine for.

They are what it counts with, not what a process uses. Were they whole ones, two workers on two
cores would leave none for reading, and the run would wait for ever.
"""


def answered(
    chunks: Sequence[Chunk], folder: Path, worker: Mapping[str, Any], *, workers: int, gpus: int = 0
) -> Iterator[dict[str, Any]]:
    """Answers chunks in Ray, which must have been started.

    Args:
        chunks: what is to be done; at least one.
        folder: where results go: the same place on every machine.
        worker: what an `Answerer` is made from.
        workers: how many work at a time.
        gpus: devices that each of them takes.

    Yields:
        What `write_chunk` says of every chunk, as they end.
    """
    import ray.data

    helping = max(1, workers // 8)  # processes that read and that write
    done = (
        ray.data.from_items([asdict(chunk) for chunk in chunks], override_num_blocks=len(chunks))
        .map(read_chunk, num_cpus=SHARES["read"], concurrency=helping)
        .map(
            Answerer,
            fn_constructor_kwargs=dict(worker),
            num_cpus=SHARES["answer"],
            num_gpus=gpus,
            concurrency=workers,
        )
        .map(
            partial(write_chunk, folder=str(folder)),
            num_cpus=SHARES["write"],
            concurrency=helping,
        )
    )
    yield from done.iter_rows()
