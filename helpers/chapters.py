"""Runs the chapters top to bottom and writes them as pages, or refreshes their stored outputs.

python -m helpers.chapters html      # execute copies, write build/html/ with an index
python -m helpers.chapters rerun     # execute in place, the solutions of exercises too
"""

import argparse
import html
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbconvert import HTMLExporter
from tqdm import tqdm

from helpers.errors import InputError, run_command
from helpers.files import PROJECT, put_in_place

__all__ = ["NOTEBOOKS", "chapter_paths", "execute", "main", "solution_paths", "write_pages"]

NOTEBOOKS = PROJECT / "notebooks"
"""Where the chapters are."""

_WITH_WORDS = """{% extends "lab/index.html.j2" %}
{% block data_png %}{{ super() | with_words(output) }}{% endblock %}"""  # nbconvert leaves them out

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>From PyTorch to ONNX Runtime</title>
<style>body{{font:1.1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}}
@media (prefers-color-scheme:dark){{body{{background:#111;color:#ddd}}a{{color:#7ab8ff}}}}</style>
</head><body><h1>From PyTorch to ONNX Runtime</h1><ul>
{items}
</ul></body></html>
"""


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
            coalesce_streams=True,  # one output a stream, however it came in pieces
            resources={"metadata": {"path": str(path.parent)}},
            on_cell_start=begins,
            on_cell_executed=lambda **_: bar.update(),
        )
        try:
            client.execute()
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


def write_pages(folder: Path) -> Path:
    """Executes every chapter and writes it as a page, with an index of all.

    Args:
        folder: where the pages go.

    Returns:
        The path of the index.

    Raises:
        InputError: a cell failed.
    """
    exporter = _exporter()
    items = []
    for path in chapter_paths():
        notebook, seconds = execute(path)
        page, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": path.stem}})
        _write(folder / f"{path.stem}.html", page)
        items.append(
            f'<li><a href="{path.stem}.html">{html.escape(_title(notebook, path))}</a> '
            f"({seconds:.0f} s)</li>"
        )
    return _write(folder / "index.html", _PAGE.format(items="\n".join(items)))


def main() -> int | None:
    """The command `python -m helpers.chapters`."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["html", "rerun"])
    parser.add_argument("--out", default=str(PROJECT / "build" / "html"), help="folder of pages")
    options = parser.parse_args()
    if options.what == "html":
        print(f"pages: {write_pages(Path(options.out))}")
        return 0
    for path in [*chapter_paths(), *solution_paths()]:
        notebook, _ = execute(path)
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)  # times of day, which would change every run
        _write(path, nbformat.writes(notebook) + "\n")
        print(f"{path.relative_to(PROJECT)} refreshed", file=sys.stderr)
    return 0


def _exporter() -> HTMLExporter:
    """Writes pages that fetch no script from elsewhere, with a text for each picture."""
    exporter = HTMLExporter(
        template_name="lab", mathjax_url="", require_js_url="", raw_template=_WITH_WORDS
    )
    exporter.register_filter("with_words", _with_words)
    return exporter


def _with_words(image: str, output: nbformat.NotebookNode) -> str:
    """An <img> with the text that the notebook stores beside a picture."""
    words = output.metadata.get("image/png", {}).get("alt")
    return image.replace("<img ", f'<img alt="{html.escape(words)}" ', 1) if words else image


def _title(notebook: nbformat.NotebookNode, path: Path) -> str:
    lines = "\n".join(cell.source for cell in notebook.cells).splitlines()
    return next((line[2:] for line in lines if line.startswith("# ")), path.stem)


def _write(path: Path, text: str) -> Path:
    with put_in_place(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


if __name__ == "__main__":
    run_command(main)
