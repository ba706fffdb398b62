"""Runs one notebook top to bottom."""

import atexit
import threading
import time
from concurrent.futures import Future
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from tqdm import tqdm

from helpers.errors import InputError, reason_of
from helpers.streams import merged

__all__ = ["execute"]


def execute(path: Path, timeout: int = 600) -> tuple[nbformat.NotebookNode, float]:
    """Runs one notebook top to bottom in its own folder, with a progress bar of its cells.

    Args:
        path: the notebook; the file is not changed.
        timeout: seconds that one cell may take.

    Returns:
        The notebook with the outputs of this run, and the seconds it took.

    Raises:
        InputError: a cell failed; the message names the notebook, the cell and the error.
    """
    notebook = _read(path)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    numbers = {cell.id: number for number, cell in enumerate(cells, start=1)}
    running = [0]
    start = time.perf_counter()
    with tqdm(total=len(cells), desc=path.stem, ncols=80, unit="cell") as bar:

        def begins(cell: nbformat.NotebookNode, **_: object) -> None:
            running[0] = numbers.get(cell.id, running[0])

        client = NotebookClient(
            notebook,
            timeout=timeout,
            kernel_name="python3",
            extra_arguments=["--log-level=ERROR"],  # it warns that its loopback ports are open
            resources={"metadata": {"path": str(path.parent)}},
            on_cell_start=begins,
            on_cell_executed=lambda **_: bar.update(),
        )
        try:
            _run(client)
        except CellExecutionError as error:
            raise InputError(
                f"{path.name}: code cell {running[0]} failed with {error.ename}: {error.evalue}; "
                "open the chapter with `make lab` and run it up to there"
            ) from error
        except (DeadKernelError, TimeoutError) as error:
            raise InputError(
                f"{path.name}: code cell {running[0]} did not finish ({error}); "
                "close other programs, then run it again"
            ) from error
        except (RuntimeError, NoSuchKernel) as error:  # what jupyter_client raises
            atexit.unregister(client._cleanup_kernel)  # which would stumble over there being none
            raise InputError(
                f"{path.name}: its kernel did not start ({reason_of(error)}); close other "
                "programs, then run it again, or install the packages anew: make clean, make setup"
            ) from error
    for cell in cells:
        cell.outputs = merged(cell.outputs)
    return notebook, time.perf_counter() - start


def _read(path: Path) -> nbformat.NotebookNode:
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.ValidationError) as error:
        raise InputError(
            f"{path.name}: no notebook ({reason_of(error)}); fetch it again (git checkout)"
        ) from error


def _run(client: NotebookClient) -> None:
    """Runs a notebook in a thread: in the main one nbclient takes Ctrl-C to itself.

    It would then wait for the kernel to end in its own time.
    """
    done: Future[None] = Future()

    def run() -> None:
        try:
            client.execute()
            done.set_result(None)
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        done.result()
    except KeyboardInterrupt:
        if client.km is not None and client.km.has_kernel:
            client.km.provisioner.process.kill()
        raise
