"""`make faults`: every hostile input in a process of its own, and a table of what happened."""

import sys
import tempfile
from pathlib import Path

import hostile_graphs
import hostile_texts
from hostile import apart

CASES = [*hostile_graphs.CASES, *hostile_texts.CASES]


def main() -> int:
    """Prints a line a case as it ends; returns how many did not end as expected."""
    wrong = 0
    print(f"{'':4}{'read by':<15}{'input':<50}{'expected':<44}happened")
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            told = apart(case, Path(folder))
        wrong += not case.fits(told)
        mark = "ok" if case.fits(told) else "NO"
        line = f"{mark:4}{case.reader:<15}{case.name:<50}{case.expected:<44}{told[:90]}"
        print(line, flush=True)
    print(f"{len(CASES)} hostile inputs, {wrong} of them not as expected")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
