"""The one error that people who use the course are meant to read."""

import errno
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from helpers.stopping import leave, stopping_soon

__all__ = [
    "Failed", "InputError", "NotAsAsked", "excused", "reason_of", "refusing", "run_command",
]  # fmt: skip

_PLACE = re.compile(r"/onnxruntime_src/\S+:\d+ [^()\n]*\([^()\n]*\) ")
"""A file, a line and a signature, which stand before the words that matter, and are longer."""

_ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\udc80-\udcff]")
"""What moves a terminal's cursor, sets its title, or turns the direction of a line."""

_LETTERS = 2000  # of an error

Failed = Callable[[str, Exception], object]
"""Takes the name of an engine that failed, and what it raised."""


class InputError(ValueError):
    """Something given to the course cannot be used.

    The message is one line: the offending value, what is wrong with it, and the remedy. What
    terminals take for orders is written out, and a line of more than 2,000 letters, as a name from
    a file may make it, is cut in its middle.
    """

    def __init__(self, message: str) -> None:
        lines = (line.strip() for line in str(message).splitlines())
        line = _ORDERS.sub(lambda found: ascii(found[0])[1:-1], " ".join(filter(None, lines)))
        if len(line) > _LETTERS:
            line = f"{line[: _LETTERS // 2]} ... {line[-_LETTERS // 4 :]}"
        super().__init__(line)


class NotAsAsked(RuntimeError):
    """A file that was made is not what was asked for. The message is one line."""


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
def refusing(path: object, what: str, remedy: str = "export it again") -> Iterator[None]:
    """Turns whatever a library raises inside, of a file that it does not understand, into one line.

    Args:
        path: the file.
        what: what cannot be done with it, as in `cannot be fused`.
        remedy: what helps.

    Raises:
        InputError: the block raised. Errors of the system, such as a full disk, stay as they are.
    """
    try:
        yield
    except (InputError, OSError, MemoryError):
        raise
    except Exception as error:
        raise InputError(f"{path}: {what} ({reason_of(error)}); {remedy}") from error


def run_command(main: Callable[[], int | None]) -> None:
    """Runs a command's main function and turns an `InputError` into one line and exit code 2.

    So are told a made file that is not what was asked for, memory that is not to be had, a name
    that is too long, a circle of links, and a standard output that is full or that nobody reads any
    more. Ctrl-C ends it within two seconds, with exit code 130, and what it has started too.

    Args:
        main: the command; returns its exit code, or None for 0.
    """
    with stopping_soon():
        try:
            code = main()
            if sys.stdout is not None:  # it is None where it was closed from the start
                sys.stdout.flush()  # here, where what fails can be told
        except (InputError, NotAsAsked) as error:
            print(f"error: {error}", file=sys.stderr)
            code = 2
        except OSError as error:
            print(f"error: {_told_of(error)}", file=sys.stderr)
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


def _can_be_written() -> bool:
    """Whether standard output takes an empty line; then the error was of another file."""
    try:
        print(flush=True)
    except OSError:
        return False
    return True


def _told_of(error: OSError) -> str:
    """What became of a path, or of standard output; raises the error where it is another one."""
    if error.errno in (errno.ENAMETOOLONG, errno.ELOOP):
        return f"{error.filename!s:.80}: {error.strerror}; give another path"
    if error.errno not in (errno.EPIPE, errno.ENOSPC) or _can_be_written():
        raise error
    # what Python has not written yet it would try to write once more as it ends
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return f"standard output: {error.strerror}; write to a disk with room, or read to the end"
