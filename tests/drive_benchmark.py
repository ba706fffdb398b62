"""Runs `python -m helpers.benchmark` with many argument lists, one after the other, in one process.

Reads a list of argument lists from standard input as JSON and prints [[code, stdout, stderr], ...].
What the command prints is caught at the level of file descriptors, so that nothing which a
library writes to them is missed. (A process each would take minutes.)
"""

import json
import os
import sys
import tempfile
import traceback

from helpers.benchmark import main
from helpers.errors import run_command


def run_one(arguments: list[str]) -> list:
    """Exit code, standard output and standard error of one run."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        kept = os.dup(1), os.dup(2)
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        try:
            run_command(lambda: main(arguments))
            code = None
        except SystemExit as stop:
            code = stop.code
        except BaseException:
            traceback.print_exc()
            code = 1
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, saved in enumerate(kept, start=1):
                os.dup2(saved, number)
                os.close(saved)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    return [code, *texts]


if __name__ == "__main__":
    print(json.dumps([run_one(arguments) for arguments in json.load(sys.stdin)]))
