"""A hostile input as a value: what it is called, who reads it, and what is to happen."""

import multiprocessing
import os
import re
import resource
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest.mock import patch

from helpers.errors import InputError
from helpers.files import PROJECT

__all__ = ["SECONDS", "Case", "apart", "happened"]

SECONDS = 60  # a reader that takes longer counts as hung
MEMORY = 3 << 30  # bytes that a reader may take beyond what its process has at the start
_OF_OTHERS = ("__pycache__", "build", "downloads")  # what other tests and commands make meanwhile


@dataclass(frozen=True)
class Case:
    """One input that nobody with good intentions makes.

    Attributes:
        name: what it is.
        reader: which part of the project reads it.
        expected: a pattern of what `happened` tells: `refused: ...` or `read: ...`.
        attempt: reads it; is given an empty folder, returns what a reader of the table can judge.
        slow: whether only `make faults` runs it.
    """

    name: str
    reader: str
    expected: str
    attempt: Callable[[Path], Any]
    slow: bool = False

    def fits(self, told: str) -> bool:
        """Whether what happened is what was expected."""
        return re.match(self.expected, told) is not None


def happened(case: Case, folder: Path) -> str:
    """What came of it, in one line: `read: ...`, `refused: ...` or `crashed: ...`.

    Args:
        case: what is tried.
        folder: an empty folder; the case works in a folder inside it, and its home and the system's
            folder for temporary files are two others. Whatever else appears in there, or stays in
            those two, was written outside of what the reader was given, as is what changes in the
            project.
    """
    inner, home, temporary = (folder / name for name in ("given", "home", "temporary"))
    for each in (inner, home, temporary):
        each.mkdir()
    before = _project()
    with _living_in(home, temporary):
        try:
            told = f"read: {case.attempt(inner)}"
        except InputError as error:
            told = f"refused: {str(error).replace(f'{inner}/', '')}"
        except Exception as error:
            told = f"crashed: {type(error).__name__}: {str(error)[:80]!r}"
    beside = {*folder.iterdir()} - {inner, home, temporary}
    if beside or [*home.iterdir(), *temporary.iterdir()] or _project() != before:
        told = f"wrote outside its folder; {told}"
    if "\n" in told or len(told) > 600:
        told = f"told at length ({len(told)} letters); {told[:80]!r}"
    return told


@contextmanager
def _living_in(home: Path, temporary: Path) -> Iterator[None]:
    places = {"HOME": str(home), "TMPDIR": str(temporary)}
    with patch.dict(os.environ, places), patch.object(tempfile, "tempdir", str(temporary)):
        for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            os.environ.pop(name, None)
        yield


def _project() -> dict[str, tuple[int, int]]:
    """When each file of the project was written last, and its size; not of what others make."""
    found = {}
    for folder, names, files in os.walk(PROJECT):
        names[:] = [name for name in names if name[0] != "." and name not in _OF_OTHERS]
        for name in files:
            path = os.path.join(folder, name)
            with suppress(FileNotFoundError):
                told = os.lstat(path)
                found[path] = (told.st_mtime_ns, told.st_size)
    return found


def apart(case: Case, folder: Path, seconds: float = SECONDS) -> str:
    """The same in a process of its own, which may take `seconds` and MEMORY and may crash."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_limited, args=(case, folder, there))
    process.start()
    there.close()
    try:
        told = here.recv() if here.poll(seconds) else f"hung: no answer in {seconds:g} s"
    except EOFError:
        told = "crashed: the process ended"
    process.kill()
    process.join()
    return told


def _limited(case: Case, folder: Path, answer: Connection) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    answer.send(happened(case, folder))
