"""Ctrl-C ends a command within two seconds, whatever it is in the midst of, and all it started.

Python hears of Ctrl-C only between two steps of its own: not while an engine exports, compiles or
runs a large batch. So a thread of its own waits for the signal, which the system hands it at once.
To break off in the midst does no harm, as every result is put in place whole.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["end_children", "stopping_soon"]

_SECONDS = 1.2  # that a command has to leave in good order


@contextmanager
def stopping_soon() -> Iterator[None]:
    """Inside, Ctrl-C raises KeyboardInterrupt as ever, and soon after it ends the process.

    The exit code is then 130, as a shell gives it, and what the process has started is ended too.
    The clock runs on after the block, when Python puts everything away. Does nothing outside of the
    main thread.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    except ValueError:
        os.close(reading)
        os.close(writing)
        yield
        return
    threading.Thread(target=_watch, args=(reading,), daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(writing)


def end_children() -> None:
    """Kills every process that this one has started, and theirs."""
    import psutil  # here, because it is needed at the end alone

    with contextlib.suppress(psutil.Error):
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()


def _watch(reading: int) -> None:
    """Waits for Ctrl-C; the descriptor ends with the command."""
    while number := os.read(reading, 1):
        if number[0] == signal.SIGINT:
            time.sleep(_SECONDS)
            end_children()
            with contextlib.suppress(Exception):
                sys.stdout.flush()
            os._exit(130)
    os.close(reading)
