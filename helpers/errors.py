"""The one error that people who use the course are meant to read."""

import sys
from collections.abc import Callable

__all__ = ["InputError", "run_command"]


class InputError(ValueError):
    """Something given to the course cannot be used.

    The message is one line: the offending value, what is wrong with it, and the remedy.
    """

    def __init__(self, message: str) -> None:
        lines = (line.strip() for line in str(message).splitlines())
        super().__init__(" ".join(line for line in lines if line))


def run_command(main: Callable[[], int | None]) -> None:
    """Runs a command's main function and turns an `InputError` into one line and exit code 2.

    Args:
        main: the command; returns its exit code, or None for 0.
    """
    try:
        code = main()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        code = 130
    sys.exit(code or 0)
