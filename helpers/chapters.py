"""Runs the chapters top to bottom, as copies or to refresh their stored outputs."""

import argparse
import sys
import threading
import time
from concurrent.futures import Future
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from tqdm import tqdm

from helpers.errors import InputError, run_command
from helpers.files import PROJECT, check_writable, put_in_place
from helpers.requirements import tell_other_versions

__all__ = [
    "EXECUTED",
    "NOTEBOOKS",
    "chapter_paths",
    "execute",
    "main",
    "solution_paths",
    "write_executed",
]

NOTEBOOKS = PROJECT / "notebooks"
"""Where the chapters are."""

EXECUTED = PROJECT / "build" / "executed"
"""Where `make run` leaves copies of them, with the outputs of its run."""


def chapter_paths(folder: Path = NOTEBOOKS) -> list[Path]:
    """The numbered notebooks of a folder, in order.

    Raises:
        InputError: there are none.
    """
    paths = sorted(folder.glob("[0-9][0-9]*.ipynb"))
    if not paths:
        raise InputError(f"{folder}: holds no chapters (NN-*.ipynb); run this in the project")
    return paths


def solution_paths(folder: Path = NOTEBOOKS) -> list[Path]:
    """The notebooks that solve the exercises of a folder's chapters, in order; maybe none."""
    return sorted((folder / "solutions").glob("[0-9][0-9]*.ipynb"))


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
    notebook = nbformat.read(path, as_version=4)
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
            coalesce_streams=True,  # one output a stream, however it came in pieces
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
    return notebook, time.perf_counter() - start


def write_executed(folder: Path) -> list[Path]:
    """Executes every chapter and writes it, with the outputs of this run, to another folder.

    A chapter that fails stops no other.

    Args:
        folder: where the copies go; those of chapters that are no more, or that failed, are
            removed.

    Returns:
        The paths of the copies, in order.

    Raises:
        InputError: nothing can be written there, or a cell failed; where chapters failed, each is
            told on a line of standard error as it happens.
    """
    check_writable(folder)
    copies, failures = [], []
    for path in chapter_paths():
        try:
            notebook, _ = execute(path)
        except InputError as error:
            failures.append(path.name)
            print(f"failed: {error}", file=sys.stderr)
        else:
            copies.append(_write(folder / path.name, nbformat.writes(notebook) + "\n"))
    for old in set(folder.glob("*.ipynb")) - set(copies):
        old.unlink()
    if failures:
        raise InputError(
            f"{', '.join(failures)}: did not run to the end, for the reason told above; "
            f"{len(copies)} of {len(copies) + len(failures)} chapters did"
        )
    return copies


def main() -> int | None:
    """The command `python -m helpers.chapters`."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["run", "rerun"])
    options = parser.parse_args()
    tell_other_versions()
    if options.what == "run":
        write_executed(EXECUTED)
        return 0
    check_writable(NOTEBOOKS)
    for path in [*chapter_paths(), *solution_paths()]:
        notebook, _ = execute(path)
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)  # times of day, which would change every run
        _write(path, nbformat.writes(notebook) + "\n")
        print(f"{path.relative_to(PROJECT)} refreshed", file=sys.stderr)
    return 0


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


def _write(path: Path, text: str) -> Path:
    with put_in_place(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


if __name__ == "__main__":
    run_command(main)
