"""What takes minutes to show of offline inference: ten kills, a node lost, ten times the data."""

import json
import random
import shutil
import sys
import time
from pathlib import Path

import psutil
import pytest
from processes import Command, wait_until

from helpers.offline.run import prepare
from helpers.offline.settings import Settings
from helpers.offline.stages import Answerer, read_chunk, write_chunk

LOOPBACK = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
SHAPE = {"seq": 128, "stride": 64, "chunk": 2}


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """The cases, over and over, each time under ids of their own: 300 chunks or more."""
    from builders import CASES

    file = json.loads(Path(CASES).read_text(encoding="utf-8"))
    article = file["data"][0]
    copies = []
    while sum(len(p["qas"]) for p in copies) < 600:
        for paragraph in article["paragraphs"]:
            number = len(copies)
            qas = [{**qa, "id": f"{qa['id']}-{number}"} for qa in paragraph["qas"]]
            copies.append({**paragraph, "qas": qas})
    path = tmp_path_factory.mktemp("many") / "many.json"
    file["data"] = [{**article, "paragraphs": copies}]
    path.write_text(json.dumps(file), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, tiny_folder, many):
    """A run in this process, without Ray."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    job = prepare(Settings(squad=str(many), model=str(tiny_folder), out=str(out), **SHAPE))
    answerer = Answerer(**job.worker)
    for chunk in job.chunks:
        write_chunk(answerer(read_chunk(vars(chunk))), folder=str(job.folder))
    return job


def contents(folder):
    found = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.parquet")}
    assert found
    return found


def written(out):
    return (out / "answers").glob("*/*.parquet")


def done(out):
    return len(list(written(out)))


def score(many, model, out, told, *, workers=2, **env):
    given = {**SHAPE, "squad": many, "model": model, "out": out, "workers": workers}
    options = [f"--{name}={value}" for name, value in given.items()]
    return Command.python("-m", "helpers.offline", *options, output=told, **env)


def test_killed_ten_times_at_random_points_it_ends_with_the_same_bytes(
    undisturbed, tiny_folder, many, tmp_path
):
    out, chance = tmp_path / "out", random.Random(8)
    stood = [0]
    for number in range(10):
        told = tmp_path / f"told-{number}"
        with score(many, tiny_folder, out, told, RAY_ADDRESS="") as run:
            if number % 4 == 0:  # while it starts
                time.sleep(chance.uniform(1, 15))
            else:  # while it works
                more = done(out) + chance.randint(1, 15)
                wait_until(lambda more=more: done(out) >= more, 180, "chunks")
            assert run.process.poll() is None, run.told
            run.kill()
            wait_until(lambda run=run: not run.alive(), 60, "Ray's processes end")
        stood.append(done(out))
        for path in written(out):  # what stands is whole
            assert path.read_bytes() == (undisturbed.folder / path.relative_to(out)).read_bytes()
    assert stood == sorted(stood) and stood[-1] < len(undisturbed.chunks)
    assert len(set(stood)) > 5  # most of the kills came while it worked
    with score(many, tiny_folder, out, tmp_path / "told", RAY_ADDRESS="") as run:
        assert run.wait() == 0, run.told
        assert f"of {len(undisturbed.chunks)} chunks are there already" in run.told
    assert contents(out) == contents(undisturbed.folder)


@pytest.mark.skipif(sys.platform != "linux", reason="Ray's cluster of several nodes is for tests")
def test_a_node_of_three_is_lost_and_the_result_is_the_same(
    undisturbed, tiny_folder, many, tmp_path, monkeypatch
):
    from ray.cluster_utils import Cluster

    out, told = tmp_path / "out", tmp_path / "told"
    for name, value in LOOPBACK.items():
        monkeypatch.setenv(name, value)
    node = {"num_cpus": 1, "object_store_memory": 1 << 27, "node_ip_address": "127.0.0.1"}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    try:
        others = [cluster.add_node(**node) for _ in range(2)]
        address = {"RAY_ADDRESS": cluster.address, **LOOPBACK}
        with score(many, tiny_folder, out, told, workers=3, **address) as run:
            wait_until(lambda: done(out) >= 5 or run.process.poll() is not None, 240, "chunks")
            cluster.remove_node(others[0], allow_graceful=False)
            left = len(undisturbed.chunks) - done(out)
            assert run.process.poll() is None and left > 20, run.told
            assert run.wait(600) == 0, run.told
    finally:
        cluster.shutdown()
    assert contents(out) == contents(undisturbed.folder)


def peak_of(run):
    """The most memory that it and its processes held together, in bytes; shared pages once."""
    most = 0
    while run.process.poll() is None:
        held = 0
        for one in run.alive():
            try:
                held += one.memory_full_info().pss
            except psutil.Error:
                continue
        most = max(most, held)
        time.sleep(0.5)
    return most


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's share of memory")
def test_ten_times_the_data_takes_no_more_than_a_fifth_more_memory(tmp_path):
    from helpers.models import EMBEDDED
    from helpers.training.exam import write_sized

    peaks = []
    for questions in (1000, 10_000):
        squad, out = tmp_path / f"{questions}.json", tmp_path / f"out-{questions}"
        write_sized(squad, questions=questions)
        options = [f"--squad={squad}", f"--model={EMBEDDED}", f"--out={out}"]
        with Command.python(
            "-m", "helpers.offline", *options, output=tmp_path / "told", RAY_ADDRESS=""
        ) as run:
            peaks.append(peak_of(run))
            assert run.wait() == 0, run.told
        assert "exact match" in run.told
        shutil.rmtree(out)
    print(f"peak: {', '.join(f'{peak / 2**20:.0f} MiB' for peak in peaks)}")
    assert peaks[0] > 200 * 2**20  # the processes were seen
    assert peaks[1] <= 1.2 * peaks[0]
