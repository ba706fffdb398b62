"""Questions from one file or a folder of them: SQuAD v1.1 JSON, or Parquet as the hub keeps it."""

from collections.abc import Iterator
from pathlib import Path

from helpers.errors import InputError
from helpers.offline.entries import MOST, Entry, Refused, entries_in
from helpers.offline.parquet_shards import count_rows, entries_of_parquet
from helpers.squad import Example, squad_root

__all__ = ["count_entries", "entries_of", "shards_in"]

_KINDS = (".json", ".parquet")
_LETTERS = 300_000_000  # of its passages, each counted as often as it is asked about


def shards_in(path: Path | str) -> list[Path]:
    """The shards that a path names: the file itself, or the folder's, in the order of their names.

    Raises:
        InputError: there is no such path, the folder holds no shard, or one whose name is no text.
    """
    path = Path(path)
    if not path.is_dir():
        if not path.is_file():
            raise InputError(f"{path}: no such file or folder; give a SQuAD file, or its shards")
        return [_named(path)]
    found = sorted(one for one in path.iterdir() if one.suffix in _KINDS and one.is_file())
    if not found:
        raise InputError(f"{path}: holds no shard; put files *.json or *.parquet there")
    return list(map(_named, found))


def _named(shard: Path) -> Path:
    """A shard whose name is text: it goes into names of folders, and into a manifest."""
    if any("\udc80" <= letter <= "\udcff" for letter in shard.name):
        raise InputError(f"{shard}: its name is no UTF-8; rename it")
    return shard


def entries_of(shard: Path) -> list[Entry]:
    """All that a shard holds, in its order.

    What cannot be used stands there with its reason: an answer that is not in its passage, a
    question without one, an id that stands twice, text that is none.

    Raises:
        InputError: the shard itself cannot be read: it is cut short, has other columns, or holds
            more than a process shall keep: a Parquet file of some kB may repeat a text endlessly.
    """
    entries: list[Entry] = []
    rows = entries_of_parquet if shard.suffix == ".parquet" else _of_json
    seen: set[str] = set()
    letters = 0
    for entry in rows(shard):
        letters += len(getattr(entry, "context", ""))
        if letters > _LETTERS or len(entries) == MOST:
            raise InputError(
                f"{shard}: has more than {MOST:,} questions, or than {_LETTERS:,} letters of "
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
        return count_rows(shard)
    return len(entries_of(shard))


def _of_json(shard: Path) -> Iterator[Entry]:
    yield from entries_in(squad_root(shard), shard.name)
