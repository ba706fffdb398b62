"""Ctrl-C in the commands that write into folders, and in JupyterLab."""

import json
import os
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from shutil import copytree, ignore_patterns

import nbformat
import pyarrow.parquet as parquet
from fault import Fault
from faults_kernels import small_project
from faults_processes import KILLED, STOPPED, WITHIN, interrupted
from jupyter_client import BlockingKernelClient
from jupyter_lab import what_it_says
from processes import Command, wait_until

from helpers.chapters import chapter_paths
from helpers.files import PROJECT, sha256

__all__ = ["FAULTS"]


# --- the book ----------------------------------------------------------------------------------


def old_book(folder: Path) -> None:
    (folder / "out" / "_static").mkdir(parents=True)
    (folder / "out" / "_static" / "book.css").touch()
    (folder / "out" / "index.html").write_text("the old book")


def pages_written(folder: Path) -> list[Path]:
    return [*folder.glob(".out-*.part/out/*.html")]


def the_book(folder: Path) -> str:
    """What stands where the book goes, and beside it."""
    (page,) = (folder / "out").glob("*.html")
    left = sorted(one.name for one in folder.iterdir() if one.suffix != ".told")
    return f"{page.read_text()} stands, beside it {left}"


def killed_book(folder: Path) -> str:
    """Kills `make book` as it lays out, and as it writes pages; then it runs to its end."""
    old_book(folder)
    arguments = (*BOOK, "--out", folder / "out")
    for got_so_far in (begun, pages_written):
        with Command.python(*arguments, output=folder / "a.told") as command:
            wait_until(lambda sign=got_so_far: sign(folder), 120, "it to get so far")
            command.kill()
            wait_until(lambda one=command: not one.alive(), 10, "the end of what it had started")
        assert the_page(folder) == "the old book"
    with Command.python(*arguments, output=folder / "a.told") as command:
        assert command.wait() == 0, command.told[-300:]
    pages = len([*(folder / "out").glob("0*.html")])
    left = sorted(one.name for one in folder.iterdir() if one.suffix != ".told")
    return f"2 kills, the old book stays; then {pages} chapters, and beside them {left}"


def begun(folder: Path) -> list[Path]:
    return [*folder.glob(".out-*.part/*/*.ipynb")]


def the_page(folder: Path) -> str:
    return (folder / "out" / "index.html").read_text()


# --- make rerun --------------------------------------------------------------------------------


def two_to_refresh(folder: Path) -> Path:
    """A project of two chapters: the first is soon refreshed, the second does not end."""
    project = small_project(folder / "project")
    notebooks = project / "notebooks"
    (notebooks / "01-bad.ipynb").rename(notebooks / "03-endless.ipynb")
    for path in notebooks.glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            cell.execution_count = None
        nbformat.write(notebook, path)
        (folder / path.name).write_bytes(path.read_bytes())
    return project


def killed_rerun(folder: Path) -> str:
    """Kills `make rerun` in its second chapter; its kernel goes with it."""
    project = two_to_refresh(folder)
    arguments = ("-m", "helpers.chapters", "rerun")
    with Command.python(*arguments, output=folder / "a.told", cwd=project) as command:
        wait_until(lambda: in_second(folder), 120, "the second chapter")
        command.kill()
        wait_until(lambda: not command.alive(), 10, "the end of what it had started")
    return the_notebooks(folder)


def in_second(folder: Path) -> bool:
    return (folder / "project" / "notebooks" / "cell-2-has").exists()


def the_notebooks(folder: Path) -> str:
    """Which of the stored notebooks were run, and which are byte for byte as they were."""
    notebooks = folder / "project" / "notebooks"
    good = nbformat.read(notebooks / "02-good.ipynb", as_version=4)
    same = sha256(notebooks / "03-endless.ipynb") == sha256(folder / "03-endless.ipynb")
    left = sorted(one.name for one in notebooks.iterdir() if one.name != "cell-2-has")
    counts = [cell.execution_count for cell in good.cells]
    return f"one ran as {counts}, the other {'is as it was' if same else 'CHANGED'}; {left}"


# --- make score --------------------------------------------------------------------------------


def chunks(folder: Path) -> list[Path]:
    return [*(folder / "out" / "answers").glob("*/*.parquet")]


def manifest(folder: Path) -> bool:
    return (folder / "out" / "manifest.json").exists()


def the_answers(folder: Path) -> str:
    """Reads every file of answers that stands there."""
    rows = sum(parquet.read_table(path).num_rows for path in chunks(folder))
    settings = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert rows == 8 * len(chunks(folder)), rows
    return f"{'whole chunks' if rows else 'no chunk'} of {len(settings['shards'])} shard"


# --- make lab ----------------------------------------------------------------------------------


