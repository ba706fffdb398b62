"""What an error says, in one line."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.artifacts import ArtifactError
from helpers.errors import InputError, reason_of, run_command
from helpers.exports import ExportError
from helpers.files import PROJECT
from helpers.fusion import FusionError


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


@pytest.mark.parametrize("kind", [ArtifactError, ExportError, FusionError])
def test_a_made_file_that_is_not_as_asked_ends_a_command_in_one_line(kind, capsys):
    def main():
        raise kind("model.onnx: 3 of 4 layers are fused")

    with pytest.raises(SystemExit, match="2"):
        run_command(main)
    assert capsys.readouterr().err == "error: model.onnx: 3 of 4 layers are fused\n"


def test_what_a_terminal_takes_for_orders_is_written_out():
    error = InputError("a\x1b]0;owned\x07b\x9b \u202eolleh: no such file")
    assert str(error) == r"a\x1b]0;owned\x07b\x9b \u202eolleh: no such file"
    assert str(InputError("文件 é \U0001f600: none")) == "文件 é \U0001f600: none"


def test_a_line_of_many_letters_keeps_its_beginning_and_its_remedy():
    error = str(InputError(f"{'x' * 100_000}: is none; name another"))
    assert 1000 < len(error) <= 2000
    assert error.startswith("xxx") and error.endswith("x: is none; name another")


WRITES = """
from helpers.errors import run_command

def main():
    for _ in range(100_000):
        print("a line that is written")

run_command(main)
"""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full device")
def test_a_full_standard_output_is_told_in_one_line():
    with open("/dev/full", "w") as full:
        how = {"stderr": subprocess.PIPE, "text": True, "cwd": PROJECT, "check": False}
        done = subprocess.run([sys.executable, "-c", WRITES], stdout=full, **how)
    assert done.returncode == 2
    assert done.stderr.startswith("error: standard output: No space left on device; write")
    assert done.stderr.count("\n") == 1


def test_a_standard_output_that_nobody_reads_any_more_is_told_in_one_line():
    command = [sys.executable, "-c", WRITES]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True, cwd=PROJECT) as process:
        assert process.stdout.readline() == "a line that is written\n"
        process.stdout.close()
        told = process.stderr.read()
        assert process.wait(60) == 2
    assert told.startswith("error: standard output: Broken pipe; write")
    assert told.count("\n") == 1


def test_a_closed_standard_output_is_no_error():
    asks = "from helpers.errors import run_command; run_command(lambda: print('told'))"
    how = {"stderr": subprocess.PIPE, "text": True, "cwd": PROJECT, "check": False}
    done = subprocess.run(["sh", "-c", f'exec "{sys.executable}" -c "{asks}" >&-'], **how)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EPIPE])
def test_another_file_that_is_full_is_not_called_standard_output(number, capsys):
    def main():
        print("told")
        raise OSError(number, os.strerror(number))

    with pytest.raises(OSError, match=os.strerror(number)):
        run_command(main)
    assert capsys.readouterr() == ("told\n\n", "")
