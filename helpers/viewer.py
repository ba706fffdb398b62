"""Netron, the usual viewer of .onnx files, each file in a process of its own.

A process of Netron's server can show one model only: a second model in the same process replaces
the first, in the first one's window too. So every file gets a process of its own, which runs
`helpers.serving`: it serves the file and its weights on the loopback device, which no other machine
can reach, and ends with `close`, with this process, or when this process is killed.
"""

import atexit
import contextlib
import datetime
import importlib.util
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from helpers.environment import in_jupyter
from helpers.errors import InputError
from helpers.frames import address_for_a_browser
from helpers.graphs import external_files

__all__ = ["Viewer", "view"]

_DAYS = 180  # so long after its release Netron's page asks for an update instead of drawing
_LETTERS = 4096  # of a file's path: no system takes more
_FILES = 10_000  # of weights: so many names a command line always holds
_ALL_BYTES = 500_000  # of all their paths, likewise
_SECONDS = 30.0  # a server that has not started by then will not
_COMMAND = (sys.executable, "-m", "helpers.serving")


class Viewer:
    """A file in Netron. Use it in a `with` block, or close it.

    Attributes:
        path: the file shown.
        url: where to look at it, on this machine only, below a path that nobody can guess; None
            where Netron is missing, or closed.
        problem: one line that says why Netron cannot draw; empty where it can.
    """

    def __init__(self, path: Path, process: subprocess.Popen[str] | None, problem: str) -> None:
        """Takes over a started process, and hears from it where it serves."""
        self.path = path
        self.problem = problem
        self.url: str | None = None
        self._process = process
        if process is None:
            return
        address = _first_line(process).strip()
        if address:
            self.url = address
        else:
            self.problem = "Netron's server did not start; see what `python -m netron` says"
            self.close()

    @property
    def pid(self) -> int | None:
        """The number of the process that serves; None where there is none."""
        return None if self._process is None else self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if self.url is None:
            return f"<{self.path.name}: not served. {self.problem or 'The viewer is closed.'}>"
        return f"<{self.path.name}: served by Netron on loopback, to this machine only>"

    def frame(
        self, height: int = 480, proxied: bool | None = None, live: bool | None = None
    ) -> object:
        """The view as a frame, for the last line of a cell; what stands in the way is printed.

        Where no server of Jupyter runs the notebook (`make run`, tests) nobody could look at it,
        and one line stands in its place, whatever Netron's age.

        Args:
            height: of the frame, in pixels.
            proxied: whether your browser reaches it through Jupyter's server; None: where that
                seems to run on another machine (`helpers.frames`).
            live: whether somebody looks; None: where Jupyter's server runs the notebook.

        Returns:
            What Jupyter shows as a frame, or None where nothing is served or nobody looks.
        """
        from IPython.display import IFrame

        if not (in_jupyter() if live is None else live):
            print(f"In JupyterLab, Netron shows {self.path.name} here.")
            return None
        if self.problem:
            print(self.problem)
        if self.url is None:
            return None
        try:
            return IFrame(address_for_a_browser(self.url, proxied), "100%", height)
        except InputError as problem:
            print(problem)
            return None

    def close(self) -> None:
        """Ends the server's process, by its number, and waits for its end. Twice does no harm."""
        process, self._process, self.url = self._process, None, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()  # it ends when its standard input does, and removes its folder
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


_views: dict[Path, Viewer] = {}


def view(path: Path | str) -> Viewer:
    """Shows an .onnx file in Netron; a file that is shown already is shown anew.

    Netron gets the file and the files of its weights, and nothing else that lies beside them.

    Args:
        path: an .onnx file.

    Returns:
        The viewer. Where Netron is missing or too old, it says so and breaks nothing.

    Raises:
        InputError: there is no such file, it is no ONNX model, or has too many files of weights.
    """
    path = Path(os.path.realpath(path))
    if not path.is_file():
        raise InputError(f"{path}: no such file; save the model there first, with onnx.save")
    weights = [name for name in external_files(path) if "\0" not in name and len(name) <= _LETTERS]
    if len(weights) > _FILES or sum(len(os.fsencode(name)) for name in weights) > _ALL_BYTES:
        raise InputError(
            f"{path}: {len(weights)} files of weights; save them in one, to look at it"
        )
    if path in _views:
        _views.pop(path).close()
    if importlib.util.find_spec("netron") is None:
        return Viewer(path, None, "Netron is not installed; the still picture needs nothing more")
    process = subprocess.Popen(
        [*_COMMAND, str(os.getpid()), str(path.parent), path.name, *weights],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # a kernel is interrupted and killed with all of its group
    )
    _views[path] = Viewer(path, process, _too_old())
    return _views[path]


@atexit.register
def _close_all() -> None:
    while _views:
        _views.popitem()[1].close()


def _too_old() -> str:
    """One line where the installed Netron would refuse to draw, else nothing."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        page = Path(importlib.util.find_spec("netron").origin).with_name("index.html")
        released = re.search(r'name="date" content="([\d-]{10})', page.read_text("utf-8")).group(1)
        age = (datetime.date.today() - datetime.date.fromisoformat(released)).days
        if age > _DAYS:
            return (
                f"Netron draws for {_DAYS} days after its release, this one is {age} days old; "
                "upgrade it: pip install --upgrade netron"
            )
    return ""


def _first_line(process: subprocess.Popen[str]) -> str:
    """What the process says first, or nothing where it ends or takes too long."""
    alarm = threading.Timer(_SECONDS, process.kill)
    alarm.start()
    try:
        return process.stdout.readline() if process.stdout else ""
    finally:
        alarm.cancel()
