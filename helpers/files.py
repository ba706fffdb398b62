"""Files that are whole or absent: written beside their place, then renamed into it."""

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from helpers.errors import InputError
from helpers.scratch import held, scratch

__all__ = [
    "PROJECT", "check_writable", "expanded", "fresh_folder", "put_in_place", "sha256", "write_json",
    "writing_to",
]  # fmt: skip

PROJECT = Path(__file__).resolve().parent.parent
"""The project's folder: the one that holds notebooks/, helpers/ and data/."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
_LEAST = 1 << 18  # bytes: a disk with less to spare is full
_RUNS = 100  # of one chapter at the same time, at most
_folders: dict[Path, int] = {}  # those that this process keeps, and the handles of their locks


def expanded(path: str) -> Path:
    """A path as it was typed, with `~` and `~user` replaced by the home folder.

    Raises:
        InputError: there is no such user, or no home folder.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise InputError(
            f"{path}: names a home folder that does not exist; write the path out in full"
        ) from error


def fresh_folder(name: str) -> Path:
    """The folder `build/<name>` of the project, made or emptied; `make clean` removes it.

    This process keeps it until it ends. Where another process has it, as when a chapter is open in
    JupyterLab while `make run` runs it too, it is `build/<name>-2`, or the next that is free.

    Raises:
        InputError: it cannot be emptied or written to.
    """
    first = folder = PROJECT / "build" / name
    try:
        for number in range(2, _RUNS):
            folder.mkdir(parents=True, exist_ok=True)
            if _kept(folder):
                break
            folder = first.with_name(f"{name}-{number}")
        else:
            folder = first  # a disk without locks
        for inner in folder.iterdir():
            shutil.rmtree(inner) if inner.is_dir() and not inner.is_symlink() else inner.unlink()
    except OSError as error:
        raise InputError(_no_room(folder, error.strerror)) from error
    return folder


def _kept(folder: Path) -> bool:
    """Whether this process has the folder to itself, now or since earlier."""
    handle = _folders.get(folder)
    if handle is None or not os.path.samestat(os.fstat(handle), folder.stat()):
        handle = held(folder)
    if handle is None:
        return False
    _folders[folder] = handle
    return True


@contextmanager
def put_in_place(path: Path | str, *, all_there: bool = False) -> Iterator[Path]:
    """Yields a temporary path beside `path`; renames it to `path` when the block ends well.

    Where the process is killed, what it had written stays beside `path` until the next who writes
    there removes it.

    Args:
        path: where the file shall stand; its folder is made when missing.
        all_there: whether libraries' temporary files lie there too while the block runs; in the
            system's own folder for them, those of a killed process stay.

    Yields:
        A path on the same disk, of the same name, to write to: an empty file, alone in its folder.

    Raises:
        InputError: the folder cannot be written to, or its disk is full.
    """
    path = Path(path)
    with ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = stack.enter_context(scratch(path)) / path.name
            temporary.touch()
        except OSError as error:
            raise InputError(_no_room(path.parent, error.strerror)) from error
        if all_there:
            stack.callback(setattr, tempfile, "tempdir", tempfile.tempdir)
            tempfile.tempdir = str(temporary.parent)
        with writing_to(path.parent):
            yield temporary
            temporary.chmod(0o644)  # some makers write for their owner only
            os.replace(temporary, path)


@contextmanager
def writing_to(folder: Path | str) -> Iterator[None]:
    """Turns what fails inside because nothing more can be written to a folder into one line.

    Args:
        folder: where the block writes.

    Raises:
        InputError: the disk is full or read-only, or a quota is used up.
    """
    try:
        yield
    except Exception as error:  # of many kinds: libraries put the system's words into their own
        reason = _reason(error, Path(folder))
        if isinstance(error, InputError) or not reason:
            raise
        raise InputError(_no_room(Path(folder), reason)) from error


def _reason(error: Exception, folder: Path) -> str | None:
    """Why nothing more could be written, in the system's words; None where it could."""
    for words in map(os.strerror, _NO_ROOM):
        if words in str(error):
            return words
    try:
        full = shutil.disk_usage(folder).free < _LEAST  # OpenVINO's error tells no reason
    except OSError:  # the folder is not there, or cannot be asked: it failed for another reason
        return None
    return os.strerror(errno.ENOSPC) if full else None


def check_writable(folder: Path | str) -> None:
    """Asserts that files can be written to a folder, before hours of work go there.

    Args:
        folder: it is made when missing.

    Raises:
        InputError: it cannot be written to.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"written")
    except OSError as error:
        raise InputError(_no_room(Path(folder), error.strerror)) from error


def _no_room(folder: Path, reason: str | None) -> str:
    return (
        f"{folder}: cannot write there ({reason}); "
        "free some space, or choose a folder that you may write to"
    )


def write_json(path: Path | str, value: Any) -> Path:
    """Writes `value` as indented JSON, whole or not at all.

    Args:
        path: the file.
        value: anything that `json` can write; NaN and infinity are refused.

    Returns:
        The path.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with put_in_place(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return Path(path)


def sha256(path: Path | str) -> str:
    """The SHA-256 of a file, as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
