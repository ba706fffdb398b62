"""`make soak`: the whole course several times in a row, and what is left after each time.

The chapters and their solutions run in this process, one kernel after another; then come the
benchmark and the book, as `make run` starts them.

`python tests/soak.py TIMES [CHAPTER...]`; CHAPTER is the beginning of a name, such as 03. Then
neither the benchmark nor the book is made.
"""

import contextlib
import gc
import os
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from helpers import chapters
from helpers.errors import run_command
from helpers.files import PROJECT

MEMORY = 1.1  # times what it was after the first time: Python keeps some of what it had
HOME = (".cache", ".ipython", ".local/share/jupyter")
MARK = "SOAK_OF"  # in the environment of all that a run starts, an orphan's too
FROM_THE_START = ("handles", "processes", "temporary files", "files in shared memory")
SECONDS = 0.2  # between two looks at the kernels
OUT = PROJECT / "build" / "soak"
COMMANDS = (
    f"-m helpers.benchmark --rungs quick --sweep 0 --samples 100 --out {OUT}/bench",
    f"-m helpers.book {OUT}/notebooks --out {OUT}/book",
)


# --- what is left ------------------------------------------------------------------------------


def left(own: Path, mark: str, home: Path | None = None, memory: Path | None = None) -> dict:
    """What is there now that a run may have left behind.

    Args:
        own: the folder that temporary files go to.
        mark: what stands in the environment of all that was started.
        home: the user's folder; None: his own.
        memory: where files in shared memory are; None: where Linux has them.
    """
    gc.collect()
    me = psutil.Process()
    # a child that has ended, and that nobody has waited for, has no environment any more
    started = marked(mark) | set(me.children(recursive=True))
    home = home or Path.home()
    return {
        "memory, MB": round(me.memory_info().rss / 1e6),
        "handles": me.num_fds(),
        "processes": len(started),
        "temporary files": count(own),
        "files in shared memory": count(memory or Path("/dev/shm")),
        "files in the home folder": sum(count(home / name) for name in HOME),
        "files in the project": len(files_of_the_project()),
    }


def marked(mark: str) -> set[psutil.Process]:
    """The processes with a mark in their environment, in whatever session, but this one."""
    found = set()
    for one in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if one.pid != os.getpid() and one.environ().get(MARK) == mark:
                found.add(one)
    return found


def count(folder: Path) -> int:
    """How many files are in a folder and those in it; none where there is no such folder."""
    return sum(len(files) for _, _, files in os.walk(folder))


def files_of_the_project() -> list[str]:
    """Every file of the project but those of .venv and git, and Python's compiled ones."""
    found = []
    for folder, folders, files in os.walk(PROJECT):
        folders[:] = [one for one in folders if one not in (".venv", ".git", "__pycache__")]
        found += [os.path.join(folder, one) for one in files]
    return found


# --- while it runs -----------------------------------------------------------------------------


class Watch:
    """Looks at the kernels while chapters run. Use it in a `with` block.

    Attributes:
        peak: the most memory that one of them held, in bytes, as the system counted it.
    """

    def __init__(self, mark: str) -> None:
        self.peak = 0
        self._mark = mark
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(SECONDS):
            for one in marked(self._mark):
                self.peak = max(self.peak, peak_of(one.pid))


def peak_of(pid: int) -> int:
    """The most memory that a process has held so far, in bytes; 0 where it has ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


@contextlib.contextmanager
def own_places() -> Iterator[tuple[Path, str]]:
    """A folder for temporary files, and a mark for processes; both go to all that is started."""
    before = dict(os.environ), tempfile.tempdir
    mark = uuid.uuid4().hex
    with tempfile.TemporaryDirectory(prefix="soak-") as own:
        os.environ |= {"TMPDIR": own, "JUPYTER_RUNTIME_DIR": f"{own}/runtime", MARK: mark}
        tempfile.tempdir = own
        try:
            yield Path(own), mark
        finally:
            for name in set(os.environ) - set(before[0]):
                del os.environ[name]
            os.environ |= before[0]
            tempfile.tempdir = before[1]


def run(arguments: list[str]) -> None:
    """Runs a command that must end well."""
    subprocess.run(arguments, cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)


# --- what has grown ----------------------------------------------------------------------------


def grown(rows: list[dict[str, int]]) -> list[str]:
    """What is more at the end than it may be.

    Memory may be a tenth more than after the first time. Handles, processes, temporary files and
    shared memory may not be more than before it. All else is as it was after the first time, which
    makes what is kept: copies of chapters, a cache.

    Args:
        rows: before the first time, after it, and after each other time.
    """
    before, first, last = rows[0], rows[1], rows[-1]
    worse = []
    for name, now in last.items():
        most = (before if name in FROM_THE_START else first)[name]
        if now > (most * MEMORY if name.startswith("memory") else most):
            worse.append(name)
    return worse


def soak(
    parts: Sequence[list[Path]], times: int, out: Path, commands: Sequence[str] = ()
) -> list[dict[str, int]]:
    """Runs notebooks and commands; gives a row of what is left before, and after each time.

    Args:
        parts: notebooks, in folders of no common name: the chapters, their solutions.
        times: how often all of it runs.
        out: where executed copies go, a folder a part.
        commands: arguments of Python, which run after the notebooks.
    """
    given, rows = chapters.chapter_paths, []
    try:
        with own_places() as (own, mark):
            rows.append(left(own, mark) | {"memory of a kernel, MB": 0})
            print(f"before: {rows[-1]}", flush=True)
            for number in range(times):
                with Watch(mark) as watch:
                    for paths in filter(None, parts):
                        chapters.chapter_paths = lambda paths=paths: paths
                        chapters.write_executed(out / paths[0].parent.name)
                    for command in commands:
                        arguments = [sys.executable, *command.split()]
                        subprocess.run(
                            arguments, cwd=PROJECT, check=True, stdout=subprocess.DEVNULL
                        )
                rows.append(left(own, mark) | {"memory of a kernel, MB": round(watch.peak / 1e6)})
                print(f"after run {number + 1}: {rows[-1]}", flush=True)
            for one in marked(mark):
                one.kill()
    finally:
        chapters.chapter_paths = given
    return rows


def main(asked: str, chosen: list[str]) -> int:
    """Runs the course so many times; 1 if something grew, 2 if nothing can be compared."""
    if not asked.isdecimal() or int(asked) < 2:
        print(f"error: SOAK={asked}: must be a number from 2 on, to compare", file=sys.stderr)
        return 2
    times = int(asked)
    parts = [
        [one for one in paths if one.name.startswith(tuple(chosen or [""]))]
        for paths in (chapters.chapter_paths(), chapters.solution_paths())
    ]
    worse = grown(soak(parts, times, OUT, () if chosen else COMMANDS))
    told = f"{sum(map(len, parts))} notebooks" + ("" if chosen else ", benchmark and book")
    print(f"{told}, {times} times; grown: {', '.join(worse) or 'nothing'}")
    return int(bool(worse))


if __name__ == "__main__":
    run_command(lambda: main(sys.argv[1], sys.argv[2:]))
