"""The stages in Ray Data: an engine that spreads them over processes and machines."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from helpers.errors import InputError
from helpers.offline.plan import Chunk
from helpers.offline.stages import Answerer, read_chunk, write_chunk

__all__ = ["SHARES", "TRIES", "answered", "workers_that_fit"]

SHARES = {"read": 0.25, "answer": 0.5, "write": 0.25}
"""Processors that a process of each stage asks the engine for.

They are what it counts with, not what a process uses. Were they whole ones, two workers on two
cores would leave none for reading, and the run would wait for ever.
"""

TRIES = 3
"""How often a process that died is replaced. By default Ray does so for ever, and a chunk that
takes all memory would kill one after the other.

Of workers it is their restarts that are counted. Tries of a chunk are not: while a machine is being
lost, dozens of them fail within a second.
"""


def workers_that_fit(wanted: int, *, threads: int, gpus: int) -> int:
    """How many workers there are in a Ray that was started, or joined.

    Args:
        wanted: how many are asked for; 0 for one a processor, or by `threads` fewer; on GPUs one
            each.
        threads: of each worker.
        gpus: devices that each of them takes.

    Raises:
        InputError: Ray counts too few processors for them and for reading and writing beside them,
            so that some would never start, and the rest wait for ever.
    """
    import ray

    there = ray.cluster_resources()
    processors, devices = there.get("CPU", 0.0), there.get("GPU", 0.0)
    workers = wanted or max(1, int(devices if gpus else processors // threads))
    needed = workers * SHARES["answer"] + _helping(workers) * (SHARES["read"] + SHARES["write"])
    if needed > processors or workers * gpus > devices:
        raise InputError(
            f"WORKERS={workers}: with reading and writing they ask for {needed:g} processors and "
            f"{workers * gpus} GPUs, and Ray counts {processors:g} and {devices:g}; ask for fewer, "
            "or start it with more (`ray start --num-cpus`)"
        )
    return workers


def _helping(workers: int) -> int:
    """Processes that read, and as many that write."""
    return max(1, workers // 8)


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
    from ray.data import ActorPoolStrategy, TaskPoolStrategy

    helping = _helping(workers)
    # Ray 2.60 announces another way to bound tries, and does not have it yet.
    warnings.filterwarnings("ignore", message="`ray_remote_args` is deprecated")
    done = (
        ray.data.from_items([asdict(chunk) for chunk in chunks], override_num_blocks=len(chunks))
        .map(
            read_chunk,
            num_cpus=SHARES["read"],
            compute=TaskPoolStrategy(size=helping),
            max_retries=TRIES,
        )
        .map(
            Answerer,
            fn_constructor_kwargs=dict(worker),
            num_cpus=SHARES["answer"],
            num_gpus=gpus,
            compute=ActorPoolStrategy(size=workers),
            max_restarts=TRIES,
            max_task_retries=-1,
        )
        .map(
            partial(write_chunk, folder=str(folder)),
            num_cpus=SHARES["write"],
            compute=TaskPoolStrategy(size=helping),
            max_retries=TRIES,
        )
    )
    # Rows one by one would come late: Ray holds each back until the next one is there.
    for batch in done.iter_batches(batch_size=None, prefetch_batches=0, batch_format="pyarrow"):
        yield from batch.to_pylist()
