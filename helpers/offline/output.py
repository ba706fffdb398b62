"""What a run leaves: a Parquet file for every chunk.

    answers/shard=dev-v1.1.json/00000512-<key>.parquet
    errors/shard=dev-v1.1.json/00000512-<key>.parquet      where something was refused

A file is written beside its place and renamed into it: whole or absent. `errors` go first, so that
a chunk whose answers stand has its errors too. The answers' file holds a digest of both files'
rows: a chunk is done where they still have it, so one that was altered is made again.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from helpers.errors import InputError, reason_of
from helpers.files import put_in_place
from helpers.offline.plan import Chunk

__all__ = ["ANSWERS", "ERRORS", "answers_path", "is_done", "rows_in", "write_rows"]

ANSWERS = "answers"
"""The folder of what was answered."""

ERRORS = "errors"
"""The folder of what was refused, with reasons."""

_LONGEST = 150  # letters of a shard's name in that of its folder
_KEY = b"chunk"  # of a file's metadata: the chunk that it is of
_DIGEST = b"rows"  # of an answers file's: what `_digest` says of the chunk's rows


def answers_path(folder: Path, chunk: Chunk, kind: str = ANSWERS) -> Path:
    """Where a chunk's answers stand, or its errors."""
    shard = quote(Path(chunk.shard).name, safe="")
    if len(shard) > _LONGEST:  # of a name of Chinese letters, say, each of which becomes nine
        shard = f"{shard[:_LONGEST]}-{hashlib.sha256(shard.encode()).hexdigest()[:16]}"
    return folder / kind / f"shard={shard}" / f"{chunk.start:08d}-{chunk.key}.parquet"


def is_done(folder: Path, chunk: Chunk) -> bool:
    """Whether a chunk's answers stand there, and its errors, as they were written."""
    try:
        answers = _read(answers_path(folder, chunk))
        told = answers.schema.metadata or {}
        refused = _rows(folder, chunk, ERRORS)
        found = _digest(answers.to_pylist(), refused)
    except _unreadable():
        return False
    return (told.get(_KEY), told.get(_DIGEST)) == (chunk.key.encode(), found)


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
    answers, errors = _table(answered, ANSWERS), _table(refused, ERRORS)
    told = {_KEY: chunk.key.encode(), _DIGEST: _digest(answers.to_pylist(), errors.to_pylist())}
    path = answers_path(folder, chunk, ERRORS)
    if refused:
        _write(path, errors, told)
    else:
        path.unlink(missing_ok=True)  # another hand's
    _write(answers_path(folder, chunk), answers, told)


def rows_in(folder: Path, chunks: Sequence[Chunk], kind: str = ANSWERS) -> Iterator[dict[str, Any]]:
    """The rows of chunks, in the order of the input; a chunk's file is read at a time.

    Raises:
        InputError: a file was altered since it was found to be done.
    """
    for chunk in chunks:
        try:
            yield from _rows(folder, chunk, kind)
        except _unreadable() as error:
            path = answers_path(folder, chunk, kind)
            raise InputError(
                f"{path}: missing or altered ({reason_of(error)}); run again, and on several "
                "machines see that OUT is on a disk that all of them share"
            ) from error


def _rows(folder: Path, chunk: Chunk, kind: str) -> list[dict[str, Any]]:
    path = answers_path(folder, chunk, kind)
    nothing = kind == ERRORS and not path.exists()
    return [] if nothing else _read(path).to_pylist()


def _read(path: Path) -> Any:
    import pyarrow.parquet as parquet

    return parquet.ParquetFile(path).read()


def _unreadable() -> tuple[type[Exception], ...]:
    """What reading a damaged Parquet file raises."""
    import pyarrow

    return (OSError, ValueError, KeyError, TypeError, pyarrow.ArrowException)


def _digest(answered: Sequence[Mapping], refused: Sequence[Mapping]) -> bytes:
    """The SHA-256 of rows as they come out of a file."""
    columns = (_schema(ANSWERS).names, _schema(ERRORS).names)
    kept = [
        [[row[name] for name in names] for row in rows]
        for names, rows in zip(columns, (answered, refused), strict=True)
    ]
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest().encode()


def _table(rows: Sequence[Mapping], kind: str) -> Any:
    import pyarrow

    return pyarrow.Table.from_pylist(list(rows), _schema(kind))


def _write(path: Path, table: Any, told: Mapping[bytes, bytes]) -> None:
    import pyarrow.parquet as parquet

    with put_in_place(path) as temporary:
        parquet.write_table(table.replace_schema_metadata(told), temporary)


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
