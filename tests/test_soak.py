"""What counts as left behind by a run of the course: a leak of every kind is really noticed."""

import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from soak import MARK, count, grown, left, main, marked, own_places, peak_of, soak

BEFORE = {"memory, MB": 60, "handles": 6, "processes": 0, "files in the project": 3}
FIRST = {"memory, MB": 100, "handles": 6, "processes": 0, "files in the project": 5}


def test_more_than_before_or_than_after_the_first_time_has_grown_but_memory_may_by_a_tenth():
    assert grown([BEFORE, FIRST, {**FIRST, "memory, MB": 110}]) == []
    later = {**FIRST, "memory, MB": 111, "handles": 5, "files in the project": 6}
    assert grown([BEFORE, FIRST, later]) == ["memory, MB", "files in the project"]


def test_what_the_first_run_leaves_is_no_baseline():
    first = {**FIRST, "handles": 7, "processes": 1}
    assert grown([BEFORE, first, first]) == ["handles", "processes"]


def test_one_time_compares_nothing_and_is_refused(capsys):
    assert main("1", []) == 2
    assert capsys.readouterr().err == "error: SOAK=1: must be a number from 2 on, to compare\n"
    assert main("abc", []) == 2
    assert "SOAK=abc: must be a number" in capsys.readouterr().err


def test_an_orphan_in_a_session_of_its_own_is_seen():
    sleep = "import time; time.sleep(60)"
    start = f"subprocess.Popen([sys.executable, '-c', {sleep!r}], start_new_session=True)"
    with own_places() as (_, mark):
        subprocess.run([sys.executable, "-c", f"import subprocess, sys; {start}"], check=True)
        gone = time.monotonic() + 10
        while not (orphans := marked(mark)):  # it may just be on its way into its own program
            assert time.monotonic() < gone
        (orphan,) = orphans
        assert orphan not in psutil.Process().children(recursive=True)
        assert orphan.environ()[MARK] == mark
        orphan.kill()
        gone = time.monotonic() + 10
        while marked(mark):
            assert time.monotonic() < gone


@pytest.mark.parametrize("name", [".cache", ".ipython", ".local/share/jupyter"])
def test_files_in_the_home_folder_and_in_shared_memory_are_counted(name, tmp_path):
    home, memory = tmp_path / "home", tmp_path / "memory"
    (home / name / "deep").mkdir(parents=True)
    memory.mkdir()
    before = left(tmp_path, "none", home, memory)
    (home / name / "deep" / "a").touch()
    (memory / "sem.a").touch()
    after = left(tmp_path, "none", home, memory)
    for what in ("files in the home folder", "files in shared memory"):
        assert after[what] - before[what] == 1


def test_the_most_memory_of_a_process_is_known_while_it_runs():
    code = "held = b'x' * 300_000_000; del held; print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1) as process:
        process.stdout.readline()
        assert psutil.Process(process.pid).memory_info().rss < 2e8  # it has given it back
        assert 3e8 < peak_of(process.pid) < 4e8
        process.communicate(b"\n")
    assert peak_of(process.pid) == 0


def chapter(folder: Path, source: str) -> Path:
    spec = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    cells = [new_code_cell(source)]
    nbformat.write(new_notebook(cells=cells, metadata=spec), folder / "01-a.ipynb")
    return folder / "01-a.ipynb"


ORPHAN = """\
import subprocess, sys
sleep = "import time; time.sleep(300)"
_ = subprocess.Popen([sys.executable, "-c", sleep], start_new_session=True)
"""
TEMPORARY = "import tempfile; _ = tempfile.mkstemp()"
GROWING = """\
import pathlib, time
runs = pathlib.Path("runs")
number = int(runs.read_text()) + 1 if runs.exists() else 1
_ = runs.write_text(str(number))
held = b"x" * (100_000_000 * number)
time.sleep(1)
"""


@pytest.mark.parametrize(
    ("source", "worse"),
    [
        ("x = 1; import time; time.sleep(1)", []),
        (ORPHAN, ["processes"]),
        (TEMPORARY, ["temporary files"]),
        (GROWING, ["memory of a kernel, MB"]),
    ],
    ids=["nothing", "an orphan", "a temporary file", "a kernel's memory"],
)
def test_what_a_chapter_leaves_behind_is_noticed(source, worse, tmp_path):
    ran = tmp_path / "ran"
    commands = [f"-c open('{ran}','a').write('x')"]
    rows = soak([[chapter(tmp_path, source)], []], 2, tmp_path / "out", commands)
    assert len(rows) == 3
    assert ran.read_text() == "xx"
    assert rows[1]["memory of a kernel, MB"] > 30  # it was seen
    kinds = {"processes", "temporary files", "memory of a kernel, MB"}
    assert [one for one in grown(rows) if one in kinds] == worse


def test_a_handle_that_is_left_open_is_noticed(tmp_path):
    with own_places() as (own, mark), open(__file__) as held:
        with_it = left(own, mark)
        held.close()
        without = left(own, mark)
        assert grown([without, with_it, with_it]) == ["handles"]


def test_a_folder_that_is_not_there_holds_no_file(tmp_path):
    assert count(tmp_path / "none") == 0
