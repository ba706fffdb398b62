"""Netron is served on loopback only, a process a file, and ends when it is told to."""

import datetime
import os
import signal
import subprocess
import sys
import textwrap
import time
import urllib.request

import onnx
import psutil
import pytest
from onnx import TensorProto, helper

from helpers import viewer
from helpers.errors import InputError
from helpers.viewer import view


def saved(path, op):
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [2]) for n in "xy"]
    graph = helper.make_graph([helper.make_node(op, ["x"], ["y"])], op, values[:1], values[1:])
    onnx.save(helper.make_model(graph), path)
    return path


@pytest.fixture
def model(tmp_path):
    return saved(tmp_path / "model.onnx", "Relu")


def read(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


def ended(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_it_serves_the_file_over_http_on_loopback_only(model):
    with view(model) as shown:
        assert b"Netron" in read(shown.url)
        assert read(f"{shown.url}/data/model.onnx") == model.read_bytes()
        sockets = psutil.Process(shown.pid).net_connections(kind="inet")
        listening = {s.laddr.ip for s in sockets if s.status == psutil.CONN_LISTEN}
        assert listening
        assert listening <= {"127.0.0.1", "::1"}
        assert shown.pid != os.getpid()


def test_two_viewers_show_two_models(model, tmp_path):
    other = saved(tmp_path / "other.onnx", "Tanh")
    with view(model) as one, view(other) as two:
        assert one.pid != two.pid
        assert one.url != two.url
        assert b'content="/data/model.onnx"' in read(one.url)
        assert b'content="/data/other.onnx"' in read(two.url)


def test_close_ends_the_process_and_a_second_close_does_no_harm(model):
    shown = view(model)
    pid, url = shown.pid, shown.url
    assert psutil.pid_exists(pid)
    shown.close()
    shown.close()
    assert ended(pid)
    assert shown.url is None
    assert shown.pid is None
    assert "closed" in repr(shown)
    with pytest.raises(OSError):
        read(url)


def test_a_file_that_is_shown_already_is_shown_anew(model):
    first = view(model)
    pid = first.pid
    with view(model) as second:
        assert ended(pid)
        assert first.url is None
        assert read(second.url)


def test_what_a_chapter_prints_does_not_vary(model):
    with view(model) as one:
        text = repr(one)
        assert text == "<model.onnx: served by Netron on loopback, to this machine only>"
    with view(model) as two:
        assert repr(two) == text


def test_the_frame_points_at_the_server(model):
    with view(model) as shown:
        frame = shown.frame(height=300)
        assert frame.src == shown.url
        assert frame.height == 300


@pytest.mark.parametrize("ending", ["pass", "import os; os.kill(os.getpid(), 9)"])
def test_the_server_ends_with_the_process_that_started_it(model, ending):
    code = f"""
    from helpers.viewer import view
    print(view({str(model)!r}).pid, flush=True)
    {ending}
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode in (0, -signal.SIGKILL)
    pid = int(done.stdout)
    deadline = time.monotonic() + 10
    while not ended(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert ended(pid)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.onnx: no such file; save the model there first"):
        view(tmp_path / "gone.onnx")


def test_a_missing_netron_is_told_in_one_line_and_breaks_nothing(model, monkeypatch, capsys):
    monkeypatch.setattr(viewer.importlib.util, "find_spec", lambda name: None)
    shown = view(model)
    assert shown.url is None
    assert shown.pid is None
    assert shown.frame() is None
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("Netron is not installed")
    assert line in repr(shown)
    shown.close()


def test_a_netron_that_is_too_old_is_told_in_one_line_and_still_serves(model, monkeypatch, capsys):
    class Later(datetime.date):
        @classmethod
        def today(cls):
            return cls(2100, 1, 1)

    monkeypatch.setattr(viewer.datetime, "date", Later)
    with view(model) as shown:
        assert shown.frame().src == shown.url
        (line,) = capsys.readouterr().out.splitlines()
        assert line.startswith("Netron draws for 180 days after its release, this one is ")
        assert read(shown.url)


def test_a_server_that_does_not_start_is_told(model, monkeypatch, capsys):
    monkeypatch.setattr(viewer, "_CHILD", "raise SystemExit(3)")
    shown = view(model)
    assert shown.url is None
    assert shown.frame() is None
    assert "did not start" in capsys.readouterr().out
