"""The one error that people who use the course are meant to read."""

import errno
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from helpers.stopping import leave, stopping_soon

__all__ = ["Failed", "InputError", "excused", "reason_of", "refusing", "run_command"]

_PLACE = re.compile(r"/onnxruntime_src/\S+:\d+ [^()\n]*\([^()\n]*\) ")
"""A file, a line and a signature, which stand before the words that matter, and are longer."""

Failed = Callable[[str, Exception], object]
"""Takes the name of an engine that failed, and what it raised."""


class InputError(ValueError):
    """Something given to the course cannot be used.

    The message is one line: the offending value, what is wrong with it, and the remedy.
    """

    def __init__(self, message: str) -> None:
        lines = (line.strip() for line in str(message).splitlines())
        super().__init__(" ".join(line for line in lines if line))


def reason_of(error: BaseException) -> str:
    """What an error of any library says, in one line of at most 300 characters.

    Args:
        error: the error. Of its lines the first one counts, and the second where the first only
            announces it, as the compiler's do. The place in ONNX Runtime's C++ code is left out.

    Returns:
        The line; the name of the error's type where it says nothing.
    """
    told = _PLACE.sub(" ", str(error))
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    announced = lines[0].endswith(":") and len(lines) > 1
    return " ".join(lines[: 1 + announced])[:300]


@contextmanager
def excused(name: str, failed: Failed | None) -> Iterator[None]:
    """What fails inside costs this engine alone: it is told to `failed`; None: it is raised."""
    try:
        yield
    except Exception as error:
        if failed is None:
            raise
        failed(name, error)


@contextmanager
def refusing(path: object, what: str) -> Iterator[None]:
    """Turns whatever a library raises inside, of a file that it does not understand, into one line.

    Args:
        path: the file.
        what: what cannot be done with it, as in `cannot be fused`.

    Raises:
        InputError: the block raised. Errors of the system, such as a full disk, stay as they are.
    """
    try:
        yield
    except (InputError, OSError, MemoryError):
        raise
    except Exception as error:
        raise InputError(f"{path}: {what} ({reason_of(error)}); export it again") from error


def run_command(main: Callable[[], int | None]) -> None:
    """Runs a command's main function and turns an `InputError` into one line and exit code 2.

    Memory that is not to be had, a name that is too long and a circle of links are told in one line
    too. Ctrl-C ends it within two seconds, with exit code 130, and what it has started too.

    Args:
        main: the command; returns its exit code, or None for 0.
    """
    with stopping_soon():
        try:
            code = main()
        except InputError as error:
            print(f"error: {error}", file=sys.stderr)
            code = 2
        except OSError as error:
            if error.errno not in (errno.ENAMETOOLONG, errno.ELOOP):
                raise
            told = f"{error.filename!s:.80}: {error.strerror}; give another path"
            print(f"error: {told}", file=sys.stderr)
            code = 2
        except MemoryError:
            print(
                "error: out of memory; close other programs, or give a smaller model or file",
                file=sys.stderr,
            )
            code = 2
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)
            code = 130
        if code == 130:
            leave()
        sys.exit(code or 0)
