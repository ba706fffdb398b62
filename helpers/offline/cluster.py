"""Ray, started on this machine for as long as it is needed, or reached where it runs already."""

import logging
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from helpers.errors import InputError, reason_of
from helpers.scratch import scratch

__all__ = ["check_cluster", "running"]

_KNOCK_S = 22.0  # for an answer from a cluster
_CONNECT_S = 5.0  # for a connection to it
_TRIES = 3
_STORE = 1 << 28  # bytes of shared memory, which a few hundred chunks fill
_KNOCK = "import os, ray; ray.init(address=os.environ['RAY_ADDRESS'], log_to_driver=False)"
_LOCAL = "127.0.0.1"
_SHORT = Path("/tmp" if os.name == "posix" else tempfile.gettempdir())  # a socket's path is short
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # else it reports to its maker
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # a change to come, which it else announces
}

# Ray puts the address of a network device in place of 127.0.0.1, and then listens on all devices,
# where anybody may give it work; it does not where it believes itself unable to form a cluster.
_ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}


@contextmanager
def running(processors: int) -> Iterator[None]:
    """Inside, Ray runs: the cluster at `RAY_ADDRESS`, or one on this machine alone.

    The latter has no dashboard, hears on the loopback device only, and ends with the block, or with
    the process where that is killed. Its files lie in a folder of their own, which goes too; one
    that a killed process left goes with the next run.

    Args:
        processors: how many Ray may count with here. Of a cluster that runs already it is ignored.

    Raises:
        InputError: Ray is not installed, or nothing answers at `RAY_ADDRESS`.
    """
    address = _address()
    alone = not address
    for name, value in {**_QUIET, **(_ALONE if alone else {})}.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise InputError(
            "ray is not installed; run `make setup`, or pip install 'ray[data]'"
        ) from error
    _quiet()
    with _own_errors_only(), _alone(ray, processors) if alone else _joined(ray, address):
        yield


def check_cluster() -> None:
    """Asks the cluster at `RAY_ADDRESS` for an answer, where one is named; within 30 seconds.

    Raises:
        InputError: nothing answers there.
    """
    if address := _address():
        _knock(address)


def _address() -> str:
    """Where a cluster runs; empty where Ray is to be started here."""
    address = os.environ.get("RAY_ADDRESS", "").strip()
    return "" if address == "local" else address


@contextmanager
def _joined(ray: Any, address: str) -> Iterator[None]:
    """Inside, this process works with a cluster that runs already."""
    _knock(address)
    with _connected(ray, address=address):
        yield


@contextmanager
def _alone(ray: Any, processors: int) -> Iterator[None]:
    """Inside, Ray runs on this machine alone."""
    with scratch(_SHORT / "ray") as folder:
        here = {"address": "local", "num_cpus": processors, "include_dashboard": False}
        inside = {"_node_ip_address": _LOCAL, "_temp_dir": str(folder)}
        with _connected(ray, object_store_memory=_STORE, **here, **inside):
            yield


@contextmanager
def _own_errors_only() -> Iterator[None]:
    """Shuts off what Ray's C++ writes to the process's standard error, Python's own goes on.

    No setting does it: one of its warnings comes with every pool of workers, and whoever raises its
    level of logging gets a line that says so.
    """
    stream = sys.stderr
    stream.flush()
    kept = os.dup(2)
    try:
        if _writes_to_2(stream):
            how = {"encoding": stream.encoding, "errors": stream.errors}
            sys.stderr = os.fdopen(os.dup(kept), "w", 1, **how)
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        sys.stderr = stream


def _writes_to_2(stream: Any) -> bool:
    """Whether what is written to a stream goes to file descriptor 2; a notebook's does not."""
    try:
        return stream.fileno() == 2
    except (OSError, ValueError):
        return False


@contextmanager
def _connected(ray: Any, **how: Any) -> Iterator[None]:
    try:
        _start(ray, **how)
        yield
    finally:
        ray.shutdown()


def _start(ray: Any, **how: Any) -> None:
    """Starts Ray or connects to it; its own processes give up after 30 s on a busy machine."""
    for tries_left in range(_TRIES - 1, -1, -1):
        try:
            ray.init(logging_level=logging.ERROR, log_to_driver=False, **how)
            return
        except Exception as error:  # Ray raises plain ones here
            ray.shutdown()
            if not tries_left:
                raise InputError(
                    f"Ray does not start ({reason_of(error)}); close other programs, or free memory"
                ) from error


def _quiet() -> None:
    """Lets Ray Data draw and say nothing: progress is told by who asked for the work."""
    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.verbose_progress = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)


@lru_cache  # it takes seconds, and is asked before the model is made ready and after
def _knock(address: str) -> None:
    """Asks a cluster for an answer, in a process that can be given up: Ray itself waits minutes."""
    host, _, port = address.rpartition("//")[2].rpartition(":")
    try:
        if host and port.isdigit():
            socket.create_connection((host, int(port)), timeout=_CONNECT_S).close()
        subprocess.run(
            [sys.executable, "-c", _KNOCK],
            env={**os.environ, "RAY_ADDRESS": address},
            check=True,
            capture_output=True,
            timeout=_KNOCK_S,
        )
    except (OSError, ValueError, OverflowError, subprocess.SubprocessError) as error:
        told = (getattr(error, "stderr", None) or b"").decode(errors="replace").strip()
        reason = f" ({told.splitlines()[-1]:.200})" if told else ""
        raise InputError(
            f"RAY_ADDRESS={address}: no Ray cluster answers there{reason}; start one "
            "(`ray start --head`), correct the address, or unset it to run on this machine alone"
        ) from error