def lab(*, busy: bool) -> Callable[[Path], str]:
    """Ctrl-C twice, as JupyterLab wants it, at a terminal, with a kernel that is idle or busy."""

    def cause(folder: Path) -> str:
        copytree(PROJECT / "notebooks", folder / "notebooks", ignore=ignore_patterns(".*"))
        before = {path.name: sha256(path) for path in folder.rglob("*.ipynb")}
        own = {f"JUPYTER_{one}_DIR": str(folder / one) for one in ("CONFIG", "DATA", "RUNTIME")}
        options = ("--no-browser", "--allow-root", "--ServerApp.port=0", "--ServerApp.ip=localhost")
        first = min((folder / "notebooks").glob("*.ipynb"))
        arguments = [sys.executable, "-m", "jupyterlab", *options, first]
        ours, theirs = os.openpty()
        own["IPYTHONDIR"] = str(folder / "ipython")
        with Command(arguments, folder / "a.told", stdin=theirs, **own) as command:
            told = what_it_says(command.process, folder / "RUNTIME", command.output)
            client = kernel_of(told, folder / "RUNTIME")
            if busy:
                begun = folder / "begun"
                client.execute(f"open({str(begun)!r}, 'w').close()\nwhile True: pass")
                wait_until(begun.exists, 60, "the cell at work")
            started = len(command.alive())
            seconds = command.interrupt(times=2)
            code = command.process.poll()
            client.stop_channels()
            traced = ", a traceback" if "Traceback" in command.told and not busy else ""
        os.close(ours)
        os.close(theirs)
        same = before == {path.name: sha256(path) for path in folder.rglob("*.ipynb")}
        late = "" if seconds < WITHIN else f" LATE: {seconds:.1f} s"
        told = f"exit {code}, of {started} processes none alive{late}{traced}; "
        return told + f"notebooks {'as they were' if same else 'CHANGED'}"

    return cause


def kernel_of(told: dict, runtime: Path) -> BlockingKernelClient:
    """Starts a kernel in a server that has told of itself, and waits for it."""
    request = urllib.request.Request(
        f"{told['url']}api/kernels",
        data=b'{"name": "python3"}',
        headers={"Authorization": f"token {told['token']}"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        name = json.loads(answer.read())["id"]
    client = BlockingKernelClient(connection_file=str(runtime / f"kernel-{name}.json"))
    client.load_connection_file()
    client.start_channels()
    client.wait_for_ready(60)
    return client


BOOK = ("-m", "helpers.book")
SCORE = ("-m", "helpers.offline", "--chunk", "8", "--workers", "1")
STANDS = r"the old book stands, beside it \['out'\]$"
RERAN = (
    r"exit 130, nothing alive; one ran as \[1, 2, 3\], the other is as it was; "
    r"\['02-good\.ipynb', '03-endless\.ipynb'\]$"
)
LAB = r"exit 0, of 2 processes none alive; notebooks as they were$"

FAULTS = [
    Fault(
        KILLED,
        "during make book",
        rf"2 kills, the old book stays; then {len(chapter_paths())} chapters, and beside them "
        r"\['out'\]$",
        killed_book,
    ),
    Fault(KILLED, "during make rerun", RERAN.partition("; ")[2], killed_rerun),
    Fault(
        STOPPED,
        "in make book, as libraries are loaded",
        f"exit -2, nothing alive; {STANDS}",
        interrupted(BOOK, "", 0.2, the_book, prepare=old_book),
    ),
    Fault(
        STOPPED,
        "in make book, as pages are written",
        f"exit 130, nothing alive; {STANDS}",
        interrupted(BOOK, "", 0, the_book, prepare=old_book, until=pages_written),
    ),
    Fault(
        STOPPED,
        "in make rerun, in the second chapter",
        RERAN,
        interrupted(
            ("-m", "helpers.chapters", "rerun"),
            "02-good.ipynb refreshed",
            0,
            the_notebooks,
            out=False,
            prepare=two_to_refresh,
            until=in_second,
        ),
    ),
    Fault(
        STOPPED,
        "in make score, as Ray starts",
        "exit 130, nothing alive; no chunk of 1 shard$",
        interrupted(SCORE, "", 2, the_answers, until=manifest, RAY_ADDRESS=""),
    ),
    Fault(
        STOPPED,
        "in make score, as questions are answered",
        "exit 130, nothing alive; whole chunks of 1 shard$",
        interrupted(SCORE, "questions:", 0.1, the_answers, until=chunks, RAY_ADDRESS=""),
    ),
    Fault(STOPPED, "in make lab, twice", LAB, lab(busy=False)),
    Fault(STOPPED, "in make lab, twice, while a cell runs", LAB, lab(busy=True)),
]
