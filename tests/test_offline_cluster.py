"""Offline batch inference on a small cluster: what a killed run left is kept, the rest is done.

The tests on Ray that take longer are `make cluster`.
"""

import os
import shutil
import sys

import pytest
from listening import beyond_loopback, doors, family
from offline_runs import LOOPBACK, asked, command, contents, undisturbed

from helpers.offline.output import answers_path

__all__ = ["asked", "undisturbed"]  # fixtures


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
            run.wait_for("are there already")
            heard = doors({*family(os.getpid()), *run.alive()})
            assert run.wait() == 0, run.told
    finally:
        cluster.shutdown()
    assert len(heard) > 4 and beyond_loopback(heard) == []
    assert contents(out) == contents(job.folder)
    assert answers_path(out, job.chunks[0]).stat().st_mtime_ns == kept
    assert f"1 of {len(job.chunks)} chunks are there already" in run.told
