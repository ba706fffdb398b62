"""Every server of the project is reached from this machine alone; JupyterLab keeps its token."""

import ipaddress
import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace

import nbformat
import onnx
import pytest
from builders import server
from faults_engines import one_node
from jupyter_lab import end, what_it_says
from listening import beyond_loopback, doors, family
from nbformat.v4 import new_code_cell, new_notebook

from helpers.chapters import chapter_paths, execute
from helpers.files import PROJECT
from helpers.viewer import view


def assert_on_loopback(found):
    assert found
    assert beyond_loopback(found) == []


@contextmanager
def taken(port):
    """Holds a port, unless somebody else does."""
    with socket.socket() as held:
        with suppress(OSError):
            held.bind(("127.0.0.1", port))
            held.listen()
        yield


RECIPE = (
    "$(BIN)/jupyter lab --ServerApp.root_dir=. "
    '$$(test "$$(id -u)" != 0 || echo --allow-root) '
    '--LabApp.default_url="/lab/tree/$$(ls notebooks/[0-9][0-9]*.ipynb | head -n 1)"'
)


@contextmanager
def lab(folder):
    """JupyterLab as `make lab` starts it, but with no browser and folders of its own."""
    (recipe,) = [
        line.strip()
        for line in (PROJECT / "Makefile").read_text().splitlines()
        if "jupyter lab" in line
    ]
    assert recipe == RECIPE  # a folder, an address, and no option that opens a door
    own = {f"JUPYTER_{what}_DIR": str(folder / what) for what in ("CONFIG", "DATA", "RUNTIME")}
    first = chapter_paths()[0].relative_to(PROJECT)
    command = [sys.executable, "-m", "jupyterlab", "--ServerApp.root_dir=."]
    command += [f"--LabApp.default_url=/lab/tree/{first}"]
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(
            [*command, "--no-browser", "--allow-root"],
            env={**os.environ, **own, "IPYTHONDIR": str(folder / "ipython")},
            cwd=PROJECT,
            stdout=log,
            stderr=log,
        )
    try:
        yield process.pid, what_it_says(process, folder / "RUNTIME", folder / "log.txt")
    finally:
        end(process)


def ask(address, method="GET", token=None):
    headers = {"Authorization": f"token {token}"} if token else {}
    request = urllib.request.Request(address, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def test_jupyterlab_listens_on_loopback_beside_a_taken_port_and_asks_for_its_token(tmp_path):
    with taken(8888), lab(tmp_path) as (pid, told):
        assert told["port"] != 8888
        address = f"http://localhost:{told['port']}/api/kernels"
        for token in (None, "wrong"):
            with pytest.raises(urllib.error.HTTPError, match="403"):
                ask(address, token=token)
            with pytest.raises(urllib.error.HTTPError, match="403"):
                ask(address, "POST", token=token)
        contents = address.replace("/kernels", "/contents/notebooks?content=1")
        listed = [one["name"] for one in ask(contents, token=told["token"])["content"]]
        assert chapter_paths()[0].name in listed  # below the project, as `make lab` opens it
        before = doors(family(pid))
        kernel = ask(address, "POST", token=told["token"])
        while len(doors(family(pid))) < len(before) + 5:  # a kernel has five
            assert ask(f"{address}/{kernel['id']}", token=told["token"])
        assert_on_loopback(doors(family(pid)))


def test_a_view_listens_on_loopback(tmp_path):
    onnx.save(one_node(), tmp_path / "m.onnx")
    with view(tmp_path / "m.onnx") as shown:
        assert_on_loopback(doors(family(shown.pid)))


def test_a_kernel_of_make_run_listens_on_loopback(tmp_path):
    source = "import json, psutil\n"
    source += "own = psutil.Process().net_connections('inet')\n"
    source += "print(json.dumps([one.laddr.ip for one in own if one.status == 'LISTEN']))"
    nbformat.write(new_notebook(cells=[new_code_cell(source)]), tmp_path / "01-doors.ipynb")
    executed, _ = execute(tmp_path / "01-doors.ipynb")
    found = json.loads(executed.cells[0].outputs[0].text)
    assert len(found) >= 5
    assert [ip for ip in found if not ipaddress.ip_address(ip).is_loopback] == []


def test_what_other_machines_can_reach_is_told_from_what_they_cannot():
    here = ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"]
    there = ["0.0.0.0", "::", "192.0.2.1", "::ffff:192.0.2.1"]
    addresses = [SimpleNamespace(ip=ip, port=1) for ip in (*here, *there)]
    assert [one.ip for one in beyond_loopback(addresses)] == there


def test_the_servers_of_the_tests_listen_on_loopback():
    with server(BaseHTTPRequestHandler):
        assert_on_loopback(doors(family(os.getpid())))
