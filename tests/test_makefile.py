"""`make` is the one door, and it says so; it refuses a Python that is too old."""

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import fields

import pytest

from helpers.files import PROJECT
from helpers.settings import Settings

TARGETS = (
    "setup", "run", "book", "test", "browser", "faults", "fuzz", "cluster", "soak", "lab", "bench",
    "score", "model", "rerun", "clean",
)  # fmt: skip


SETTINGS = (*(field.name.upper() for field in fields(Settings)), "OUT")


@pytest.fixture
def copy(tmp_path):
    """What `make setup` reads, in a folder of its own, so that the real .venv is not touched."""
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(PROJECT / name, tmp_path / name)
    return tmp_path


def make(folder, *arguments, **variables):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    environment.update(variables)
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
    for variable in (*SETTINGS, "PYTHON"):
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


def script_at(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    path.chmod(0o755)
    return path


def bench_arguments(folder, *arguments, **variables):
    """What `make bench` hands to the benchmark, by a Python that only prints it."""
    script_at(folder / "bin" / "python", 'shift 2; printf "<%s>\\n" "$@"')
    setup = ("-o", "setup", "-o", ".venv/.installed", f"BIN={folder / 'bin'}")
    run = make(folder, *setup, "bench", *arguments, **variables)
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


@pytest.mark.parametrize(
    "value",
    ["my file.json", "it's.json", 'say "a".json', "a$b$(c).json", "`touch made`", "$(touch made)",
     "a;touch made", "--help", "", "a#b", "*", "\\n"],
)  # fmt: skip
def test_settings_reach_the_benchmark_as_they_were_typed(copy, value):
    told = bench_arguments(copy, f"SQUAD={value}", f"MODEL={value}")
    assert told[:2] == [f"<--model={value}>", f"<--squad={value}>"]
    assert len(told) == len(SETTINGS)
    assert not (copy / "made").exists()


def test_settings_of_the_callers_environment_do_not_count(copy):
    plain = bench_arguments(copy)
    assert bench_arguments(copy, **dict.fromkeys(SETTINGS, "leaked")) == plain
    assert plain[0] == "<--model=embedded>"
    given = dict(one.strip("<>-").split("=") for one in plain)
    assert given.pop("out") == ""  # then it is build/bench
    defaults = {field.name: str(field.default) for field in fields(Settings)}
    assert given == defaults


def test_make_bench_takes_the_threads_and_the_folder_that_make_score_takes_too(copy):
    assert bench_arguments(copy, "THREADS=3", "OUT=a b")[-2:] == ["<--threads=3>", "<--out=a b>"]


@pytest.mark.parametrize("target", ["run", "book"])
def test_the_old_name_of_the_pages_leads_to_the_book(copy, target):
    (copy / "build" / "html" / "old").mkdir(parents=True)  # what an earlier version left
    script_at(
        copy / "bin" / "python",
        'test "$2" = helpers.book || exit 0',
        "mkdir -p build/book && echo new > build/book/index.html",
    )
    for _ in range(2):
        run = make(copy, "-o", "setup", "-o", ".venv/.installed", f"BIN={copy / 'bin'}", target)
        assert run.returncode == 0, run.stderr
        assert (copy / "build" / "html" / "index.html").read_text() == "new\n"
        assert not (copy / "build" / "html" / "old").exists()


@pytest.mark.parametrize("stamp", [True, False])
def test_a_python_that_is_not_there_is_told_in_one_line(copy, stamp):
    if stamp:
        script_at(copy / ".venv" / "bin" / "python", "exit 0")
        (copy / ".venv" / ".installed").touch()
    run = make(copy, "setup", "PYTHON=nopython")
    assert run.returncode != 0
    mine = [n for n in (run.stdout + run.stderr).splitlines() if not n.startswith("make")]
    assert len(mine) == 1, mine
    assert mine[0].startswith("error: PYTHON=nopython: no such command; ")
    assert "make setup PYTHON=" in mine[0]


def test_a_half_made_environment_is_made_again(copy):
    script_at(copy / ".venv" / "bin" / "python", "exit 1")  # without pip
    script = python_that_reports(copy, "3.12.4")
    assert "asked for -m venv .venv --clear" in make(copy, "setup", f"PYTHON={script}").stdout


def test_a_whole_environment_is_kept(copy):
    script_at(copy / ".venv" / "bin" / "python", 'echo "kept: $*"')
    script = python_that_reports(copy, "3.12.4")
    run = make(copy, "setup", PYTHON=str(script))
    assert "kept: -m pip install" in run.stdout
    assert "venv" not in run.stdout.replace("setting up .venv", "")
    assert run.returncode == 0


@pytest.mark.parametrize(("version", "made_anew"), [("3.12.4", True), (None, False)])
def test_another_python_than_the_one_behind_the_environment_makes_it_anew(copy, version, made_anew):
    script_at(copy / ".venv" / "bin" / "python", f'exec "{sys.executable}" "$@"')
    (copy / ".venv" / ".installed").touch()
    script = python_that_reports(copy, version) if version else sys.executable
    run = make(copy, "setup", f"PYTHON={script}")
    assert ("asked for -m venv .venv --clear" in run.stdout) is made_anew
    assert (run.returncode != 0) is made_anew  # the script cannot make one


def test_every_chapter_runs_in_a_browser_and_by_strict_nbval(copy):
    run = make(copy, "-n", "-o", "setup", "test")
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    (compared,) = (line for line in lines if "--nbval " in line)
    assert compared.endswith("$(ls -r notebooks/*.ipynb) notebooks/solutions")
    assert any(line.endswith("tests/test_browser.py") and "pytest" in line for line in lines)
    assert "lax" not in compared


def test_clean_removes_what_make_made(copy):
    for name in ("build/bench", ".venv/bin", "helpers/__pycache__", ".pytest_cache", "data"):
        (copy / name).mkdir(parents=True)
    run = make(copy, "clean")
    assert run.returncode == 0, run.stderr
    left = sorted(path.name for path in copy.iterdir())
    assert left == ["Makefile", "data", "helpers", "pyproject.toml", "requirements.txt"]
    assert list((copy / "helpers").iterdir()) == []
