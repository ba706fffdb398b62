"""`make score` with workers that die: `dying.py once|always MARK OPTIONS...`.

At one question the process ends as a killed one does: the first time (MARK, a file, says so), or
always.
"""

import os
import sys
from pathlib import Path

from helpers.errors import run_command
from helpers.offline import pipeline
from helpers.offline.command import main
from helpers.offline.stages import Answerer

HOW, MARK = sys.argv[1], sys.argv[2]


class Dying(Answerer):
    """A worker that dies at the first chunk of a shard."""

    def __call__(self, row):
        if row["start"] == 0 and (HOW == "always" or not Path(MARK).exists()):
            Path(MARK).touch()
            os._exit(1)
        return super().__call__(row)


if __name__ == "__main__":
    pipeline.Answerer = Dying
    run_command(lambda: main(sys.argv[3:]))
