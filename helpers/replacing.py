"""A folder that takes another's place: whole or not at all, and no other than was meant."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers.errors import InputError
from helpers.files import check_writable, writing_to
from helpers.scratch import move_in, scratch

__all__ = ["replacing"]


@contextmanager
def replacing(folder: Path | str, *, ours: Callable[[Path], bool], kind: str) -> Iterator[Path]:
    """Yields an empty folder that takes another's place when the block ends well.

    Args:
        folder: where it goes. All that stands there goes away, so it must be a folder of the same
            kind, an empty one, or none.
        ours: whether a folder is of that kind, by something that no other folder has.
        kind: what those are, as in `no site of make book`.

    Yields:
        The new folder, alone in one of its own, where the block may work too.

    Raises:
        InputError: something else stands there, or nothing can be written beside it.
    """
    folder = Path(os.path.abspath(folder))
    if os.path.lexists(folder) and not folder.is_dir():
        raise InputError(f"{folder}: is no folder; remove it, or name another place")
    if folder.is_dir() and _holds_something(folder) and not ours(folder):
        raise InputError(
            f"{folder}: is no {kind}, and all that it holds would go; name a new folder"
        )
    check_writable(folder.parent)
    with scratch(folder) as work, writing_to(folder.parent):
        new = work / folder.name
        new.mkdir()
        yield new
        move_in(new, folder)


def _holds_something(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be listed ({error.strerror}); name another place"
        ) from error
