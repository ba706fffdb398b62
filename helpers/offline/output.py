"""A run's folder: a Parquet file for every chunk, and a manifest that says what the run was.

    manifest.json
    answers/shard=dev-v1.1.json/00000512-<key>.parquet
    errors/shard=dev-v1.1.json/00000512-<key>.parquet      where something was refused

A file is written beside its place and renamed into it: whole or absent, so what is there is done.
`errors` go first, so that a chunk whose answers stand has its errors too.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from helpers.errors import InputError
from helpers.files import put_in_place, write_json
from helpers.offline.plan import Chunk

__all__ = ["ANSWERS", "ERRORS", "answers_path", "claim", "is_done", "rows_in", "write_rows"]

ANSWERS = "answers"
"""The folder of what was answered."""

ERRORS = "errors"
"""The folder of what was refused, with reasons."""

_KEY = b"chunk"  # of a file's metadata: the chunk that it is of


def claim(folder: Path, decisive: Mapping[str, Any], digests: Mapping[str, str]) -> None:
    """Makes a folder this run's own, or finds that it is.

    Shards may be added later; one that was answered may neither change nor go.

    Args:
        folder: where results go.
        decisive: what decides the answers besides the shards.
        digests: {name of a shard: SHA-256}.

    Raises:
        InputError: it holds another run's results, or files that are no run's.
    """
    manifest = folder / "manifest.json"
    if manifest.exists():
        _same(manifest, decisive, digests)
    elif folder.exists() and any(folder.iterdir()):
        raise InputError(f"OUT={folder}: holds files, but no manifest.json; name an empty folder")
    write_json(manifest, {"settings": dict(decisive), "shards": dict(digests)})


def _same(manifest: Path, decisive: Mapping[str, Any], digests: Mapping[str, str]) -> None:
    folder = manifest.parent
    try:
        found = json.loads(manifest.read_text(encoding="utf-8"))
        settings, shards = dict(found["settings"]), dict(found["shards"])
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{manifest}: no manifest of a run; name another folder") from None
    plain = json.loads(json.dumps(dict(decisive)))
    for name in {**plain, **settings}:
        there, here = settings.get(name), plain.get(name)
        if there != here:
            raise InputError(
                f"OUT={folder}: another run's, with {name}={there!s:.70} where this one has "
                f"{here!s:.70}; name another folder, or set it so"
            )
    for name, digest in shards.items():
        if digests.get(name) != digest:
            raise InputError(
                f"OUT={folder}: another run's, whose shard {name} was a different one; "
                "name another folder"
            )


def answers_path(folder: Path, chunk: Chunk, kind: str = ANSWERS) -> Path:
    """Where a chunk's answers stand, or its errors."""
    shard = quote(Path(chunk.shard).name, safe="")
    return folder / kind / f"shard={shard}" / f"{chunk.start:08d}-{chunk.key}.parquet"


def is_done(folder: Path, chunk: Chunk) -> bool:
    """Whether a chunk's answers stand there, whole."""
    import pyarrow
    import pyarrow.parquet as parquet

    try:
        metadata = parquet.read_metadata(answers_path(folder, chunk))
    except (OSError, pyarrow.ArrowException):
        return False
    return (metadata.metadata or {}).get(_KEY) == chunk.key.encode()


def write_rows(
    folder: Path, chunk: Chunk, answered: Sequence[Mapping], refused: Sequence[Mapping]
) -> None:
    """Puts a chunk's results in place: the same bytes for the same results.

    Args:
        folder: where results go.
        chunk: what they are of.
        answered: {"place", "id", "title", "question", "accepted", "answer", "exact_match", "f1"}.
        refused: {"place", "reason"}.
    """
    if refused:
        _write(answers_path(folder, chunk, ERRORS), chunk, refused, _schema(ERRORS))
    _write(answers_path(folder, chunk), chunk, answered, _schema(ANSWERS))


def rows_in(folder: Path, chunks: Sequence[Chunk], kind: str = ANSWERS) -> Iterator[dict[str, Any]]:
    """The rows of chunks, in the order of the input; a chunk's file is read at a time."""
    import pyarrow.parquet as parquet

    for chunk in chunks:
        path = answers_path(folder, chunk, kind)
        if path.exists():
            yield from parquet.ParquetFile(path).read().to_pylist()


def _write(path: Path, chunk: Chunk, rows: Sequence[Mapping], schema: Any) -> None:
    import pyarrow
    import pyarrow.parquet as parquet

    table = pyarrow.Table.from_pylist(list(rows), schema.with_metadata({_KEY: chunk.key.encode()}))
    with put_in_place(path) as temporary:
        parquet.write_table(table, temporary)


def _schema(kind: str) -> Any:
    import pyarrow

    text, number = pyarrow.string(), pyarrow.float64()
    if kind == ERRORS:
        return pyarrow.schema({"place": text, "reason": text})
    return pyarrow.schema(
        {
            **dict.fromkeys(("id", "title", "question"), text),
            "accepted": pyarrow.list_(text),
            "answer": text,
            "exact_match": number,
            "f1": number,
        }
    )
