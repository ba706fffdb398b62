"""How much memory a piece of code takes, measured in a process of its own."""

import subprocess
import sys
from pathlib import Path

from helpers.files import PROJECT

__all__ = ["bytes_per_byte", "peak_bytes"]

_TELL = """
def told(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name)) << 10
"""  # of this process alone: what `getrusage` gives may be the parent's


def peak_bytes(before: str, taking: str, path: Path) -> int:
    """The memory that code takes at its peak.

    Args:
        before: runs first, and does not count: imports.
        taking: what is measured; `path` in it is the file.
        path: the file.
    """
    code = f"{_TELL}\npath = {str(path)!r}\n{before}\nresting = told('VmRSS')\n{taking}\n"
    code += "print(told('VmHWM') - resting)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def bytes_per_byte(before: str, taking: str, path: Path) -> float:
    """The same, by the size of the file that the code reads."""
    return peak_bytes(before, taking, path) / path.stat().st_size
