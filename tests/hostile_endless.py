"""Readers that a limit must stop, to see that it does."""

import os
import time

from hostile import Case

__all__ = ["CASES"]


def hold(folder):
    return sum(map(len, [bytes(1 << 30) for _ in range(64)]))  # 64 GiB, if it were let


def wait(folder):
    time.sleep(3600)


def turn(folder):
    while True:
        pass


def end(folder):
    os.abort()


CASES = [
    Case("memory without an end", "nobody", "crashed: MemoryError", hold),
    Case("a wait without an end", "nobody", "hung: no answer in 2 s", wait),
    Case("a loop without an end", "nobody", "hung: no answer in 2 s", turn),
    Case("an end of the process itself", "nobody", "crashed: the process ended", end),
    Case("one that is well", "nobody", "read: 1$", lambda folder: 1),
]
