"""Ctrl-C ends a command and what it has started, in whatever it is stuck."""

import os
import signal

import pytest
from processes import Command

from helpers.stopping import stopping_soon

STUCK = """
import hashlib, signal, subprocess, sys, time
from helpers.errors import run_command

def main():
    child = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True
    )
    print("begins", flush=True)
    {work}

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job has none
run_command(main)
"""
HEEDLESS = """
    while True:
        try:
            time.sleep(600)
        except KeyboardInterrupt:
            pass
"""


@pytest.mark.parametrize(
    "work",
    [
        "time.sleep(600)",
        "hashlib.pbkdf2_hmac('sha256', b'x', b'y', 2**31 - 1)",  # never back in Python
        HEEDLESS,
    ],
    ids=["asleep", "in a library", "heedless"],
)
def test_a_command_ends_and_its_children_too(tmp_path, work):
    code = STUCK.format(work=work)
    with Command.python("-c", code, output=tmp_path / "told") as command:
        command.wait_for("begins")
        assert len(command.alive()) == 2
        command.interrupt()
        assert command.process.poll() == 130
        assert command.alive() == []
        assert "Traceback" not in command.told


def test_what_was_set_before_is_set_again():
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing)
    try:
        with stopping_soon():
            assert signal.set_wakeup_fd(-1) not in (-1, writing)
        assert signal.set_wakeup_fd(before) == writing
    finally:
        signal.set_wakeup_fd(before)
        os.close(reading)
        os.close(writing)
