"""What goes wrong with a kernel: it is killed, takes all memory, or never comes to an end."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import psutil
from fault import Fault
from nbformat.v4 import new_code_cell, new_notebook
from processes import Command, wait_until

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
        return f"exit code {code}; {verdicts(lines)}"

    return cause


# --- killed from outside -----------------------------------------------------------------------


GROWING = """\
import pathlib, time
held = []
while True:
    held.append(bytearray(1 << 20))
    pathlib.Path("cell-2-has").write_text(str(len(held)))
    time.sleep(0.01)"""


def small_project(folder: Path) -> Path:
    """The project's code with two chapters, the first of which takes more and more memory."""
    shutil.copytree(
        PROJECT / "helpers", folder / "helpers", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("requirements.txt", "pyproject.toml"):
        shutil.copy(PROJECT / name, folder / name)
    (folder / "notebooks").mkdir()
    chapters_with(folder / "notebooks", GROWING)
    return folder


def kill_in_mid_cell(command: Command, notebooks: Path) -> None:
    """SIGKILL to the kernel once its cell is at work, as the system does when memory is used up."""
    wait_until(lambda: (notebooks / "cell-2-has").exists(), 120, "the second cell at work")
    kernels = [one for one in command.alive() if "ipykernel_launcher" in " ".join(one.cmdline())]
    (kernel,) = kernels
    kernel.kill()
    psutil.wait_procs([kernel], 10)


def killed_under_run(folder: Path) -> str:
    """`python -m helpers.chapters run` itself, with the time for a cell that it has."""
    project = small_project(folder / "project")
    told, run = folder / "a.told", ("-m", "helpers.chapters", "run")
    with Command.python(*run, output=told, cwd=project) as command:
        kill_in_mid_cell(command, project / "notebooks")
        code = command.wait(120)
        lines = [one for one in command.told.splitlines() if one.startswith(("failed:", "error:"))]
        left = len(command.alive())
    good = nbformat.read(project / "build" / "executed" / "02-good.ipynb", as_version=4)
    counts = [cell.execution_count for cell in good.cells]
    copies = [path.name for path in (project / "build" / "executed").iterdir()]
    traced = "a traceback; " if "Traceback" in command.told else ""
    return (
        f"exit code {code}; {copies}, its cells ran as {counts}; {left} processes left; {traced}"
        f"{' | '.join(lines)}"
    )


def killed_under_nbval(folder: Path) -> str:
    """As `make test` does it; nbval waits out the seconds for a cell, 5 here."""
    chapters_with(folder, GROWING)
    paths = [folder / "01-bad.ipynb", folder / "02-good.ipynb"]
    options = NBVAL.replace("=120", "=5").split()
    arguments = ["-m", "pytest", *options, "--rootdir", folder, *paths]
    with Command.python(*arguments, output=folder / "a.told", cwd=folder) as command:
        kill_in_mid_cell(command, folder)
        code = command.wait(120)
        return f"exit code {code}; {verdicts(command.told.splitlines())}"


def verdicts(lines: list[str]) -> str:
    """What nbval told of each notebook, of every cell that failed, and why."""
    plain = [" ".join(re.sub(r"\x1b\[\d+m", "", line).split()) for line in lines]
    ran = [line for line in plain if re.match(r"0\d-\w+\.ipynb ", line)]
    cells = [line.strip("_ ") for line in plain if re.match(r"_+ .*\.ipynb::Cell ", line)]
    why = [line for line in plain if re.match(r"Cell \d+: |\w*Error: |KeyboardInterrupt", line)]
    return f"{', '.join(ran)}; failed: {', '.join(cells)} | {' | '.join(why)}"


SILENT = (
    r"x \[ 50%\], {}: Timeout of 5 seconds exceeded while executing cell\. "
    r"Failed to interrupt kernel in 5 seconds, so failing without traceback\.$"
)
RAISED = r"\. \[ 50%\], {}: Cell execution caused an exception \| MemoryError: Unable to allocate"
LATE = r"X \[ 50%\], {}: Timeout of 5 seconds exceeded executing cell \| KeyboardInterrupt"
STOPS = {
    "is killed": (KILLED, r"did not finish \(Kernel died\)", SILENT),
    "wants more memory than there is": (FULL, "failed with .*MemoryError", RAISED),
    "does not end": (ENDLESS, r"did not finish \(.*timed out.* after 5 seconds", LATE),
}
OTHER = r"02-good\.ipynb \.\.\. \[100%\]; failed: 01-bad\.ipynb::Cell 1 \| Cell 1"


def in_run(told: str) -> str:
    """The two lines of `make run` where the second cell of the first of two chapters fails."""
    return (
        rf"failed: 01-bad\.ipynb: code cell 2 {told}.*"
        r" \| error: 01-bad\.ipynb: did not run to the end, .*; 1 of 2 notebooks did$"
    )


def in_test(told: str) -> str:
    """Cells of nbval are counted from 0: the first passes, the second fails, the third waits."""
    return rf"exit code 1; 01-bad\.ipynb \.F{told.format(OTHER)}"


ONE_RAN = r"exit code 2; \['02-good\.ipynb'\], its cells ran as \[1, 2, 3\]; 0 processes left; "

FAULTS = [
    *(
        Fault(
            "kernel dies",
            f"make run: a kernel {what}",
            r"exit code 2; ran \['02-good\.ipynb'\]; " + in_run(told),
            under_run(source),
        )
        for what, (source, told, _) in STOPS.items()
    ),
    *(
        Fault("kernel dies", f"make test: a kernel {what}", in_test(told), under_nbval(source))
        for what, (source, _, told) in STOPS.items()
    ),
    Fault(
        "kernel dies",
        "make run: a kernel is killed from outside",
        ONE_RAN + in_run(r"did not finish \(Kernel died\)"),
        killed_under_run,
    ),
    Fault(
        "kernel dies",
        "make test: a kernel is killed from outside",
        in_test(SILENT),
        killed_under_nbval,
    ),
]
