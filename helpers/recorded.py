"""The records that the project keeps: `data/records/<machine>-<model>.json`, asked for by name.

A chapter names the record that it shows, so that a record that is added later changes no page.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from helpers.errors import InputError
from helpers.files import PROJECT
from helpers.plain_json import read_json

__all__ = ["RECORDS", "SCHEMA", "article_ms", "machine_name", "medians", "recorded", "rung_of"]

RECORDS = PROJECT / "data" / "records"
"""Where they lie."""

_BYTES = 5_000_000  # of a record; the largest that a benchmark has written had 250,000
_RUNGS = 1000  # of a record; the ladder has some twenty
_DEEP = 20  # lists and names inside one another; a record has six
_LETTERS = 1000  # of a text; the longest that a benchmark has written had 160
_LEAST, _MOST = 1e-12, 1e18  # of a number that is not 0

SCHEMA = RECORDS.parent / "record.schema.json"
"""What a record holds."""


def recorded(
    name: str, folder: Path = RECORDS, *, schema: Path = SCHEMA, command: str = "`make bench`"
) -> dict[str, Any]:
    """A record that `make bench` made on some machine, or another command.

    Args:
        name: its file's name without the ending, such as `h200-bert-large-random`.
        folder: where records lie.
        schema: what the record is held against.
        command: what makes such records, for the errors.

    Returns:
        The record, as its schema describes it.

    Raises:
        InputError: there is none of that name in the folder, or it is none.
    """
    path = folder / f"{name}.json"
    if Path(name).name != name or not path.is_file():
        there = ", ".join(sorted(one.stem for one in folder.glob("*.json"))) or "none"
        raise InputError(
            f"{name}: no such record in {folder}; there are: {there}. To make one: {command}"
        )
    remedy = f"restore it, or {command}"
    found = read_json(path, most=_BYTES, remedy=remedy, constant=_no_number)
    _check(path, found, schema, command)
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _check(path: Path, found: object, schema: Path, command: str) -> None:
    """Raises InputError unless the schema describes what was found, and it can be drawn."""
    import jsonschema  # here, because a machine that only measures need not have it

    rows = found.get("rungs") if isinstance(found, Mapping) else None
    if isinstance(rows, list) and len(rows) > _RUNGS:
        told = f"no record, it has {len(rows):,} rungs, and {_RUNGS} are read at most"
        raise InputError(f"{path}: {told}; restore it, or {command}")
    for value in _values(found):
        if isinstance(value, list):
            wrong, value = True, f"a list or object {_DEEP} levels deep"
        elif isinstance(value, str):
            wrong = len(value) > _LETTERS
        else:  # NaN and infinity are refused above; JSON's own 1e999 is infinity too
            wrong = value != 0 and not _LEAST <= abs(value) <= _MOST
        if wrong:
            raise InputError(
                f"{path}: no record, {value!s:.60} is no text, time or amount of a benchmark "
                f"(at most {_LETTERS:,} letters; numbers from {_LEAST:g} to {_MOST:g}); restore "
                f"it, or {command}"
            )
    rules = json.loads(schema.read_text(encoding="utf-8"))
    errors = jsonschema.Draft202012Validator(rules).iter_errors(found)
    error = jsonschema.exceptions.best_match(islice(errors, 100))  # of a million none is better
    if error is not None:
        raise InputError(
            f"{path}: no record, {error.json_path} is not as the schema says "
            f"({error.message:.120}); restore it, or {command}"
        )


def _values(found: object, depth: int = 0) -> Iterator[str | float | list]:
    """Every text and number in it, names of entries too; what lies too deep comes as one list."""
    if isinstance(found, (Mapping, list)) and depth > _DEEP:
        yield [found]
    elif isinstance(found, Mapping):
        for name, value in found.items():
            yield name
            yield from _values(value, depth + 1)
    elif isinstance(found, list):
        for value in found:
            yield from _values(value, depth + 1)
    elif isinstance(found, (str, int, float)) and not isinstance(found, bool):
        yield found


def rung_of(record: Mapping[str, Any], slug: str) -> Mapping[str, Any]:
    """One rung of a record.

    Args:
        record: a record.
        slug: the rung's short name, such as `ort-fused`.

    Raises:
        InputError: the record does not hold it; what it says of the reason is told.
    """
    for rung in record["rungs"]:
        if rung["slug"] == slug:
            return rung
    skipped = {one["slug"]: one["reason"] for one in record["skipped"]}
    there = ", ".join(rung["slug"] for rung in record["rungs"])
    reason = f" ({skipped[slug]})" if slug in skipped else ""
    raise InputError(f"{slug}: not measured in this record{reason}; there are: {there}")


def medians(record: Mapping[str, Any], field: str = "latency_ms") -> dict[str, float]:
    """{short name of a rung: its median in milliseconds}, for the rungs that have one.

    Args:
        record: a record.
        field: `latency_ms`, or `device_ms`: what a GPU took by itself.
    """
    return {rung["slug"]: rung[field]["p50"] for rung in record["rungs"] if rung.get(field)}


def machine_name(record: Mapping[str, Any]) -> str:
    """What a record's rungs ran on: the GPU's name, where it has one, else the processor's."""
    return record["machine"]["gpu"] or record["machine"]["cpu"]


def article_ms(path: Path = RECORDS.parent / "article-a10.json") -> dict[str, float]:
    """{engine: mean latency in milliseconds}: the article's BERT-large, on an NVIDIA A10.

    Args:
        path: the file that holds it.
    """
    return json.loads(path.read_text(encoding="utf-8"))["latency_ms"]
