"""The process behind a viewer: Netron's server, which sees a private folder and ends by itself.

Netron serves every file of the folder in which the shown one lies, to whoever asks on this machine
and under whatever name. So this process makes a folder of its own that holds the shown file and its
weights and nothing else, and answers only below a path that nobody can guess: other users of the
machine, and a web page that points its own name at it, get nothing. It ends, and the folder with
it, when its standard input is closed or the process that started it is gone.

python -m helpers.serving PID FOLDER FILE [FILE ...]   # the first file is shown
"""

import contextlib
import logging
import os
import secrets
import select
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path

__all__ = ["main", "stage"]

_SECONDS = 0.5  # between two looks at the parent
_TRIES = 5  # to find a port


def stage(folder: Path, files: Sequence[str], target: Path) -> None:
    """Puts files of one folder into another: as a second name where that can be, else as a copy.

    Args:
        folder: where they are.
        files: their paths in it. Those that are not there, lie outside it, have
            absolute paths, or are there twice (`./w` is `w`) are left out.
        target: where they go, under the same paths.
    """
    for name in files:
        if "\0" in name or Path(name).is_absolute() or ".." in Path(name).parts:
            continue
        place = target / name
        try:
            source = (folder / name).resolve()
            if not source.is_file() or not source.is_relative_to(folder) or place.exists():
                continue
        except (OSError, RuntimeError):  # a name longer than names may be, a circle of links
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, place)  # a symbolic link would do no good: Netron follows none outside
        except OSError:  # another disk, or a file system without second names
            shutil.copyfile(source, place)


def main() -> None:
    """The command: serves until its standard input ends, or the process PID does."""
    parent, folder, files = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # which removes the folder
    logging.disable(logging.CRITICAL)
    import netron

    key = secrets.token_urlsafe()
    _answer_below(f"/{key}/")
    with tempfile.TemporaryDirectory(prefix="netron-") as private:
        stage(folder, files, Path(private))
        shown = str(Path(private) / files[0])
        host, port = _served(netron.start, shown)
        print(f"http://{host}:{port}/{key}/", flush=True)
        while os.getppid() == parent and not select.select([sys.stdin], [], [], _SECONDS)[0]:
            pass


def _served(start: Callable[..., tuple[str, int]], shown: str) -> tuple[str, int]:
    """The host and the port; a port that was free when it was chosen may be taken by now."""
    for _ in range(_TRIES - 1):
        with contextlib.suppress(OSError):
            return start(shown, address=("localhost", 0), browse=False)
    return start(shown, address=("localhost", 0), browse=False)


def _answer_below(prefix: str) -> None:
    """Refuses every request whose path does not begin so; the server sees the rest of the path."""
    parse = BaseHTTPRequestHandler.parse_request

    def checked(self: BaseHTTPRequestHandler) -> bool:
        if not parse(self):
            return False
        if self.path.startswith(prefix):
            self.path = self.path[len(prefix) - 1 :]
            return True
        self.send_response(403)
        self.end_headers()
        return False

    BaseHTTPRequestHandler.parse_request = checked


if __name__ == "__main__":
    main()
