"""Files that take long to make: made once from given content, and kept under the hash of it."""

import hashlib
import json
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from helpers.errors import InputError, NotAsAsked
from helpers.files import put_in_place, sha256, write_json

__all__ = ["ArtifactError", "artifact"]

_TRIES = 5  # more than one only where two processes make the same file, in different bytes
_WAIT_S = 0.05  # at most, before the first of them is made again, and doubled with each


class ArtifactError(NotAsAsked):
    """A file that was to be made is not there afterwards, or is not what was written."""


def artifact(
    folder: Path | str,
    stem: str,
    made_from: Mapping[str, Any],
    make: Callable[[Path], None],
    suffix: str = ".onnx",
) -> Path:
    """Makes a file, or gives the one that was made from the same content before.

    Beside the file stands a sidecar, `<file>.json`, with the file's SHA-256 and `made_from`. A file
    counts only while both hold, so one that was cut short or altered is made again. Processes that
    make the same file at once take no lock: each renames a whole file and a whole sidecar into
    place, takes the sidecar's hash from the bytes that it wrote and not from the place, and leaves
    only after it has seen the two agree. Where two of them cross, they disagree; after a wait whose
    length is chance, so that they do not cross again, one makes the file once more.

    Args:
        folder: where the file stands; it is made when missing.
        stem: what the file's name begins with.
        made_from: all that decides the file's content: hashes of input files, settings, versions
            of the packages that make it. Anything that JSON can write; the order of keys does not
            count.
        make: writes the file to the path that it is given, which has the same suffix.
        suffix: what the file's name ends with.

    Returns:
        `<folder>/<stem>-<12 hexadecimal digits of made_from><suffix>`.

    Raises:
        InputError: `made_from` cannot be written as JSON, or the folder not be written to.
        ArtifactError: `make` wrote nothing, or the file does not stay as it was written.
    """
    canonical = _canonical(made_from)
    digits = hashlib.sha256(canonical.encode()).hexdigest()[:12]
    path = Path(folder) / f"{stem}-{digits}{suffix}"
    for tried in range(_TRIES):
        if _holds(path, canonical):
            return path
        if tried:
            time.sleep(random.uniform(0, _WAIT_S * 2**tried))
            if _holds(path, canonical):
                return path
        _make(path, canonical, make)
    if _holds(path, canonical):
        return path
    raise ArtifactError(
        f"{path}: made {_TRIES} times, and each time it did not stay as it was written; "
        "see that nothing else writes there, and check the disk"
    )


def _canonical(made_from: Mapping[str, Any]) -> str:
    """One text for one content: keys in order, no blanks, no NaN."""
    try:
        return json.dumps(dict(made_from), sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"made_from={dict(made_from)}: cannot be written as JSON ({error}); "
            "give text, finite numbers, lists and dictionaries with text as keys"
        ) from error


def _sidecar(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _holds(path: Path, canonical: str) -> bool:
    """Whether the file is there, made from this content, and unaltered since."""
    try:
        note = json.loads(_sidecar(path).read_text(encoding="utf-8"))
        return _canonical(note["made_from"]) == canonical and note["sha256"] == sha256(path)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):  # missing, no such JSON
        return False


def _make(path: Path, canonical: str, make: Callable[[Path], None]) -> None:
    """Puts a new file in place, and then its sidecar.

    Between the two renames the new file stands beside an old sidecar or none, which does not hold.
    """
    with put_in_place(path) as temporary:
        make(temporary)
        if not temporary.is_file() or not temporary.stat().st_size:
            raise ArtifactError(
                f"{path}: nothing was made; `make` must write to the path that it is given"
            )
        digest = sha256(temporary)
    write_json(_sidecar(path), {"sha256": digest, "made_from": json.loads(canonical)})
