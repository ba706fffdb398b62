"""How long this process waited for a processor: the sign that other programs ran beside it."""

from pathlib import Path

__all__ = ["BUSY_FROM", "waited_ns", "was_busy"]

BUSY_FROM = 0.05
"""A run counts as one on a busy machine when its threads waited for more than this share of its
time."""

_TASKS = Path("/proc/self/task")


def waited_ns(tasks: Path = _TASKS) -> int | None:
    """How long the threads of this process have been ready to run, but no processor was free.

    Linux counts it for every thread (the second field of `schedstat`, see "Scheduler statistics"
    in the kernel's documentation). On an idle machine it hardly grows. What a hypervisor takes
    from a virtual machine is not in it: the kernel counts that in steps of 10 ms, longer than most
    runs.

    Args:
        tasks: the folder that holds one folder a thread.

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
    except (OSError, IndexError, ValueError):
        return None
    return total


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
