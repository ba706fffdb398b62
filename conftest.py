"""What all tests share, the chapters' cells too: two processes do not wait for each other's cores.

`make test` starts two. On two cores, two programs of two threads each stop at every operator until
the slower thread has had its turn: PyTorch then takes up to ten times as long. So each process
keeps to its own share of the cores, and the kernels that it starts keep to the same.
"""

import os

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Keeps a process of pytest-xdist to its share, before PyTorch is loaded and counts cores."""
    worker = getattr(config, "workerinput", None)
    if worker is None or not hasattr(os, "sched_setaffinity"):
        return
    number = int(worker["workerid"].removeprefix("gw"))
    mine = sorted(os.sched_getaffinity(0))[number :: worker["workercount"]]
    if mine:
        os.sched_setaffinity(0, mine)
