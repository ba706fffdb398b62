"""What a fault may do: no more than README promises. The slow ones: `make faults`."""

import warnings

import pytest
from fault import NOT_TRIED, ROWS, Fault, NotTried, came_of
from faults import FAULTS

from helpers.errors import InputError
from helpers.files import PROJECT


@pytest.mark.parametrize("fault", [one for one in FAULTS if not one.slow], ids=lambda one: one.name)
def test_a_fault_does_what_the_table_says(fault, tmp_path):
    told = came_of(fault, tmp_path)
    if told.startswith(NOT_TRIED):
        warnings.warn(f"{fault.name}: {told}", stacklevel=1)
        pytest.skip(told)
    assert fault.fits(told), told


def test_every_fault_belongs_to_a_promise_and_no_name_stands_twice():
    assert {one.row for one in FAULTS} == set(ROWS)
    assert len({one.name for one in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_readme_promises_something_for_every_row(readme):
    text = (PROJECT / readme).read_text(encoding="utf-8")
    section = text[: text.rindex("`make faults`")].split("\n## ")[-1]
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + len(ROWS)  # a head and a line under it
    assert all(len(row) == 2 for row in rows)


def refuse(folder):
    raise InputError(f"{folder}/a: no")


def crash(folder):
    raise KeyError("x")


def give_up(folder):
    raise NotTried("no mount")


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (lambda folder: f"kept {folder}\n{folder}/b", "kept . | b"),
        (refuse, "refused: a: no"),
        (crash, "crashed: KeyError: \"'x'\""),
        (give_up, "not tried: no mount"),
    ],
)
def test_the_table_tells_what_happened(cause, told, tmp_path):
    fault = Fault(ROWS[0], "made up", "kept", cause)
    assert came_of(fault, tmp_path) == told
    assert fault.fits(told) == told.startswith("kept")
