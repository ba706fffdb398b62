"""Netron is served on loopback only, a process a file, and ends when it is told to."""

import contextlib
import datetime
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import nullcontext
from urllib.parse import urlsplit

import nbformat
import numpy as np
import onnx
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from onnx import TensorProto, helper, numpy_helper

from helpers import frames, viewer
from helpers.errors import InputError
from helpers.execution import execute
from helpers.serving import _served, stage
from helpers.varint import encode_varint
from helpers.viewer import view


def saved(path, op):
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [2]) for n in "xy"]
    graph = helper.make_graph([helper.make_node(op, ["x"], ["y"])], op, values[:1], values[1:])
    onnx.save(helper.make_model(graph), path)
    return path


@pytest.fixture
def model(tmp_path):
    return saved(tmp_path / "model.onnx", "Relu")


@pytest.fixture(autouse=True)
def jupyter(monkeypatch):
    """What Jupyter's server tells a kernel that it has started."""
    monkeypatch.setenv("JPY_SESSION_NAME", "chapter.ipynb")
    for sign in ("JUPYTERHUB_SERVICE_PREFIX", "SSH_CONNECTION"):
        monkeypatch.delenv(sign, raising=False)


def read(url, **headers):
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read()


def wait_for_end(pid):
    deadline = time.monotonic() + 10
    while not ended(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert ended(pid)


def ended(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_it_serves_the_file_over_http_on_loopback_only(model):
    with view(model) as shown:
        assert b"Netron" in read(shown.url)
        assert read(f"{shown.url}data/model.onnx") == model.read_bytes()
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


def test_far_from_the_reader_it_points_through_jupyter_or_says_what_is_missing(
    model, monkeypatch, capsys
):
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
    with view(model) as shown:
        parts = urlsplit(shown.url)
        assert shown.frame().src == f"/user/ada/proxy/{parts.port}{parts.path}"
        assert shown.frame(proxied=False).src == shown.url
        monkeypatch.setattr(frames.importlib.util, "find_spec", lambda name: None)
        assert shown.frame() is None
    (line,) = capsys.readouterr().out.splitlines()
    assert "pip install jupyter-server-proxy" in line


FORK = "import os, signal, time\nif os.fork() == 0: time.sleep(60); os._exit(0)\n"
KILL = "import os; os.kill(os.getpid(), 9)"


@pytest.mark.parametrize("ending", ["pass", KILL, FORK + KILL], ids=["end", "kill", "fork, kill"])
def test_the_server_ends_with_the_process_that_started_it(model, tmp_path, monkeypatch, ending):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    code = f"from helpers.viewer import view\nprint(view({str(model)!r}).pid, flush=True)\n{ending}"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as started:
        pid = int(started.stdout.readline())
        assert started.wait(60) in (0, -signal.SIGKILL)
        wait_for_end(pid)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)  # the fork, which holds the pipes open
    assert list(tmp_path.glob("netron-*")) == []


@pytest.mark.parametrize("end", ["close", "terminate"])
def test_a_private_folder_holds_the_file_and_its_weights_and_is_removed(tmp_path, monkeypatch, end):
    (tmp_path / "private").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "private"))
    weight = numpy_helper.from_array(np.ones(2000, np.float32), "w")
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [2000]) for n in "xy"]
    nodes = [helper.make_node("Add", ["x", "w"], ["y"])]
    graph = helper.make_graph(nodes, "g", values[:1], values[1:], [weight])
    path = tmp_path / "large.onnx"
    onnx.save(helper.make_model(graph), path, save_as_external_data=True, location="large.data")
    (tmp_path / "secret.txt").write_text("secret")
    with view(path) as shown:
        (private,) = (tmp_path / "private").iterdir()
        assert private.stat().st_mode & 0o077 == 0
        assert sorted(p.name for p in private.iterdir()) == ["large.data", "large.onnx"]
        for name in ("large.data", "large.onnx"):
            assert read(f"{shown.url}data/{name}") == (tmp_path / name).read_bytes()
        for name in ("secret.txt", "../secret.txt", "..%2F..%2Fsecret.txt"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                read(f"{shown.url}data/{name}")
        if end == "terminate":
            process = psutil.Process(shown.pid)
            process.terminate()
            wait_for_end(process.pid)
    assert list((tmp_path / "private").iterdir()) == []
    assert path.exists()


def test_it_answers_only_below_a_path_that_nobody_can_guess(model, tmp_path):
    with view(model) as shown, view(saved(tmp_path / "other.onnx", "Tanh")) as other:
        server, key = re.fullmatch(r"(http://localhost:\d+)/([\w-]{40,})/", shown.url).groups()
        other_key = urlsplit(other.url).path
        assert key not in other_key
        assert key not in " ".join(psutil.Process(shown.pid).cmdline())
        for host in ("hub.example", "localhost"):  # through a proxy it is asked for by other names
            assert b"Netron" in read(shown.url, Host=host)
            for path in ("", "/", "/data/model.onnx", "/index.js", f"/{key}", other_key):
                with pytest.raises(urllib.error.HTTPError, match="403"):
                    read(server + path, Host=host)


def test_what_lies_outside_the_folder_is_not_staged_and_copies_will_do(tmp_path, monkeypatch):
    folder, target = tmp_path / "folder", tmp_path / "target"
    for name in ("model.onnx", "part/w.data", "../outside.data"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / "link.data").symlink_to(tmp_path / "outside.data")
    target.mkdir()
    monkeypatch.setattr(os, "link", unlinkable)
    names = ["model.onnx", "part/w.data", "../outside.data", "link.data", "missing.data"]
    names.append(str(tmp_path / "outside.data"))
    stage(folder, names, target)
    found = {str(p.relative_to(target)): p.read_text() for p in target.rglob("*") if p.is_file()}
    assert found == {"model.onnx": "model.onnx", "part/w.data": "part/w.data"}


def unlinkable(source, target):
    raise OSError("another disk")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.onnx: no such file; save the model there first"):
        view(tmp_path / "gone.onnx")


def test_a_file_that_is_no_model_is_named(tmp_path):
    (tmp_path / "notes.onnx").write_text("no model")
    with pytest.raises(InputError, match=r"notes\.onnx: no ONNX model"):
        view(tmp_path / "notes.onnx")


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_a_truncated_file_is_named_and_leaves_no_process(model, share):
    data = model.read_bytes()
    model.write_bytes(data[: int(share * len(data))])
    before = psutil.Process().children()
    with pytest.raises(InputError, match=r"model\.onnx: no ONNX model .*; export it again"):
        view(model)
    assert psutil.Process().children() == before


def test_a_file_of_500_mb_is_served_whole(model):
    size = 500 * 10**6
    inner = b"\x10\x01" + b"\x42\x01w" + b"\x4a" + encode_varint(size)  # float, name, raw_data
    weight = b"\x08" + encode_varint(size // 4) + inner
    graph = b"\x2a" + encode_varint(len(weight) + size) + weight
    with model.open("ab") as file:  # a second part of the same graph; the bytes of w are a hole
        file.write(b"\x3a" + encode_varint(len(graph) + size) + graph)
        file.truncate(file.tell() + size)
    assert len(onnx.load(model).graph.initializer[0].raw_data) == size
    with (
        view(model) as shown,
        urllib.request.urlopen(f"{shown.url}data/model.onnx", timeout=60) as answer,
    ):
        assert int(answer.headers["Content-Length"]) == model.stat().st_size
        assert answer.read(1000) == model.read_bytes()[:1000]


def test_the_usual_port_may_be_taken(model):
    with contextlib.ExitStack() as open_ports:
        with contextlib.suppress(OSError):  # somebody else has it, which will do
            open_ports.enter_context(socket.create_server(("127.0.0.1", 8080)))
        with view(model) as shown:
            assert urlsplit(shown.url).port != 8080
            assert b"Netron" in read(shown.url)


def test_a_port_that_is_taken_between_choice_and_use_is_followed_by_another():
    tries = iter([OSError("in use"), OSError("in use"), ("localhost", 5)])

    def start(shown, *, address, browse):
        if isinstance(found := next(tries), OSError):
            raise found
        return found

    assert _served(start, "model.onnx") == ("localhost", 5)
    tries = iter([OSError("in use")] * 5)
    with pytest.raises(OSError, match="in use"):
        _served(start, "model.onnx")


TOLD = """\
import pathlib
from helpers.viewer import view
shown = [view(name) for name in ("one.onnx", "two.onnx")]
pathlib.Path("pids.txt").write_text(" ".join(str(one.pid) for one in shown))
"""


@pytest.mark.parametrize("ending", ["pass", KILL], ids=["end", "kill"])
def test_no_server_is_left_when_a_real_kernel_ends(tmp_path, ending):
    saved(tmp_path / "one.onnx", "Relu")
    saved(tmp_path / "two.onnx", "Tanh")
    path = tmp_path / "01-view.ipynb"
    cells = [new_code_cell(source) for source in (TOLD, ending)]
    nbformat.write(new_notebook(cells=cells), path)
    with pytest.raises(InputError, match="did not finish") if "kill" in ending else nullcontext():
        execute(path)
    pids = [int(pid) for pid in (tmp_path / "pids.txt").read_text().split()]
    assert len(pids) == 2
    for pid in pids:
        wait_for_end(pid)


def test_where_nobody_can_look_the_frame_is_one_line(model, monkeypatch, capsys):
    monkeypatch.delenv("JPY_SESSION_NAME")
    with view(model) as shown:
        assert shown.frame() is None
    assert capsys.readouterr().out == "In JupyterLab, Netron shows model.onnx here.\n"


def test_where_nobody_can_look_nothing_changes_with_the_age_of_netron(model, monkeypatch, capsys):
    monkeypatch.setattr(viewer.datetime, "date", Later)
    monkeypatch.delenv("JPY_SESSION_NAME")
    with view(model) as shown:
        assert shown.frame() is None
        assert repr(shown) == "<model.onnx: served by Netron on loopback, to this machine only>"
    assert capsys.readouterr().out == "In JupyterLab, Netron shows model.onnx here.\n"


def test_who_looks_without_jupyters_server_may_say_so(model, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME")
    with view(model) as shown:
        assert shown.frame(live=True).src == shown.url


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


class Later(datetime.date):
    @classmethod
    def today(cls):
        return cls(2100, 1, 1)


def test_a_netron_that_is_too_old_is_told_in_one_line_and_still_serves(model, monkeypatch, capsys):
    monkeypatch.setattr(viewer.datetime, "date", Later)
    with view(model) as shown:
        assert shown.frame().src == shown.url
        (line,) = capsys.readouterr().out.splitlines()
        assert line.startswith("Netron draws for 180 days after its release, this one is ")
        assert line.endswith("; upgrade it: pip install --upgrade netron")
        assert read(shown.url)


def test_a_server_that_does_not_start_is_told(model, monkeypatch, capsys):
    monkeypatch.setattr(viewer, "_COMMAND", (sys.executable, "-c", "raise SystemExit(3)"))
    shown = view(model)
    assert shown.url is None
    assert shown.frame() is None
    assert "did not start" in capsys.readouterr().out
