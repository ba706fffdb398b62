"""`make faults`: hostile inputs and faults, each really caused, and what happened.

`python tests/faults.py WORD...` causes those alone whose line holds one of the words.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import faults_commands
import faults_numbers
import faults_processes
import faults_services
import faults_stopping
import faults_storage
import hostile_graphs
import hostile_models
import hostile_texts
from fault import NOT_TRIED, Fault, came_of
from hostile import Case, apart

CASES = [*hostile_graphs.CASES, *hostile_models.CASES, *hostile_texts.CASES]
FAULTS = [
    *faults_processes.FAULTS,
    *faults_stopping.FAULTS,
    *faults_storage.FAULTS,
    *faults_commands.FAULTS,
    *faults_services.FAULTS,
    *faults_numbers.FAULTS,
]


def main(words: list[str]) -> int:
    """Prints a line for each as it ends; returns 1 if one did not end as expected."""
    wrong = _inputs([one for one in CASES if _meant(words, one.reader, one.name)])
    print()
    wrong += _faults([one for one in FAULTS if _meant(words, one.row, one.name)])
    return min(wrong, 1)


def _meant(words: list[str], *texts: str) -> bool:
    return not words or any(word in text for word in words for text in texts)


def _inputs(cases: list[Case]) -> int:
    print(f"{'':4}{'read by':<15}{'input':<50}{'expected':<44}happened")
    wrong = 0
    for case, told in _each(cases, apart):
        wrong += not case.fits(told)
        mark = "ok" if case.fits(told) else "NO"
        line = f"{mark:4}{case.reader:<15}{case.name:<50}{case.expected:<44}{told[:90]}"
        print(line, flush=True)
    print(f"{len(cases)} hostile inputs, {wrong} of them not as expected")
    return wrong


def _faults(faults: list[Fault]) -> int:
    print(f"{'':4}{'promise':<22}{'fault':<48} {'expected':<75} happened")
    marks = []
    for fault, told in _each(faults, came_of):
        tried = not told.startswith(NOT_TRIED)
        marks.append("ok" if fault.fits(told) else "NO" if tried else "--")
        line = f"{marks[-1]:4}{fault.row:<22}{fault.name:<48} {fault.expected:<75} {told[:300]}"
        print(line, flush=True)
    wrong, untried = marks.count("NO"), marks.count("--")
    print(f"{len(marks)} faults, {wrong} of them not as expected")
    if untried:
        print(f"NOT TRIED: {untried} faults (marked --), which cannot be caused on this machine")
    return wrong


def _each(ones: list, happened: Callable[..., str]) -> Iterator[tuple]:
    for one in ones:
        with tempfile.TemporaryDirectory() as folder:
            told = happened(one, Path(folder))
        yield one, told


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
