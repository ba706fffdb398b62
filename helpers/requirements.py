"""requirements.txt as values: what it states, and what is installed."""

import importlib.metadata
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from helpers.errors import InputError
from helpers.files import PROJECT

__all__ = ["Requirement", "requirements", "tell_other_versions"]

_LINE = re.compile(r"(?P<stated>[^#]+?)\s*# (?P<users>[^:]+): (?P<purpose>.+)")
_TARGETS = {
    "tests": "make test",
    "pages": "make run, make book",
    "model": "make model",
    "score": "make score",
    "setup": "make setup",
}


@dataclass(frozen=True)
class Requirement:
    """One line of requirements.txt, beside what is installed.

    Attributes:
        package: its name in the package index.
        wanted: the versions that do, as in `==2.13.0`; empty for any.
        users: who needs it: `all`, chapters such as `04`, or `tests`, `pages`, `model`, `score`,
            `setup`.
        purpose: what for.
        found: the version installed, or None.
        met: whether that version does.
    """

    package: str
    wanted: str
    users: tuple[str, ...]
    purpose: str
    found: str | None
    met: bool

    @property
    def pinned(self) -> bool:
        """Whether one version alone does."""
        return self.wanted.startswith("==")

    @property
    def cost(self) -> str:
        """What stops without it, and what the package is for."""
        chapters = [user for user in self.users if user.isdigit()]
        stops = ["every chapter"] if "all" in self.users else []
        stops += [f"chapter {chapter}" for chapter in chapters]
        stops += [_TARGETS[user] for user in self.users if user in _TARGETS]
        return f"{', '.join(stops)} ({self.purpose})"


def requirements(path: Path = PROJECT / "requirements.txt") -> list[Requirement]:
    """Reads requirements.txt and looks up what is installed.

    Args:
        path: the file; each line is `package versions # users: purpose`.

    Returns:
        One entry a line that applies to this system, in the order of the file.

    Raises:
        InputError: a line has another form.
    """
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as Stated

    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            match = _LINE.fullmatch(line.rstrip())
            stated = Stated(match["stated"] if match else line)
        except InvalidRequirement:
            match = None
        if match is None:
            raise InputError(
                f"{path}, line {number}: {line.strip()!r} is not `package versions # users: "
                "purpose`; write it so"
            )
        if stated.marker is None or stated.marker.evaluate():
            users = tuple(match["users"].split())
            version = _installed(stated.name)
            met = version is not None and stated.specifier.contains(version, prereleases=True)
            wanted, purpose = str(stated.specifier), match["purpose"]
            found.append(Requirement(stated.name, wanted, users, purpose, version, met))
    return found


def tell_other_versions(path: Path = PROJECT / "requirements.txt") -> None:
    """Names on standard error each package with one pinned version where another is installed.

    A command says so at its start and goes on: figures and outputs may differ, which is for the
    reader to judge.

    Args:
        path: the file that holds the pins; one that cannot be read tells nothing.
    """
    try:
        stated = requirements(path)
    except (ImportError, InputError, OSError):
        return
    for one in stated:
        if one.pinned and not one.met:
            print(
                f"note: {one.package} {one.found or 'is missing'}, but the course is written for "
                f"{one.wanted.removeprefix('==')}; outputs may differ: make setup installs it",
                file=sys.stderr,
            )


def _installed(package: str) -> str | None:
    """The version of a package, or None where it is missing."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
