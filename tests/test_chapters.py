"""The runner of the chapters, and what every chapter must look like on disk."""

import re
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from helpers import chapters
from helpers.chapters import NOTEBOOKS, chapter_paths, solution_paths, write_executed
from helpers.errors import InputError
from helpers.execution import execute
from helpers.files import PROJECT

CHAPTERS = sorted(NOTEBOOKS.glob("*.ipynb"))
STORED = [*CHAPTERS, *sorted(NOTEBOOKS.glob("*/*.ipynb"))]


def label(path):
    return "/".join(path.relative_to(NOTEBOOKS).with_suffix("").parts)


def notebook(path, *sources):
    """Writes a notebook: sources that begin with # are prose."""
    cells = [
        new_markdown_cell(source) if source.startswith("# ") else new_code_cell(source)
        for source in sources
    ]
    nbformat.write(new_notebook(cells=cells), path)
    return path


def test_a_notebook_runs_in_its_own_folder_and_the_file_stays_as_it_is(tmp_path):
    (tmp_path / "beside.txt").write_text("read")
    path = notebook(tmp_path / "01-a.ipynb", "# Title", "x = open('beside.txt').read()", "x + '!'")
    before = path.read_bytes()
    executed, seconds = execute(path)
    assert executed.cells[2].outputs[0].data["text/plain"] == "'read!'"
    assert seconds > 0
    assert path.read_bytes() == before


def test_a_failing_cell_is_named_with_its_notebook_and_error(tmp_path):
    path = notebook(
        tmp_path / "07-broken.ipynb",
        "# Prose does not count", "a = 1", "# More prose", "a / 0", "print('never')",
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        execute(path)
    message = str(caught.value)
    assert message.startswith(
        "07-broken.ipynb: code cell 2 failed with ZeroDivisionError: division by zero"
    )
    assert "make lab" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("source", "timeout"), [("import os; os._exit(1)", 60), ("while True: pass", 1)]
)
def test_a_cell_that_does_not_finish_is_named(tmp_path, source, timeout):
    path = notebook(tmp_path / "08-stuck.ipynb", "1 + 1", source)
    with pytest.raises(InputError, match=r"^08-stuck\.ipynb: code cell 2 did not finish"):
        execute(path, timeout=timeout)


def test_executed_copies_are_left_in_another_folder(tmp_path, monkeypatch):
    paths = [
        notebook(tmp_path / "01-a.ipynb", "# A & B", "print(6 * 7)"),
        notebook(tmp_path / "02-b.ipynb", "x = 1"),
    ]
    before = [path.read_bytes() for path in paths]
    monkeypatch.setattr(chapters, "chapter_paths", lambda: paths)
    folder = tmp_path / "executed"
    folder.mkdir()
    notebook(folder / "03-renamed-since.ipynb")
    copies = write_executed(folder)
    assert copies == [folder / "01-a.ipynb", folder / "02-b.ipynb"]
    assert sorted(folder.iterdir()) == copies
    assert nbformat.read(copies[0], as_version=4).cells[1].outputs[0].text == "42\n"
    assert [path.read_bytes() for path in paths] == before


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("1 / 0", "code cell 2 failed with ZeroDivisionError"),
        ("import os; os.kill(os.getpid(), 9)", "code cell 2 did not finish"),
    ],
)
def test_a_chapter_that_fails_stops_no_other(tmp_path, monkeypatch, capsys, source, told):
    paths = [
        notebook(tmp_path / "01-bad.ipynb", "1 + 1", source),
        notebook(tmp_path / "02-good.ipynb", "print(6 * 7)"),
    ]
    monkeypatch.setattr(chapters, "chapter_paths", lambda: paths)
    folder = tmp_path / "executed"
    folder.mkdir()
    notebook(folder / "01-bad.ipynb")  # of an earlier run
    with pytest.raises(InputError, match=r"^01-bad\.ipynb: did not run to the end"):
        write_executed(folder)
    assert [path.name for path in folder.iterdir()] == ["02-good.ipynb"]
    assert f"failed: 01-bad.ipynb: {told}" in capsys.readouterr().err


def test_a_kernel_that_does_not_start_is_told_and_stops_no_other(tmp_path, monkeypatch, capsys):
    spec = tmp_path / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text('{"argv": ["false"], "display_name": "Python 3", "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    paths = [notebook(tmp_path / name, "1") for name in ("01-a.ipynb", "02-b.ipynb")]
    monkeypatch.setattr(chapters, "chapter_paths", lambda: paths)
    with pytest.raises(InputError, match=r"01-a\.ipynb, 02-b\.ipynb: did not .*; 0 of 2 notebooks"):
        write_executed(tmp_path / "executed")
    lines = [one for one in capsys.readouterr().err.splitlines() if one.startswith("failed")]
    assert [line.split(" (")[0] for line in lines] == [
        f"failed: {path.name}: its kernel did not start" for path in paths
    ]
    code = "import sys; from pathlib import Path; from helpers.errors import run_command\n"
    code += "from helpers.execution import execute; run_command(lambda: execute(Path(sys.argv[1])))"
    command = [sys.executable, "-c", code, str(paths[0])]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, check=False)
    assert (done.returncode, done.stderr.count("error: ")) == (2, 1)
    assert "Traceback" not in done.stderr  # nor of what a library does as Python ends


