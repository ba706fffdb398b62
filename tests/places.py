"""Disks and folders in a bad state, really made so: full, read-only, of another user."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fault import NotTried

from helpers.files import PROJECT

__all__ = ["STRANGER", "as_stranger", "mounted", "project_copy", "read_only", "small_disk"]

STRANGER = 54321
"""A user's number that no system knows by name."""


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    """Mounts at a folder, and takes it away again.

    Raises:
        NotTried: this user may not mount, or this system knows no such mount.
    """
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        raise NotTried("only root may mount, on Linux")
    folder.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *options, folder], capture_output=True, text=True)
    if done.returncode:
        raise NotTried(f"mount fails: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """A disk of a few kilobytes, in memory."""
    with mounted(folder, "-t", "tmpfs", "-o", f"size={kilobytes}k", "small") as disk:
        yield disk


@contextmanager
def read_only(folder: Path) -> Iterator[Path]:
    """The folder itself, which nobody can write to, root neither."""
    with mounted(folder, "--bind", str(folder)):
        command = ["mount", "-o", "remount,ro,bind", folder]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise NotTried(f"mount fails: {done.stderr.strip()}")
        yield folder


def project_copy(folder: Path) -> Path:
    """A copy of what the project needs to run, without what was built."""
    for name in ("helpers", "notebooks", "data"):
        left_out = shutil.ignore_patterns("__pycache__", "downloads", ".ipynb_checkpoints")
        shutil.copytree(PROJECT / name, folder / name, ignore=left_out)
    for name in ("pyproject.toml", "requirements.txt", "Makefile"):
        shutil.copy(PROJECT / name, folder / name)
    return folder


def as_stranger(*owned: Path) -> list[str]:
    """What stands in front of a command so that a user without name or home runs it.

    He may read everything, and write to the given folders alone.

    Raises:
        NotTried: this user may not become another.
    """
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        raise NotTried("only root may become another user, with setpriv")
    for folder in owned:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, STRANGER, STRANGER, follow_symlinks=False)
    reads = "+dac_read_search"  # a Python under root's home is reached too
    ids = [f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups"]
    return ["setpriv", *ids, f"--inh-caps={reads}", f"--ambient-caps={reads}"]
