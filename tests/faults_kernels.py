"""What goes wrong with a kernel: it is killed, takes all memory, or never comes to an end."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
from fault import Fault
from nbformat.v4 import new_code_cell, new_notebook

from helpers.files import PROJECT

__all__ = ["FAULTS"]

KILLED = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
FULL = (
    "import resource; resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))\n"
    "import numpy; numpy.ones(1 << 33)"
)
ENDLESS = "while True: pass"
RUN = """\
import functools, helpers.chapters as chapters, pathlib, sys
from helpers.errors import run_command
folder = pathlib.Path(sys.argv[1])
paths = chapters.chapter_paths(folder)
chapters.chapter_paths = lambda: paths
chapters.execute = functools.partial(chapters.execute, timeout=5)
run_command(lambda: chapters.write_executed(folder / "executed") and 0)
"""
NBVAL = re.search(r"^NBVAL := (.*)$", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.M)[1]


def chapters_with(folder: Path, source: str) -> list[Path]:
    """Two chapters: the second cell of the first one is bad, the second one is good."""
    spec = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    paths = [folder / "01-bad.ipynb", folder / "02-good.ipynb"]
    for path, second in zip(paths, (source, "y = 2"), strict=True):
        sources = ["x = 1", second, "z = 3"]
        cells = [new_code_cell(one, execution_count=n) for n, one in enumerate(sources, start=1)]
        nbformat.write(new_notebook(cells=cells, metadata=spec), path)
    return paths


def lines_of(arguments: list[object], folder: Path) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).splitlines()


def under_run(source: str) -> Callable[[Path], str]:
    """As `make run` does it, with 5 seconds for a cell."""

    def cause(folder: Path) -> str:
        chapters_with(folder, source)
        code, lines = lines_of(["-c", RUN, folder], folder)
        told = [line for line in lines if line.startswith(("failed:", "error:"))]
        ran = [path.name for path in (folder / "executed").iterdir()]
        return f"exit code {code}; ran {ran}; {' | '.join(told)}"

    return cause


def under_nbval(source: str) -> Callable[[Path], str]:
    """As `make test` does it, with 5 seconds for a cell."""

    def cause(folder: Path) -> str:
        paths = chapters_with(folder, source)
        options = NBVAL.replace("=120", "=5").split()
        code, lines = lines_of(["-m", "pytest", *options, "--rootdir", folder, *paths], folder)
        told = [line for line in lines if line.startswith(("FAILED", "02-good"))]
        return f"exit code {code}; {' | '.join(' '.join(line.split()) for line in told)}"

    return cause


STOPS = {
    "is killed": (KILLED, "did not finish"),
    "wants more memory than there is": (FULL, "failed with .*MemoryError"),
    "does not end": (ENDLESS, "did not finish"),
}

FAULTS = [
    *(
        Fault(
            "kernel dies",
            f"make run: a kernel {what}",
            rf"exit code 2; ran \['02-good\.ipynb'\]; failed: 01-bad\.ipynb: code cell 2 {told}.*"
            r" \| error: 01-bad\.ipynb: did not run to the end, .*; 1 of 2 chapters did",
            under_run(source),
        )
        for what, (source, told) in STOPS.items()
    ),
    *(
        Fault(
            "kernel dies",
            f"make test: a kernel {what}",
            r"exit code 1; 02-good\.ipynb \.\.\. \[100%\] \| FAILED 01-bad\.ipynb::Cell 1 .*",
            under_nbval(source),
        )
        for what, (source, _) in STOPS.items()
    ),
]
