"""Offline batch inference on Ray itself: on this machine, and where there is no cluster."""

import os
import socket
import tempfile
import time
from pathlib import Path

import pytest
from listening import beyond_loopback, doors
from offline_runs import asked, command, contents, options_of, undisturbed
from processes import HERE, Command, wait_until

from helpers.errors import InputError
from helpers.offline.cluster import running

__all__ = ["asked", "undisturbed"]  # fixtures


def test_ray_gives_the_same_bytes_stays_on_loopback_and_leaves_nothing(undisturbed, tmp_path):
    settings, job = undisturbed
    out, told = tmp_path / "out", tmp_path / "told"
    before = set(Path(tempfile.gettempdir()).glob(".ray-*"))
    beyond, heard, most = set(), 0, 0
    with command(settings, out, told, RAY_ADDRESS="") as run:
        while run.process.poll() is None:
            alive = run.alive()
            most = max(most, len(alive))
            found = doors(alive)
            heard = max(heard, len(found))
            beyond |= set(beyond_loopback(found))
            time.sleep(1)  # to look costs a twentieth of a second
        assert run.wait() == 0, run.told
        wait_until(lambda: not run.alive(), 10, "Ray's processes end")
    assert contents(out) == contents(job.folder)
    assert most > 4 and heard > 4  # Ray was there
    assert beyond == set()
    assert set(Path(tempfile.gettempdir()).glob(".ray-*")) <= before
    assert "1 refused, with reasons" in run.told
    assert "exact match" in run.told


@pytest.mark.parametrize(
    "address", ["127.0.0.1:9", "ray://127.0.0.1:9", "127.0.0.1:99999", "a..b:6379"]
)
def test_an_address_where_nobody_answers_is_told_in_one_line(address, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", address)
    start = time.monotonic()
    told = rf"RAY_ADDRESS={address}: no Ray cluster answers there; start one .* or unset it"
    with pytest.raises(InputError, match=told), running(1):
        pass
    assert time.monotonic() - start < 30


@pytest.mark.parametrize("how", ["once", "always"])
def test_a_worker_that_dies_is_replaced_and_not_for_ever(undisturbed, tmp_path, how):
    settings, job = undisturbed
    out, mark = tmp_path / "out", tmp_path / "mark"
    options = [*options_of(settings, out), "--workers=1"]
    with Command.python(
        HERE / "dying.py", how, mark, *options, output=tmp_path / "told", RAY_ADDRESS=""
    ) as run:
        code = run.wait()
        assert mark.exists()
        if how == "once":
            assert code == 0, run.told
            assert contents(out) == contents(job.folder)
            return
        assert code == 2, run.told
        (line,) = [one for one in run.told.splitlines() if one.startswith("error: ")]
        assert "a worker failed" in line and "Traceback" not in run.told


def test_a_port_that_is_no_rays_is_given_up(monkeypatch):
    monkeypatch.setattr("helpers.offline.cluster._KNOCK_S", 2.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(InputError, match="no Ray cluster answers there"), running(1):
            pass
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