def test_a_file_that_is_no_notebook_is_told_in_one_line(tmp_path):
    path = tmp_path / "01-cut.ipynb"
    path.write_text('{"cells": [')
    with pytest.raises(InputError, match=r"^01-cut\.ipynb: no notebook \(.*fetch it again"):
        execute(path)


def test_chapters_are_found_in_order_and_a_folder_without_any_is_named(tmp_path):
    for name in ("02-b.ipynb", "01-a.ipynb", "draft.ipynb", "10-c.ipynb"):
        notebook(tmp_path / name)
    assert [p.name for p in chapter_paths(tmp_path)] == ["01-a.ipynb", "02-b.ipynb", "10-c.ipynb"]
    with pytest.raises(InputError, match="holds no chapters"):
        chapter_paths(tmp_path / "none")


# --- the chapters as they are stored -----------------------------------------------------------


def code_cells(path):
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def test_there_are_chapters_and_all_are_numbered():
    assert chapter_paths() == CHAPTERS


def test_solutions_are_no_chapters_and_each_belongs_to_one():
    assert [path for path in STORED if path not in CHAPTERS] == solution_paths()
    assert {path.name for path in solution_paths()} <= {path.name for path in chapter_paths()}


def test_rerun_refreshes_chapters_and_solutions(tmp_path, monkeypatch):
    (tmp_path / "solutions").mkdir()
    notebook(tmp_path / "01-a.ipynb", "print(1)")
    notebook(tmp_path / "solutions" / "01-a.ipynb", "print(2)")
    monkeypatch.setattr(chapters, "PROJECT", tmp_path)
    found = chapter_paths(tmp_path), solution_paths(tmp_path)
    assert [len(paths) for paths in found] == [1, 1]
    monkeypatch.setattr(chapters, "chapter_paths", lambda: found[0])
    monkeypatch.setattr(chapters, "solution_paths", lambda: found[1])
    monkeypatch.setattr("sys.argv", ["chapters", "rerun"])
    assert chapters.main() == 0
    stored = [code_cells(path)[0].outputs[0].text for (path,) in found]
    assert stored == ["1\n", "2\n"]


@pytest.mark.parametrize("path", STORED, ids=label)
def test_a_chapter_is_valid_and_was_run_from_top_to_bottom(path):
    nbformat.validate(nbformat.read(path, as_version=4))
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))  # strict nbval skips a cell without a count


@pytest.mark.parametrize("path", STORED, ids=label)
def test_a_chapter_stores_no_error_and_no_noise(path):
    for number, cell in enumerate(code_cells(path), start=1):
        kinds = [output.output_type for output in cell.outputs]
        assert "error" not in kinds, f"code cell {number} stores an error"
        assert not cell.source.rstrip().endswith(";"), f"code cell {number} ends with ;"
        assert "NBVAL_" not in cell.source, f"code cell {number} talks to the test machinery"
        assert cell.source.strip(), f"code cell {number} is empty"


@pytest.mark.parametrize("path", STORED, ids=label)
def test_every_stored_picture_says_in_words_what_it_shows(path):
    for number, cell in enumerate(code_cells(path), start=1):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                words = output.metadata.get("image/png", {}).get("alt", "")
                assert len(words) > 20, f"code cell {number} stores a picture without words"


@pytest.mark.parametrize("path", STORED, ids=label)
def test_a_chapters_links_lead_to_files_that_are_there(path):
    cells = nbformat.read(path, as_version=4).cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    targets = re.findall(r"\]\(([^)#\s]+)", prose)
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in local if not (path.parent / target).exists()] == []


def test_no_cell_of_a_solution_is_exempt_from_comparison():
    assert solution_paths()
    cells = [cell for path in solution_paths() for cell in code_cells(path)]
    assert [cell.source for cell in cells if cell.metadata.get("tags")] == []


def test_few_cells_are_exempt_from_comparison():
    cells = [cell for path in chapter_paths() for cell in code_cells(path)]
    exempt = {"nbval-ignore-output", "nbval-skip"}
    tagged = [c for c in cells if exempt & set(c.metadata.get("tags", []))]
    assert len(tagged) <= 0.03 * len(cells), f"{len(tagged)} of {len(cells)} cells"
