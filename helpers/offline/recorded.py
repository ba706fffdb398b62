"""The records of throughput that the project keeps, `data/throughput/<machine>.json`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.files import PROJECT
from helpers.offline.parts import IN_DRIVER
from helpers.recorded import recorded

__all__ = ["RECORDS", "SCHEMA", "Scale", "scale_of", "throughput"]

RECORDS = PROJECT / "data" / "throughput"
"""Where they lie."""

SCHEMA = PROJECT / "data" / "throughput.schema.json"
"""What a record holds."""

_COMMAND = "`python -m helpers.offline.throughput`"


def throughput(name: str, folder: Path = RECORDS) -> dict[str, Any]:
    """A record that `python -m helpers.offline.throughput` made on some machine.

    Args:
        name: its file's name without the ending.
        folder: where records lie.

    Raises:
        InputError: there is none of that name in the folder, or it is none.
    """
    return recorded(name, folder, schema=SCHEMA, command=_COMMAND)


@dataclass(frozen=True)
class Scale:
    """What decides how long a run takes, on however many machines.

    Attributes:
        fixed_s: seconds before the first question is answered, whatever comes.
        serial_ms: milliseconds a question in the one process that asks for the run.
        parallel_ms: milliseconds a question that one machine works alone.
    """

    fixed_s: float
    serial_ms: float
    parallel_ms: float

    def seconds(self, questions: float, machines: float = 1) -> float:
        """How long a run takes, by Amdahl's law (1967): what one does, and what all share.

        Args:
            questions: how many there are.
            machines: how many share the work.
        """
        return self.fixed_s + questions * (self.serial_ms + self.parallel_ms / machines) / 1000


def scale_of(record: Mapping[str, Any]) -> Scale:
    """The scale of one machine's engine. For more machines it is the least that a run can take.

    What Ray's own process does for each chunk is in the part that is shared: it cannot be told
    apart from the outside, and is small while chunks are some hundred questions.

    Args:
        record: a record of throughput.
    """
    ways, parts = record["ways"], record["parts"][record["settings"]["precision"]]["ms"]
    serial = sum(parts[part] for part in IN_DRIVER)
    fixed = ways["seconds"]["engine's start"] + ways["begin_s"]
    return Scale(fixed, serial, 1000 / ways["steady_per_s"])
