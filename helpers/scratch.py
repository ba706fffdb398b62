"""A folder to work in beside the place that the result goes to; one left by a killed process goes.

Whoever works in such a folder holds a lock on it, which the system takes back when the process
ends, in whatever way. So a folder that nobody holds was left behind, and the next one who works
towards the same place removes it.
"""

import contextlib
import errno
import glob
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # on Windows itself: nobody holds a folder there, so nobody sweeps one away
    fcntl = None

__all__ = ["alone_in", "held", "move_in", "scratch"]

_SUFFIX = ".part"
_LETTERS = 100  # of the result's name: the folder's may not be longer than names may be


@contextmanager
def scratch(path: Path | str) -> Iterator[Path]:
    """Yields an empty folder on the disk of `path`; removes it, and those of killed processes.

    Args:
        path: where the result goes; its folder must exist.

    Yields:
        A folder `.<name>-<8 letters>.part` beside `path`.

    Raises:
        OSError: a folder cannot be made there.
    """
    path = Path(path)
    prefix = f".{path.name[:_LETTERS]}-"
    _sweep(path.parent, prefix)
    folder, handle = _made(path.parent, prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def move_in(new: Path, folder: Path) -> None:
    """Moves a folder to its place; what stands there moves to beside `new`, to go with it.

    Of two processes that do so at once, the later one's stays. Killed in between, it leaves none.

    Args:
        new: a folder inside a scratch folder.
        folder: its place, on the same disk.

    Raises:
        OSError: it cannot be moved there.
    """
    for number in itertools.count():
        with contextlib.suppress(FileNotFoundError):
            os.replace(folder, new.with_name(f"old-{number}"))
        try:
            os.replace(new, folder)
        except OSError as error:  # another one was put there just now
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        else:
            return


def held(folder: Path) -> int | None:
    """Takes the lock of a folder.

    Args:
        folder: a folder.

    Returns:
        A handle, to be closed when the folder is no longer needed; it closes with the process. None
        where another process holds the folder, it is gone, or its disk or system knows no locks.
    """
    if fcntl is None:
        return None
    handle = None
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(handle), folder.lstat()):
            return handle
    except OSError:
        pass
    if handle is not None:
        os.close(handle)
    return None


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Inside, no other process is at work in a folder; it waits for one that is, while that lives.

    Args:
        folder: a folder that is there.
    """
    handle = None if fcntl is None else os.open(folder, os.O_RDONLY)
    try:
        if handle is not None:
            with contextlib.suppress(OSError):  # a disk without locks
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _made(parent: Path, prefix: str) -> tuple[Path, int | None]:
    """A new folder and its handle; another one where it was swept away before it had its lock."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, suffix=_SUFFIX, dir=parent))
        if fcntl is None:
            return folder, None
        with contextlib.suppress(FileNotFoundError):
            handle = os.open(folder, os.O_RDONLY)
            with contextlib.suppress(OSError):  # a disk without locks, on which nobody sweeps
                fcntl.flock(handle, fcntl.LOCK_EX)
            if folder.is_dir():
                return folder, handle
            os.close(handle)


def _sweep(parent: Path, prefix: str) -> None:
    for left in parent.glob(f"{glob.escape(prefix)}????????{_SUFFIX}"):
        handle = held(left)
        if handle is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(handle)
