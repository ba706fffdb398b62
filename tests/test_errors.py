"""What an error says, in one line."""

from pathlib import Path

import pytest

from helpers.errors import reason_of, run_command


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("CUDA error: out of memory\nCUDA kernel errors might be", "CUDA error: out of memory"),
        (
            "backend='inductor' raised:\nRuntimeError: no kernel\nmore",
            "backend='inductor' raised: RuntimeError: no kernel",
        ),
        ("\n  spaced \n", "spaced"),
        ("ends in a colon:", "ends in a colon:"),
        ("", "RuntimeError"),
        ("x" * 999, "x" * 300),
    ],
)
def test_a_reason_is_one_line(text, told):
    assert reason_of(RuntimeError(text)) == told


def out_of_memory():
    raise MemoryError


@pytest.mark.parametrize(
    ("main", "told"),
    [
        (lambda: Path("x" * 300).exists(), f"error: {'x' * 80}: File name too long; give another"),
        (out_of_memory, "error: out of memory; close other programs"),
    ],
)
def test_a_command_that_meets_its_systems_limits_ends_in_one_line(main, told, capsys):
    with pytest.raises(SystemExit, match="2"):
        run_command(main)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(told)


def test_other_errors_of_the_system_stay_as_they_are():
    with pytest.raises(FileNotFoundError):
        run_command(lambda: Path("nowhere").read_text())
