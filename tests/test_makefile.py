"""`make` is the one door, and it says so; it refuses a Python that is too old."""

import os
import re
import shutil
import subprocess
import sys
import time

import pytest

from helpers.files import PROJECT

TARGETS = ("setup", "run", "test", "lab", "bench", "model", "rerun", "clean")


@pytest.fixture
def copy(tmp_path):
    """What `make setup` reads, in a folder of its own, so that the real .venv is not touched."""
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(PROJECT / name, tmp_path / name)
    return tmp_path


def make(folder, *arguments):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def python_that_reports(folder, version):
    """A Python that believes itself to be of another version, and that can make no .venv."""
    numbers = tuple(map(int, version.split(".")))
    script = folder / "other-python"
    script.write_text(
        "#!/bin/sh\n"
        f'if [ "$1" = --version ]; then echo "Python {version}"; exit; fi\n'
        f'if [ "$1" = -c ]; then exec "{sys.executable}" -c '
        f"'import sys; sys.version_info = {numbers}; exec(sys.argv[1])' \"$2\"; fi\n"
        'echo "asked for $*"; exit 7\n'
    )
    script.chmod(0o755)
    return script


def test_make_alone_prints_help_and_does_nothing_else(copy):
    before = sorted(path.name for path in copy.iterdir())
    run = make(copy)
    assert run.returncode == 0
    assert run.stderr == ""
    for target in TARGETS:
        assert re.search(rf"^make {target} +\S.*\S$", run.stdout, re.MULTILINE), target
    for variable in ("MODEL", "SQUAD", "SAMPLES", "DEVICE", "SEQ", "STRIDE", "PYTHON"):
        assert f"{variable}=" in run.stdout
    assert sorted(path.name for path in copy.iterdir()) == before
    assert make(copy, "help").stdout == run.stdout


def test_every_target_but_help_setup_and_clean_depends_on_setup():
    rules = dict(re.findall(r"^([a-z]+):([^#\n]*)##", (PROJECT / "Makefile").read_text(), re.M))
    assert set(rules) == {"help", *TARGETS}
    for target in set(TARGETS) - {"setup", "clean"}:
        assert "setup" in rules[target].split(), target


@pytest.mark.parametrize("version", ["3.9.18", "3.10.14", "2.7.18"])
def test_an_old_python_is_refused_in_one_line_and_nothing_is_made(copy, version):
    script = python_that_reports(copy, version)
    run = make(copy, "setup", f"PYTHON={script}")
    assert run.returncode != 0
    lines = (run.stdout + run.stderr).splitlines()
    mine = [line for line in lines if not line.startswith("make")]
    assert len(mine) == 1, mine
    assert mine[0].startswith(f"error: {script} is Python {version}; ")
    assert "needs Python 3.11 or newer" in mine[0]
    assert "make setup PYTHON=" in mine[0]
    assert not (copy / ".venv").exists()


@pytest.mark.parametrize("version", ["3.11.0", "3.12.4", "4.0.0"])
def test_a_newer_python_is_asked_to_make_the_environment(copy, version):
    script = python_that_reports(copy, version)
    run = make(copy, "setup", f"PYTHON={script}")
    assert "asked for -m venv .venv" in run.stdout
    assert "error:" not in run.stdout
    assert run.returncode != 0  # this one cannot


def test_setup_does_nothing_until_the_requirements_change(copy):
    (copy / ".venv").mkdir()
    (copy / ".venv" / ".installed").touch()
    assert make(copy, "setup", "PYTHON=false").returncode == 0
    later = time.time() + 10
    os.utime(copy / "requirements.txt", (later, later))
    assert make(copy, "setup", "PYTHON=false").returncode != 0


def test_clean_removes_what_make_made(copy):
    for name in ("build/bench", ".venv/bin", "helpers/__pycache__", ".pytest_cache", "data"):
        (copy / name).mkdir(parents=True)
    run = make(copy, "clean")
    assert run.returncode == 0, run.stderr
    left = sorted(path.name for path in copy.iterdir())
    assert left == ["Makefile", "data", "helpers", "pyproject.toml", "requirements.txt"]
    assert list((copy / "helpers").iterdir()) == []
