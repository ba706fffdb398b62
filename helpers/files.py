"""Files that are whole or absent: written beside their place, then renamed into it."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from helpers.errors import InputError

__all__ = [
    "PROJECT", "check_writable", "expanded", "fresh_folder", "put_in_place", "sha256", "write_json",
]  # fmt: skip

PROJECT = Path(__file__).resolve().parent.parent
"""The project's folder: the one that holds notebooks/, helpers/ and data/."""


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

    Raises:
        InputError: it cannot be emptied or written to.
    """
    folder = PROJECT / "build" / name
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
    except OSError as error:
        raise InputError(_no_room(folder, error)) from error
    return folder


@contextmanager
def put_in_place(path: Path | str) -> Iterator[Path]:
    """Yields a temporary path beside `path`; renames it to `path` when the block ends well.

    Args:
        path: where the file shall stand; its folder is made when missing.

    Yields:
        A path in the same folder, with the same suffix, to write to.

    Raises:
        InputError: the folder cannot be written to.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent
        )
    except OSError as error:
        raise InputError(_no_room(path.parent, error)) from error
    os.close(handle)
    os.chmod(name, 0o644)  # mkstemp makes the file private; a result is for everyone
    try:
        yield Path(name)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


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
        raise InputError(_no_room(Path(folder), error)) from error


def _no_room(folder: Path, error: OSError) -> str:
    return (
        f"{folder}: cannot write there ({error.strerror}); "
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
