"""Reads JSON from elsewhere: a plain file, of a size that was said, or one line of refusal."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from helpers.errors import InputError

__all__ = ["read_json"]


def read_json(
    path: Path | str,
    *,
    most: int,
    remedy: str,
    too_large: str | None = None,
    constant: Callable[[str], object] | None = None,
) -> Any:
    """What a JSON file holds, whatever its shape.

    Python takes up to 53 bytes of memory for one of a file (of lists in lists, and one emoji).

    Args:
        path: a file that exists.
        most: bytes that it may have.
        remedy: ends what is told, such as `save it again`.
        too_large: ends it where the file has more bytes; None: `remedy` does.
        constant: takes NaN and the infinities, as `json.loads` does it; None: they are read.

    Raises:
        InputError: it is no plain file (a pipe never ends, a device neither), larger than that, no
            text in UTF-8, or no JSON.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: is no plain file; {remedy}")
    if (size := path.stat().st_size) > most:
        told = f"has {size:,} bytes, {most:,} are read at most"
        raise InputError(f"{path}: {told}; {too_large or remedy}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as text ({error}); {remedy}") from error
    try:
        return json.loads(text, parse_constant=constant)
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits
        raise InputError(f"{path}: not JSON ({error}); {remedy}") from error
