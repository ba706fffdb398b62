"""How long this process waited for a processor: the sign that other programs ran beside it."""

import os
from collections.abc import Sequence
from pathlib import Path

__all__ = ["BUSY_FROM", "busy_share", "waited_ns", "was_busy"]

BUSY_FROM = 0.05
"""A run counts as one on a busy machine when its threads waited for more than this share of its
time."""

_TASKS, _STAT = Path("/proc/self/task"), Path("/proc/stat")
_STEAL = 8  # which word: cpu, user, nice, system, idle, iowait, irq, softirq, steal


def waited_ns(tasks: Path = _TASKS, stat: Path = _STAT) -> int | None:
    """How long others have kept processors from this process, its threads added up.

    Two counts of Linux. One is for how long threads have been ready to run while no processor was
    free (the second field of `schedstat`, see "Scheduler statistics" in the kernel's
    documentation); on an idle machine it hardly grows. The other, on a virtual machine, is what the
    hypervisor took from the processors that this process may use ("steal" in /proc/stat). That
    comes in steps of 10 ms, longer than many runs: of several short runs that share a step one is
    marked.

    Args:
        tasks: the folder that holds one folder a thread.
        stat: the file that tells what all processors did.

    Returns:
        Nanoseconds over all threads that live now; None where the system does not tell.
    """
    total = 0
    try:
        for thread in tasks.iterdir():
            try:
                total += int((thread / "schedstat").read_text(encoding="ascii").split()[1])
            except FileNotFoundError:  # the thread ended while we looked
                continue
        counts = [line.split() for line in stat.read_text(encoding="ascii").splitlines()]
        ours = {f"cpu{number}" for number in os.sched_getaffinity(0)}
        stolen = sum([int(words[_STEAL]) for words in counts if words and words[0] in ours])
    except (OSError, IndexError, ValueError):
        return None
    return total + stolen * 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def was_busy(before: int | None, after: int | None, elapsed_ms: float) -> bool | None:
    """Whether others ran on our processors during a run.

    Args:
        before: `waited_ns()` when it began.
        after: `waited_ns()` when it ended. A thread that ended in between takes its count along;
            a difference below 0 counts as 0.
        elapsed_ms: how long the run took, in milliseconds.

    Returns:
        True or False; None where the system does not tell.
    """
    if before is None or after is None:
        return None
    return (after - before) / 1e6 > BUSY_FROM * elapsed_ms


def busy_share(marks: Sequence[bool | None] | None) -> float | None:
    """Which share of some runs was made on a busy machine.

    Args:
        marks: what `was_busy` said of each.

    Returns:
        From 0 to 1; None where the system did not tell of all of them.
    """
    if not marks or any(mark is None for mark in marks):
        return None
    return round(sum(map(bool, marks)) / len(marks), 4)
