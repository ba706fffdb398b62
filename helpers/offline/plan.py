"""What is to be done, as chunks: each is named by all that decides its answers.

A chunk is the unit of resuming. Its windows are sorted by length among themselves and cut into
batches, so what runs together depends on the chunk alone: whoever answers it, whenever, on however
many machines of a kind, gets the same bits. (Dynamic int8 takes the range of its numbers from the
whole batch: in other company a window has other logits.)
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.errors import InputError
from helpers.files import sha256
from helpers.offline.shards import count_entries

__all__ = ["Chunk", "chunks_of", "digests_of"]


@dataclass(frozen=True)
class Chunk:
    """Neighbours in one shard, answered together.

    Attributes:
        shard: the shard's path.
        start: the first entry of the shard that is in it.
        stop: the entry behind the last.
        digest: the SHA-256 of the shard.
        key: 16 hexadecimal digits of what decides the answers.
    """

    shard: str
    start: int
    stop: int
    digest: str
    key: str


def digests_of(shards: Sequence[Path]) -> dict[str, str]:
    """{name of a shard: SHA-256 of its bytes}."""
    return {shard.name: sha256(shard) for shard in shards}


def chunks_of(
    shards: Sequence[Path], digests: Mapping[str, str], decisive: Mapping[str, Any], size: int
) -> list[Chunk]:
    """Cuts shards into chunks, reading one shard at a time.

    Args:
        shards: files, as `shards_in` gives them.
        digests: {name: SHA-256}, as `digests_of` gives them.
        decisive: what else decides the answers: the model file's hash, and settings.
        size: entries of a chunk, at most.

    Raises:
        InputError: `size` is below 1, or a shard cannot be read.
    """
    if size < 1:
        raise InputError(f"CHUNK={size}: must be at least 1")
    chunks = []
    for shard in shards:
        count = count_entries(shard)
        for start in range(0, count, size):
            stop = min(start + size, count)
            digest = digests[shard.name]
            key = _key(decisive, digest, start, stop)
            chunks.append(Chunk(str(shard), start, stop, digest, key))
    return chunks


def _key(decisive: Mapping[str, Any], digest: str, start: int, stop: int) -> str:
    text = json.dumps([dict(decisive), digest, start, stop], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
