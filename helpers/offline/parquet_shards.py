"""Shards as the hub keeps them: Parquet with the columns of SQuAD."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

from helpers.errors import InputError, reason_of
from helpers.offline.entries import MOST, Entry, Refused, entries_in

__all__ = ["COLUMNS", "count_rows", "entries_of_parquet"]

COLUMNS = ("id", "title", "context", "question", "answers")
"""What a Parquet shard holds: text, and in `answers` the lists `text` and `answer_start`."""

_ROWS = 64  # of a Parquet shard, read at a time
_TEXTS = ("id", "title", "context", "question")  # kept once each while they are read, however often
_UNPACKED = 1 << 29  # bytes of a group of rows
_OF_A_ROW = 100  # answers; as of a question in a SQuAD file


def entries_of_parquet(shard: Path) -> Iterator[Entry]:
    """All that a Parquet shard holds, row by row.

    How many answers a row claims shows only as they are read, at some 40 bytes of memory each; of
    more than 100 none is kept. (What the file's end says of its columns is not asked for: pyarrow
    aborts where that is damaged.)

    Raises:
        InputError: as `count_rows`, or a part of the file is damaged.
    """
    import pyarrow

    place = 0
    rows = count_rows(shard)
    try:
        for batch in _opened(shard, once=True).iter_batches(_ROWS, columns=list(COLUMNS)):
            for number in range(len(batch)):
                yield _of_row(batch.slice(number, 1), f"row {place + number}", shard.name)
            place += len(batch)
    except (OSError, pyarrow.ArrowException) as error:
        raise _damaged(shard, error) from error
    if place != rows:
        raise _damaged(shard, ValueError(f"it says {rows:,} rows and has {place:,}"))


def count_rows(shard: Path) -> int:
    """How many rows a Parquet file says, at its end, that it has.

    Raises:
        InputError: it is no Parquet file, has other columns, or says more than shall be read.
    """
    file = _opened(shard)
    rows = file.metadata.num_rows
    if not 0 <= rows <= MOST:
        raise InputError(
            f"{shard}: says that it has {rows:,} rows, and {MOST:,} are read at most; split it "
            "into several shards"
        )
    groups = (file.metadata.row_group(at) for at in range(file.metadata.num_row_groups))
    if (size := max((group.total_byte_size for group in groups), default=0)) > _UNPACKED:
        raise InputError(
            f"{shard}: a group of its rows has {size:,} bytes unpacked, and {_UNPACKED:,} are read "
            "at most; write it in smaller groups"
        )
    return rows


def _of_row(batch: Any, place: str, name: str) -> Entry:
    """The entry of one row: the same checks as in a SQuAD file, under its row's number."""
    if (count := _answers_of(batch)) > _OF_A_ROW:
        return Refused(place, f"{name}: {place} has {count:,} answers, more than {_OF_A_ROW}")
    try:
        row = batch.to_pylist()[0]
    except UnicodeDecodeError as error:
        return Refused(place, f"{name}: unreadable text ({error})")
    entry = next(entries_in(_as_file(row), name))
    return Refused(place, entry.reason) if isinstance(entry, Refused) else entry


def _answers_of(batch: Any) -> int:
    """How many answers one row has, by the lengths of its lists: none of them is unpacked."""
    lists = batch.column("answers")
    ends = (lists.field(key).offsets for key in ("text", "answer_start"))
    return max(end[1].as_py() - end[0].as_py() for end in ends)


def _as_file(row: dict[str, Any]) -> dict[str, Any]:
    answers = row["answers"] or {}
    pairs = zip_longest(answers.get("text") or (), answers.get("answer_start") or ())
    given = [{"text": text, "answer_start": start} for text, start in pairs]
    qa = {"id": row["id"], "question": row["question"], "answers": given}
    paragraph = {"context": row["context"], "qas": [qa]}
    return {"data": [{"title": row["title"] or "", "paragraphs": [paragraph]}]}


def _opened(shard: Path, *, once: bool = False) -> Any:
    """A Parquet file whose columns are those of `COLUMNS`; every text of it may be kept once."""
    import pyarrow
    import pyarrow.parquet as parquet

    try:
        file = parquet.ParquetFile(shard)
        if once:
            paths = (file.schema.column(at).path for at in range(len(file.schema)))
            texts = [one for one in paths if one.startswith("answers.text.")]  # names differ
            return parquet.ParquetFile(shard, read_dictionary=[*_TEXTS, *texts])
    except (OSError, pyarrow.ArrowException) as error:
        raise _damaged(shard, error) from error
    types = {field.name: field.type for field in file.schema_arrow}
    wrong = [name for name in COLUMNS if not _fits(name, types.get(name))]
    if wrong:
        raise InputError(
            f"{shard}: its columns {', '.join(wrong)} are missing or of another type; every shard "
            "needs id, title, context, question (text) and answers (text and answer_start, lists)"
        )
    return file


def _damaged(shard: Path, error: Exception) -> InputError:
    return InputError(
        f"{shard}: no whole Parquet file ({reason_of(error)}); fetch or write it again, "
        "or move it out of the folder"
    )


def _fits(name: str, kind: Any) -> bool:
    """Whether a column is text or, for `answers`, two lists side by side."""
    import pyarrow.types as types

    if kind is None:
        return False
    if name != "answers":
        return types.is_string(kind) or types.is_large_string(kind)
    if not types.is_struct(kind):
        return False
    inner = {field.name: field.type for field in kind}
    return all(
        key in inner and (types.is_list(inner[key]) or types.is_large_list(inner[key]))
        for key in ("text", "answer_start")
    )
