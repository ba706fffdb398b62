"""Work in a process of its own: what comes back, and what is said where it dies."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from helpers.apart import ProcessDied, apart


def test_a_result_comes_back_from_another_process():
    assert apart(os.getpid) != os.getpid()
    assert apart(sorted, [3, 1, 2], reverse=True) == [3, 2, 1]


def test_an_error_comes_back_as_it_was_raised():
    with pytest.raises(ValueError, match="invalid literal for int"):
        apart(int, "seven")


def test_a_process_that_dies_is_named_with_the_remedy():
    with pytest.raises(ProcessDied, match=r"_exit: .* memory; close other programs"):
        apart(os._exit, 9)


def test_what_cannot_travel_back_is_told():
    with pytest.raises(RuntimeError, match="pickle"):
        apart(eval, "lambda: 1")


SLEEPS = """
import signal, time
from helpers.apart import apart
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job has none
    apart(time.sleep, 600)
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "killed"])
def test_the_process_ends_with_the_one_that_asked(tmp_path, end):
    script = tmp_path / "sleeps.py"
    script.write_text(SLEEPS, encoding="utf-8")
    asking = subprocess.Popen([sys.executable, script], stderr=subprocess.DEVNULL)
    try:
        while not (children := psutil.Process(asking.pid).children(recursive=True)):
            time.sleep(0.05)
        time.sleep(1)
        asking.send_signal(end)
        asking.wait(60)
        assert psutil.wait_procs(children, timeout=60)[1] == []
    finally:
        asking.kill()
