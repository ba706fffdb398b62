"""What the charts read from a record, and the one line that says what a record lacks."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from helpers.errors import InputError

__all__ = ["headline", "limit_in", "rungs_in", "short"]


def headline(record: Mapping[str, Any], *, shape: bool = True) -> str:
    """What a record is about, in one line: model, shape, threads, machine.

    Args:
        record: a record, or the part of one that a chapter puts together.
        shape: whether batch and tokens are told; not where a chart shows many of them.
    """
    machine, settings = record["machine"], record["settings"]
    where = machine["gpu"] if settings["device"] == "cuda" else machine["cpu"]
    weights = "" if record["model"]["trained"] else ", random weights"
    told = f"batch {settings['batch']}, {settings['seq']} tokens, " if shape else ""
    return f"{record['model']['name']}{weights}: {told}{settings['threads']} threads, {where}"


def rungs_in(record: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """A record's rungs.

    Raises:
        InputError: it has none, as where a run was stopped before the first was measured.
    """
    if not record.get("rungs"):
        raise InputError(
            f"record of {_name(record)}: holds no measured rung, so there is nothing to draw; "
            "run `make bench` to its end"
        )
    return record["rungs"]


def limit_in(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a record says of its machine's peaks and bandwidth, and of the model's arithmetic.

    Raises:
        InputError: it says nothing of them.
    """
    if not record.get("limit"):
        raise InputError(
            f"record of {_name(record)}: holds no `limit` (peaks, bandwidth, FLOPs); "
            "make it again with `make bench`, which measures them"
        )
    return record["limit"]


def short(value: float) -> str:
    """A number with three digits that count: 86,532, 716, 89.1, 4.06, 0.134."""
    digits = 2 - math.floor(math.log10(abs(value))) if value else 2
    return f"{value:,.{min(max(digits, 0), 6)}f}"


def _name(record: Mapping[str, Any]) -> str:
    return str(record.get("model", {}).get("name", "an unnamed model"))
