"""Questions from one file or a folder of them: SQuAD v1.1 JSON, or Parquet as the hub keeps it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from helpers.errors import InputError, reason_of
from helpers.squad import Example, examples_of, squad_root

__all__ = ["COLUMNS", "Entry", "Refused", "count_entries", "entries_of", "shards_in"]

COLUMNS = ("id", "title", "context", "question", "answers")
"""What a Parquet shard holds: text, and in `answers` the lists `text` and `answer_start`."""

_KINDS = (".json", ".parquet")
_ROWS = 1000  # of a Parquet shard, read at a time
_ENTRIES = 500_000  # of a shard, of which a worker keeps one in memory
_LETTERS = 300_000_000  # of its passages, each counted as often as it is asked about


@dataclass(frozen=True)
class Refused:
    """A question that cannot be used.

    Attributes:
        place: where it stands in its shard, or its id.
        reason: why, in one line.
    """

    place: str
    reason: str


Entry = Example | Refused
"""What stands at one place of a shard."""


def shards_in(path: Path | str) -> list[Path]:
    """The shards that a path names: the file itself, or the folder's, in the order of their names.

    Raises:
        InputError: there is no such path, or the folder holds no shard.
    """
    path = Path(path)
    if not path.is_dir():
        if not path.is_file():
            raise InputError(f"{path}: no such file or folder; give a SQuAD file, or its shards")
        return [path]
    found = sorted(one for one in path.iterdir() if one.suffix in _KINDS and one.is_file())
    if not found:
        raise InputError(f"{path}: holds no shard; put files *.json or *.parquet there")
    return found


def entries_of(shard: Path) -> list[Entry]:
    """All that a shard holds, in its order.

    What cannot be used stands there with its reason: an answer that is not in its passage, a
    question without one, an id that stands twice, text that is none.

    Raises:
        InputError: the shard itself cannot be read: it is cut short, has other columns, or holds
            more than a process shall keep: a Parquet file of some kB may repeat a text endlessly.
    """
    entries: list[Entry] = []
    rows = _of_parquet if shard.suffix == ".parquet" else _of_json
    seen: set[str] = set()
    letters = 0
    for entry in rows(shard):
        letters += len(getattr(entry, "context", ""))
        if letters > _LETTERS or len(entries) == _ENTRIES:
            raise InputError(
                f"{shard}: has more than {_ENTRIES:,} questions, or than {_LETTERS:,} letters of "
                "passages; split it into several shards"
            )
        if isinstance(entry, Example) and entry.id in seen:
            entry = Refused(entry.id, f"{shard.name}: the id {entry.id!r:.60} stands twice")
        entries.append(entry)
        seen.add(getattr(entry, "id", ""))
    return entries


def count_entries(shard: Path) -> int:
    """How many entries a shard has; a Parquet file tells at its end, so it is not read.

    Raises:
        InputError: as `entries_of`.
    """
    if shard.suffix == ".parquet":
        return _opened(shard).metadata.num_rows
    return len(entries_of(shard))


def _of_json(shard: Path) -> Iterator[Entry]:
    yield from _told(squad_root(shard), shard.name)


def _told(root: Any, name: str) -> Iterator[Entry]:
    """Questions, and between them what was left out, each in its place."""
    refused: list[Entry] = []
    examples = examples_of(root, name, lambda place, why: refused.append(Refused(place, why)))
    for example in examples:
        yield from refused
        refused.clear()
        yield example
    yield from refused


def _of_parquet(shard: Path) -> Iterator[Entry]:
    import pyarrow

    place = 0
    try:
        for batch in _opened(shard).iter_batches(_ROWS, columns=list(COLUMNS)):
            for number in range(len(batch)):
                yield _of_row(batch.slice(number, 1), f"row {place + number}", shard.name)
            place += len(batch)
    except (OSError, pyarrow.ArrowException) as error:
        raise _damaged(shard, error) from error


def _of_row(batch: Any, place: str, name: str) -> Entry:
    """The entry of one row: the same checks as in a SQuAD file, under its row's number."""
    try:
        row = batch.to_pylist()[0]
    except UnicodeDecodeError as error:
        return Refused(place, f"{name}: unreadable text ({error})")
    entry = next(_told(_as_file(row), name))
    return Refused(place, entry.reason) if isinstance(entry, Refused) else entry


def _as_file(row: dict[str, Any]) -> dict[str, Any]:
    answers = row["answers"] or {}
    pairs = zip_longest(answers.get("text") or (), answers.get("answer_start") or ())
    given = [{"text": text, "answer_start": start} for text, start in pairs]
    qa = {"id": row["id"], "question": row["question"], "answers": given}
    paragraph = {"context": row["context"], "qas": [qa]}
    return {"data": [{"title": row["title"] or "", "paragraphs": [paragraph]}]}


def _opened(shard: Path) -> Any:
    """A Parquet file whose columns are those of `COLUMNS`."""
    import pyarrow
    import pyarrow.parquet as parquet

    try:
        file = parquet.ParquetFile(shard)
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
