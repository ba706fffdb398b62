"""`make soak`: the whole course several times in one process, and what is left after each time.

`python tests/soak.py TIMES [CHAPTER...]`; CHAPTER is the beginning of a name, such as 03.
"""

import gc
import os
import sys
import tempfile
from pathlib import Path

import psutil

from helpers import chapters
from helpers.files import PROJECT

MEMORY = 1.1  # times what this process held after the first time: Python keeps some of what it had


def left(own: Path) -> dict[str, int]:
    """What is there now that a run may have left behind."""
    gc.collect()
    me = psutil.Process()
    return {
        "memory, MB": round(me.memory_info().rss / 1e6),
        "handles": me.num_fds(),
        "processes": len(me.children(recursive=True)),
        "temporary files": sum(len(files) for _, _, files in os.walk(own)),
        "files in the project": len(files_of_the_project()),
    }


def files_of_the_project() -> list[str]:
    """Every file of the project but those of .venv and git, and Python's compiled ones."""
    found = []
    for folder, folders, files in os.walk(PROJECT):
        folders[:] = [one for one in folders if one not in (".venv", ".git", "__pycache__")]
        found += [os.path.join(folder, one) for one in files]
    return found


def grown(first: dict[str, int], later: dict[str, int]) -> list[str]:
    """What is more than it was after the first time."""
    return [
        name
        for name, before in first.items()
        if later[name] > (before * MEMORY if name.startswith("memory") else before)
    ]


def main(times: int, chosen: list[str]) -> int:
    """Runs the chapters so many times; 1 if something grew, 2 if nothing can be compared."""
    if times < 2:
        print(f"error: SOAK={times}: must be at least 2, to compare", file=sys.stderr)
        return 2
    paths = [one for one in chapters.chapter_paths() if one.name.startswith(tuple(chosen or [""]))]
    chapters.chapter_paths = lambda: paths
    with tempfile.TemporaryDirectory(prefix="soak-") as own:
        os.environ |= {"TMPDIR": own, "JUPYTER_RUNTIME_DIR": f"{own}/runtime"}
        tempfile.tempdir = own
        rows = []
        for number in range(times):
            chapters.write_executed(PROJECT / "build" / "soak")
            rows.append(left(Path(own)))
            print(f"after run {number + 1}: {rows[-1]}", flush=True)
    worse = grown(rows[0], rows[-1])
    print(f"{len(paths)} chapters, {times} times; grown: {', '.join(worse) or 'nothing'}")
    return int(bool(worse))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
