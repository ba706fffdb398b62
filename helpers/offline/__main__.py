"""`python -m helpers.offline`: see `helpers.offline.command`."""

from helpers.errors import run_command
from helpers.offline.command import main

if __name__ == "__main__":
    run_command(main)
