"""A fault as a value: which promise it tests, how it is caused, and what is to happen."""

import io
import re
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from helpers.errors import InputError

__all__ = ["NOT_TRIED", "ROWS", "Fault", "NotTried", "came_of"]

ROWS = (
    "killed",
    "no room, read-only",
    "network",
    "altered file",
    "two at once",
    "port, browser, viewer",
    "engines",
    "kernel dies",
    "Ctrl-C",
    "versions",
    "bad numbers",
)
"""The promises of README, one a row, in its order."""

NOT_TRIED = "not tried: "
"""What `came_of` tells of a fault that cannot be caused on this machine begins so."""


class NotTried(Exception):
    """A fault cannot be caused here; the message says why."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        row: which of ROWS it belongs to.
        name: what goes wrong.
        expected: a pattern of what `came_of` tells.
        cause: causes it; is given an empty folder, returns in one line what happened.
        slow: whether only `make faults` runs it.
    """

    row: str
    name: str
    expected: str
    cause: Callable[[Path], str]
    slow: bool = True

    def fits(self, told: str) -> bool:
        """Whether what happened is what was expected."""
        return re.match(self.expected, told) is not None


def came_of(fault: Fault, folder: Path) -> str:
    """What happened, in one line: what its cause returns, `refused: ...` or `crashed: ...`.

    Args:
        fault: what is caused.
        folder: an empty folder to work in; its path is left out of what is told.
    """
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            told = fault.cause(folder)
    except InputError as error:
        told = f"refused: {error}"
    except NotTried as why:
        told = f"{NOT_TRIED}{why}"
    except Exception as error:
        told = f"crashed: {type(error).__name__}: {str(error)[:300]!r}"
    return told.replace(f"{folder}/", "").replace(str(folder), ".").replace("\n", " | ")
