"""What requirements.txt states, beside what is installed."""

import importlib.metadata

import pytest

from helpers.errors import InputError
from helpers.requirements import requirements

FILE = """\
# a comment
onnx==1.23.2                     # all: the file format
numpy>=2.0,<3                    # 01 02 tests: arrays: in and out

no-such-package                  # 05 pages: nothing
never ; sys_platform == "amiga"  # all: an engine for another system
"""


@pytest.fixture
def stated(tmp_path):
    def read(text):
        path = tmp_path / "requirements.txt"
        path.write_text(text, encoding="utf-8")
        return requirements(path)

    return read


@pytest.fixture
def installed(monkeypatch):
    """Sets the version that a package seems to have; None for none."""

    def seems(version):
        def look_up(name):
            if version is None:
                raise importlib.metadata.PackageNotFoundError(name)
            return version

        monkeypatch.setattr(importlib.metadata, "version", look_up)

    return seems


def test_lines_are_read_in_order_and_those_for_other_systems_left_out(stated):
    onnx, numpy, missing = stated(FILE)
    assert (onnx.package, onnx.wanted, onnx.users) == ("onnx", "==1.23.2", ("all",))
    assert numpy.users == ("01", "02", "tests")
    assert numpy.purpose == "arrays: in and out"
    assert (onnx.pinned, numpy.pinned, missing.pinned) == (True, False, False)
    assert onnx.found == importlib.metadata.version("onnx")
    assert (missing.wanted, missing.found, missing.met) == ("", None, False)


@pytest.mark.parametrize(
    ("line", "version", "met"),
    [
        ("torch==2.13.0", "2.13.0", True),
        ("torch==2.13.0", "2.13.0+cpu", True),  # which build of it does not matter
        ("torch==2.13.0", "2.13.1", False),
        ("torch==2.13.0", None, False),
        ("numpy>=2.0,<3", "2.9", True),
        ("numpy>=2.0,<3", "3.0", False),
        ("numpy>=2.0,<3", "2.1rc1", True),
        ("wheel", "0.1", True),
    ],
)
def test_a_version_does_or_does_not(stated, installed, line, version, met):
    installed(version)
    (one,) = stated(f"{line}  # all: a thing\n")
    assert (one.found, one.met) == (version, met)


@pytest.mark.parametrize(
    ("users", "cost"),
    [
        ("all", "every chapter (a thing)"),
        ("04", "chapter 04 (a thing)"),
        ("04 05 model", "chapter 04, chapter 05, make model (a thing)"),
        ("pages tests", "make run, make book, make test (a thing)"),
        ("setup", "make setup (a thing)"),
    ],
)
def test_the_cost_of_a_lack_is_what_stops(stated, users, cost):
    (one,) = stated(f"no-such-package  # {users}: a thing\n")
    assert one.cost == cost


@pytest.mark.parametrize("line", ["onnx==1.0", "onnx==1.0  # all", "one two  # all: a thing"])
def test_a_line_of_another_form_is_named(stated, line):
    with pytest.raises(InputError, match=r"requirements\.txt, line 2: 'on.* is not `package ver"):
        stated(f"numpy  # all: arrays\n{line}\n")


def test_the_projects_own_file_is_met_here():
    needed = requirements()
    assert {"torch", "onnx", "numpy"} <= {one.package for one in needed}
    assert [f"{one.package} {one.found}" for one in needed if not one.met] == []
