"""Offline batch inference on Ray itself: here, on a cluster of two nodes, where there is none."""

import json
import os
import shutil
import socket
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest
from processes import Command, wait_until

from helpers.errors import InputError
from helpers.offline.cluster import running
from helpers.offline.output import answers_path
from helpers.offline.run import prepare
from helpers.offline.settings import Settings
from helpers.offline.stages import Answerer, read_chunk, write_chunk

SHAPE = {"seq": 128, "stride": 64, "chunk": 7, "workers": 2}
LOOPBACK = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}


@pytest.fixture(scope="module")
def asked(tmp_path_factory, cases):
    """The cases, and one question that no passage answers."""
    from builders import CASES

    file = json.loads(Path(CASES).read_text(encoding="utf-8"))
    file["data"][0]["paragraphs"][0]["qas"].append({"id": "bad", "question": "?", "answers": []})
    path = tmp_path_factory.mktemp("asked") / "asked.json"
    path.write_text(json.dumps(file), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, tiny_folder, asked):
    """A run in this process, without Ray: its settings, its folder, its chunks."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    settings = Settings(squad=str(asked), model=str(tiny_folder), out=str(out), **SHAPE)
    job = prepare(settings)
    answerer = Answerer(**job.worker)
    for chunk in job.chunks:
        write_chunk(answerer(read_chunk(vars(chunk))), folder=str(job.folder))
    return settings, job


def contents(folder):
    found = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.parquet")}
    assert found
    return found


def command(settings, out, told, **env):
    given = {**SHAPE, "squad": settings.squad, "model": settings.model, "out": out}
    options = [f"--{name}={value}" for name, value in given.items()]
    return Command.python("-m", "helpers.offline", *options, output=told, **env)


def heard_beyond_loopback(processes):
    """Addresses of this machine's other devices that one of the processes listens at."""
    found = set()
    for one in processes:
        try:
            sockets = one.net_connections(kind="inet")
        except psutil.Error:
            continue
        found |= {s.laddr for s in sockets if s.status == psutil.CONN_LISTEN}
    return {
        address for address in found if not address.ip.startswith(("127.", "::1", "::ffff:127."))
    }


def test_ray_gives_the_same_bytes_stays_on_loopback_and_leaves_nothing(undisturbed, tmp_path):
    settings, job = undisturbed
    out, told = tmp_path / "out", tmp_path / "told"
    before = set(Path(tempfile.gettempdir()).glob(".ray-*"))
    beyond, most = set(), 0
    with command(settings, out, told, RAY_ADDRESS="") as run:
        while run.process.poll() is None:
            alive = run.alive()
            most = max(most, len(alive))
            beyond |= heard_beyond_loopback(alive)
            time.sleep(1)  # to look costs a twentieth of a second
        assert run.wait() == 0, run.told
        wait_until(lambda: not run.alive(), 10, "Ray's processes end")
    assert contents(out) == contents(job.folder)
    assert most > 4  # Ray was there
    assert beyond == set()
    assert set(Path(tempfile.gettempdir()).glob(".ray-*")) <= before
    assert "1 refused, with reasons" in run.told
    assert "exact match" in run.told


@pytest.mark.skipif(sys.platform != "linux", reason="Ray's cluster of several nodes is for tests")
def test_a_cluster_of_two_nodes_does_what_is_missing(undisturbed, tmp_path, monkeypatch):
    from ray.cluster_utils import Cluster

    settings, job = undisturbed
    out, told = tmp_path / "out", tmp_path / "told"
    for name, value in LOOPBACK.items():
        monkeypatch.setenv(name, value)
    shutil.copytree(job.folder, out)  # as a run that was killed left it
    for chunk in job.chunks[1:]:
        answers_path(out, chunk).unlink()
    kept = answers_path(out, job.chunks[0]).stat().st_mtime_ns
    node = {"num_cpus": 1, "object_store_memory": 1 << 27, "node_ip_address": "127.0.0.1"}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    try:
        cluster.add_node(**node)
        with command(settings, out, told, RAY_ADDRESS=cluster.address, **LOOPBACK) as run:
            assert run.wait() == 0, run.told
    finally:
        cluster.shutdown()
    assert contents(out) == contents(job.folder)
    assert answers_path(out, job.chunks[0]).stat().st_mtime_ns == kept
    assert f"1 of {len(job.chunks)} chunks are there already" in run.told


@pytest.mark.parametrize("address", ["127.0.0.1:9", "ray://127.0.0.1:9", "127.0.0.1:99999"])
def test_an_address_where_nobody_answers_is_told_in_one_line(address, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", address)
    start = time.monotonic()
    told = rf"RAY_ADDRESS={address}: no Ray cluster answers there; start one .* or unset it"
    with pytest.raises(InputError, match=told), running(1):
        pass
    assert time.monotonic() - start < 30


def test_a_port_that_is_no_rays_is_given_up(monkeypatch):
    monkeypatch.setattr("helpers.offline.cluster._KNOCK_S", 2.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(InputError, match="no Ray cluster answers there"), running(1):
            pass
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
