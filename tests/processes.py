"""Processes that faults are done to: started, watched, killed by their numbers."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import psutil

from helpers.files import PROJECT

__all__ = ["HERE", "Command", "wait_until"]

HERE = Path(__file__).resolve().parent
_MARK = "FAULTS_OF"


def wait_until(holds: Callable[[], object], seconds: float, what: str) -> None:
    """Waits for something, looking 200 times a second."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(0.005)


def _hears_ctrl_c() -> None:
    """A shell makes what it starts in the background ignore SIGINT, and that is inherited."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Command:
    """A command in a session of its own, and all that it has started, whatever became of its group.

    Use it in a `with` block, which ends all of them.

    Attributes:
        output: the file that its standard output and standard error go to.
    """

    def __init__(
        self,
        arguments: Sequence[object],
        output: Path,
        *,
        cwd: Path = PROJECT,
        stdin: int = subprocess.DEVNULL,
        **env: str,
    ) -> None:
        """Starts it; `env` is added to this process's environment, None takes a variable out."""
        self._mark = uuid.uuid4().hex
        given = {**os.environ, "PYTHONPATH": f"{cwd}:{HERE}", _MARK: self._mark, **env}
        self.output = output
        with output.open("w") as told:
            self.process = subprocess.Popen(
                [str(one) for one in arguments],
                stdin=stdin,
                stdout=told,
                stderr=told,
                cwd=cwd,
                env={name: value for name, value in given.items() if value is not None},
                start_new_session=True,
                preexec_fn=_hears_ctrl_c,
            )

    @classmethod
    def python(cls, *arguments: object, output: Path, **options: object) -> Self:
        """The same Python with arguments."""
        return cls([sys.executable, *arguments], output, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while left := self.alive():
            for one in left:
                one.kill()
            psutil.wait_procs(left, 5)
        self.process.wait()

    @property
    def told(self) -> str:
        """What it has written so far."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def alive(self) -> list[psutil.Process]:
        """It and its descendants, as far as they live: who has its mark in the environment."""
        found = []
        for one in psutil.process_iter():
            try:
                if one.environ().get(_MARK) == self._mark and one.status() != "zombie":
                    found.append(one)
            except psutil.Error:
                continue
        return found

    def wait_for(self, words: str, seconds: float = 120) -> None:
        """Waits until it has written these words."""
        wait_until(
            lambda: words in self.told or self.process.poll() is not None, seconds, repr(words)
        )
        if words not in self.told:
            raise RuntimeError(f"ended with {self.process.returncode}: {self.told[-300:]}")

    def wait(self, seconds: float = 300) -> int:
        """Waits for its end; gives its exit code."""
        return self.process.wait(seconds)

    def kill(self) -> None:
        """SIGKILL, to it alone."""
        self.process.kill()
        self.process.wait()

    def interrupt(self, times: int = 1) -> float:
        """Ctrl-C in a terminal, once or oftener: SIGINT to its group.

        Gives the seconds until all have ended.
        """
        start = time.monotonic()
        for number in range(times):
            time.sleep(0.3 if number else 0)
            os.killpg(self.process.pid, signal.SIGINT)
        while self.process.poll() is None or self.alive():
            if time.monotonic() > start + 30:
                break
            time.sleep(0.02)
        return time.monotonic() - start
