"""A folder that takes another's place: whole or not at all, and no other than was meant."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers.errors import InputError
from helpers.files import check_writable, writing_to
from helpers.scratch import move_in, scratch

__all__ = ["replacing"]


@contextmanager
def replacing(folder: Path | str, *, sign: str) -> Iterator[Path]:
    """Yields an empty folder that takes another's place when the block ends well.

    Args:
        folder: where it goes. All that stands there goes away, so it must be a folder of the same
            kind, an empty one, or none.
        sign: a file that every folder of this kind has, such as `config.json`.

    Yields:
        The new folder, alone in one of its own, where the block may work too.

    Raises:
        InputError: something else stands there, or nothing can be written beside it.
    """
    folder = Path(os.path.abspath(folder))
    if os.path.lexists(folder) and not folder.is_dir():
        raise InputError(f"{folder}: is no folder; remove it, or name another place")
    if folder.is_dir() and not (folder / sign).exists() and any(folder.iterdir()):
        raise InputError(
            f"{folder}: holds files, but no {sign}, and all of them would go; name a new folder"
        )
    check_writable(folder.parent)
    with scratch(folder) as work, writing_to(folder.parent):
        new = work / folder.name
        new.mkdir()
        yield new
        move_in(new, folder)
