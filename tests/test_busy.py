"""What the system tells about waiting for a processor."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.busy import BUSY_FROM, busy_share, waited_ns, was_busy

told = pytest.mark.skipif(
    not Path("/proc/self/schedstat").exists(), reason="this system does not count waiting"
)


def counts_in(tmp_path, *contents, stolen=0):
    """The folder of threads and the file of processors, as Linux writes them."""
    threads, stat = tmp_path / "task", tmp_path / "stat"
    for number, content in enumerate(contents):
        (threads / str(number)).mkdir(parents=True)
        (threads / str(number) / "schedstat").write_text(content)
    ours = f"cpu{min(os.sched_getaffinity(0))} 11 12 13 14 15 16 17 {stolen} 19 20\n"
    stat.write_text(f"cpu  1 2 3 4 5 6 7 8 9 10\n{ours}cpu9999 1 2 3 4 5 6 7 8 9 10\nintr 7\n")
    return threads, stat


def test_the_waiting_of_all_threads_is_summed(tmp_path):
    assert waited_ns(*counts_in(tmp_path, "900 12 3\n", "1 30 1\n")) == 42


def test_what_a_hypervisor_took_counts_too(tmp_path):
    a_step = 1e9 / os.sysconf("SC_CLK_TCK")
    assert waited_ns(*counts_in(tmp_path, "900 12 3\n", stolen=5)) == 5 * a_step + 12


def test_a_thread_that_has_just_ended_counts_nothing(tmp_path):
    threads, stat = counts_in(tmp_path, "900 12 3\n")
    (threads / "gone").mkdir()
    assert waited_ns(threads, stat) == 12


@pytest.mark.parametrize("content", ["", "7", "a b c"])
def test_what_cannot_be_read_is_not_told(tmp_path, content):
    threads, stat = counts_in(tmp_path, content)
    assert waited_ns(threads, stat) is None
    assert waited_ns(tmp_path / "nowhere", stat) is None


@pytest.mark.parametrize("content", ["cpu{} 1 2 3\n", "cpu{} a b c d e f g h\n"])
def test_a_system_that_does_not_count_what_was_stolen_tells_nothing(tmp_path, content):
    threads, stat = counts_in(tmp_path, "900 12 3\n")
    stat.write_text(content.format(min(os.sched_getaffinity(0))))
    assert waited_ns(threads, stat) is None
    assert waited_ns(threads, tmp_path / "nowhere") is None


@pytest.mark.parametrize(
    ("waited_ms", "elapsed_ms", "expected"),
    [(0, 10, False), (0.4, 10, False), (0.6, 10, True), (-3, 10, False), (9, 10, True)],
)
def test_a_run_was_busy_from_a_share_of_its_time_on(waited_ms, elapsed_ms, expected):
    assert BUSY_FROM == 0.05
    assert was_busy(1000, 1000 + int(waited_ms * 1e6), elapsed_ms) is expected


@pytest.mark.parametrize(("before", "after"), [(None, 5), (5, None)])
def test_nothing_told_is_nothing_known(before, after):
    assert was_busy(before, after, 1.0) is None


@pytest.mark.parametrize(
    ("marks", "share"),
    [([True, False, False], 0.3333), ([True], 1.0), ([False] * 9, 0.0), ([True, None], None),
     ([], None), (None, None)],
)  # fmt: skip
def test_the_share_of_busy_runs_is_told_only_where_all_are_known(marks, share):
    assert busy_share(marks) == share


@told
def test_two_programs_on_one_processor_wait_for_each_other():
    code = (
        "import os, time\n"
        "os.sched_setaffinity(0, {cpu})\n"
        "from helpers.busy import waited_ns\n"
        "before = waited_ns(); end = time.process_time() + 0.2\n"
        "while time.process_time() < end: pass\n"
        "print(waited_ns() - before)"
    ).replace("cpu", str(min(os.sched_getaffinity(0))))
    both = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    waited = [int(one.communicate(timeout=60)[0]) for one in both]
    assert max(waited) > 20e6  # each wants 200 ms of the same processor
