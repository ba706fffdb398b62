"""The command `python -m helpers.book`."""

import argparse

from helpers.book import build_book
from helpers.chapters import NOTEBOOKS, chapter_paths, solution_paths
from helpers.errors import run_command
from helpers.files import PROJECT, expanded
from helpers.requirements import tell_other_versions

__all__ = ["main"]


def main() -> int | None:
    """Builds the site from a folder of notebooks and prints where its start page is."""
    parser = argparse.ArgumentParser(
        prog="helpers.book", description="Writes notebooks, with their outputs, as a site."
    )
    parser.add_argument("chapters", nargs="?", default=str(NOTEBOOKS), help="folder of notebooks")
    parser.add_argument("--out", default=str(PROJECT / "build" / "book"), help="folder of the site")
    options = parser.parse_args()
    tell_other_versions()
    chapters = chapter_paths(expanded(options.chapters))
    given = {path.name for path in chapters}
    solutions = [path for path in solution_paths() if path.name in given]
    index = build_book(chapters, expanded(options.out), solutions)
    print(f"book: {index}")
    return 0


if __name__ == "__main__":
    run_command(main)
