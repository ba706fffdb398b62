"""Hostile inputs one after another, each in a process with limits; a fresh process makes these.

A process that has run PyTorch may not be forked safely: its threads are gone in the new one, which
then waits for them. So the tests start this one, which has run nothing, and ask it for one case
after another: each line of its standard input is the number of a case, a tab, and a folder.
"""

import gc
import json
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Self

from hostile import SECONDS, Case, apart

__all__ = ["Limited"]

HERE = Path(__file__).resolve().parent
START = 120  # seconds for this process to import what reads the inputs


class Limited:
    """The process that makes the others. Use it in a `with` block, which ends it."""

    def __init__(self, module: str = "faults", seconds: float = SECONDS) -> None:
        """Starts it.

        Args:
            module: holds the cases in a list `CASES`.
            seconds: that a case may take.
        """
        self._seconds = seconds
        self._process = subprocess.Popen(
            [sys.executable, __file__, module, str(seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": f"{HERE.parent}{os.pathsep}{HERE}"},
            text=True,
        )

    def __enter__(self) -> Self:
        self._answer(START)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            pipe.close()

    def happened(self, number: int, folder: Path) -> str:
        """What came of a case, as `hostile.apart` tells it.

        Args:
            number: its place in the list.
            folder: an empty folder.
        """
        self._process.stdin.write(f"{number}\t{folder}\n")
        self._process.stdin.flush()
        return self._answer(self._seconds + START)

    def _answer(self, seconds: float) -> str:
        if not select.select([self._process.stdout], [], [], seconds)[0]:
            raise TimeoutError(f"no answer within {seconds:g} s")
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"it ended with {self._process.wait()}")
        return json.loads(line)


def main(module: str, seconds: float) -> None:
    """Tells that it is there, then what came of each case it is asked for."""
    cases: list[Case] = __import__(module).CASES
    gc.freeze()  # a process that is made of this one leaves these pages as they are
    told = os.dup(1)
    os.dup2(2, 1)  # what a reader prints is no answer
    with open(told, "w", encoding="utf-8", buffering=1) as answers:
        print(json.dumps(f"{len(cases)} cases"), file=answers)
        for line in sys.stdin:
            number, _, folder = line.rstrip("\n").partition("\t")
            print(json.dumps(apart(cases[int(number)], Path(folder), seconds)), file=answers)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
