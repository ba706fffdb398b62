"""Runs the chapters top to bottom, as copies or to refresh their stored outputs."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import nbformat

from helpers.errors import InputError, run_command
from helpers.execution import execute
from helpers.files import PROJECT, check_writable, put_in_place
from helpers.requirements import tell_other_versions

__all__ = [
    "EXECUTED",
    "NOTEBOOKS",
    "chapter_paths",
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
    copies = []
    with _told() as failed:
        for path in chapter_paths():
            with failed(path):
                notebook, _ = execute(path)
                copies.append(_write(folder / path.name, nbformat.writes(notebook) + "\n"))
        for old in set(folder.glob("*.ipynb")) - set(copies):
            old.unlink()
    return copies


@contextmanager
def _told() -> Iterator[Callable[[Path], AbstractContextManager[None]]]:
    """Blocks, one a notebook, of which one that fails stops no other; at the end they are told."""
    begun: list[str] = []
    failures: list[str] = []

    @contextmanager
    def failed(path: Path) -> Iterator[None]:
        begun.append(path.name)
        try:
            yield
        except InputError as error:
            failures.append(path.name)
            print(f"failed: {error}", file=sys.stderr)

    yield failed
    if failures:
        raise InputError(
            f"{', '.join(failures)}: did not run to the end, for the reason told above; "
            f"{len(begun) - len(failures)} of {len(begun)} notebooks did"
        )


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
    with _told() as failed:
        for path in [*chapter_paths(), *solution_paths()]:
            with failed(path):
                _refresh(path)
    return 0


def _refresh(path: Path) -> None:
    """Stores the outputs of a new run in a notebook."""
    notebook, _ = execute(path)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of day, which would change every run
    _write(path, nbformat.writes(notebook) + "\n")
    print(f"{path.relative_to(PROJECT)} refreshed", file=sys.stderr)


def _write(path: Path, text: str) -> Path:
    with put_in_place(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


if __name__ == "__main__":
    run_command(main)
