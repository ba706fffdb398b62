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
from typing import NoReturn

__all__ = ["at_once", "leave", "stopping_soon"]

_SECONDS = 1.0  # that a command has to leave in good order
_commands: list[bool] = []  # one entry while a command runs


@contextmanager
def stopping_soon() -> Iterator[None]:
    """Inside, Ctrl-C raises KeyboardInterrupt as ever, and soon after it ends the process.

    The exit code is then 130, as a shell gives it, and what the process has started is ended too.
    Does nothing outside of the main thread.
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
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # as it was while libraries were loaded
        signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_watch, args=(reading,), daemon=True).start()
    _commands.append(True)
    try:
        yield
    finally:
        _commands.pop()
        signal.set_wakeup_fd(before)
        os.close(writing)


@contextmanager
def at_once() -> Iterator[None]:
    """Inside, Ctrl-C ends a command where it stands, by the system's own hand.

    It is for work that keeps nothing and holds Python's lock for long, so that no thread could
    help: PyTorch's exporter does for up to nine seconds with BERT-large. Outside of a command it
    does nothing, so that a notebook's kernel is interrupted and not ended.
    """
    before = signal.getsignal(signal.SIGINT)
    if _commands and before is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        if _commands and before is signal.default_int_handler:
            signal.signal(signal.SIGINT, before)


def leave() -> NoReturn:
    """Ends this process and every one that it has started, with the exit code of Ctrl-C, 130.

    Python's own way out would first put away what libraries hold, which takes PyTorch a second or
    more.
    """
    import psutil  # here, because it is needed at the end alone

    with contextlib.suppress(psutil.Error):
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(130)


def _watch(reading: int) -> None:
    """Waits for Ctrl-C; the descriptor ends with the command."""
    while number := os.read(reading, 1):
        if number[0] == signal.SIGINT:
            time.sleep(_SECONDS)
            leave()
    os.close(reading)
