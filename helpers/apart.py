"""Work in a process of its own, whose memory goes back to the system when it ends.

Python and the C library keep much of what big objects took. Making BERT-large's files one after the
other in one process took more than 24 GB; each alone needs at most 10 GB (onnx 1.23.2, onnxruntime
1.31.1, Linux).
"""

import contextlib
import ctypes
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pickle import PicklingError
from typing import Any, ParamSpec, TypeVar

from helpers.errors import reason_of

__all__ = ["ProcessDied", "apart"]

_PR_SET_PDEATHSIG = 1  # of Linux's prctl

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


class ProcessDied(RuntimeError):
    """The process ended before the work did: most often the system stopped it for its memory."""


def apart(
    function: Callable[_Arguments, _Result], *args: _Arguments.args, **options: _Arguments.kwargs
) -> _Result:
    """Calls a function in a new process and waits for it.

    The process ends with its work, and at once where the wait is broken off (Ctrl-C) or who waits
    is killed.

    Args:
        function: stands at the top of a module, or is a `functools.partial` of such a one.
        *args: what it is called with; they travel by pickle.
        **options: likewise.

    Returns:
        What the function returns, which travels back.

    Raises:
        ProcessDied: the process was killed.
        Exception: what the function raises is raised here too.
    """
    context = multiprocessing.get_context("spawn")  # a fork would copy threads' locks as they are
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(there, function, args, options))
    process.start()
    there.close()
    try:
        done, found = here.recv()
    except EOFError as error:
        name: Any = getattr(function, "func", function)
        raise ProcessDied(
            f"{name.__name__}: its process was killed before it was done, most often for lack "
            "of memory; close other programs, or take a smaller model"
        ) from error
    finally:
        process.kill()  # it has nothing more to do
        process.join()
        here.close()
    if not done:
        raise found
    return found


def _work(
    answer: Connection, function: Callable[..., Any], args: tuple, options: dict[str, Any]
) -> None:
    """What the process does. It ends at once where the one that asked has ended."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C, which its group hears, ends it at once
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        told = True, function(*args, **options)
    except Exception as error:
        told = False, error
    try:
        answer.send(told)
    except (TypeError, AttributeError, PicklingError) as error:  # it cannot travel
        answer.send((False, RuntimeError(f"{reason_of(error)}: {told[1]!r}"[:300])))
    except BrokenPipeError:
        pass


def _end_with_parent() -> None:
    with contextlib.suppress(OSError, AttributeError):  # Linux's own way, which needs no thread
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    asking = multiprocessing.parent_process()
    if asking is not None:
        asking.join()
        os._exit(1)
