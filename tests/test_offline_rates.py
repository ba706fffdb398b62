"""What throughput is told of a run: steady rates, parts, the record, Amdahl's law."""

import json
from contextlib import nullcontext

import jsonschema
import pytest
from offline_runs import small_settings

from helpers.errors import InputError
from helpers.offline import throughput, ways
from helpers.offline.command import scores_of
from helpers.offline.parts import IN_DRIVER, IN_WORKERS, cost_of_parts
from helpers.offline.recorded import RECORDS, SCHEMA, Scale, scale_of
from helpers.offline.recorded import throughput as recorded
from helpers.offline.run import prepare
from helpers.offline.settings import Settings
from helpers.offline.stages import Answerer, read_chunk, write_chunk
from helpers.offline.ways import WAYS, steady_rate


@pytest.fixture
def settings(tmp_path, tiny_folder, monkeypatch):
    return small_settings(tmp_path, tiny_folder, monkeypatch, chunk=2)


def in_this_process(settings):
    """What `score_all` does and says, without Ray; a chunk ends each second."""
    job = prepare(settings)
    answerer = Answerer(**job.worker)
    told = [
        write_chunk(answerer(read_chunk(vars(one))), folder=str(job.folder)) for one in job.missing
    ]
    ended = [(4.0 + number, one["answered"]) for number, one in enumerate(told)]
    told = {"asked": job.counted(job.missing), "prepared": 0.25, "seconds": 9.0, "ended": ended}
    return {**told, **scores_of(job)}


def test_a_steady_rate_counts_from_the_moment_when_all_workers_have_begun():
    ended = [(10.0, 256), (12.0, 256), (13.0, 200), (14.0, 300), (17.0, 100)]
    assert steady_rate(ended, 2) == 600 / 5
    assert steady_rate(ended, 1) == 856 / 7


def test_too_few_chunks_for_a_rate_are_refused():
    with pytest.raises(InputError, match=r"3 chunks for 2 workers: too few for a rate; give more"):
        steady_rate([(1.0, 5), (2.0, 5), (3.0, 5)], 2)


def test_the_parts_write_what_the_stages_write(settings, tmp_path):
    job = prepare(settings)
    told = cost_of_parts(job)
    assert told["questions"] == job.counted(job.chunks) == 14
    assert list(told["ms"]) == ["cut into chunks", *IN_WORKERS, "score all"]
    assert set(told["ms"]) == {*IN_DRIVER, *IN_WORKERS}
    assert min(told["ms"].values()) > 0 and told["open_s"] > 0
    written = {path.name: path.read_bytes() for path in job.folder.rglob("*.parquet")}
    in_this_process(Settings(**{**vars(settings), "out": str(tmp_path / "other")}))
    staged = {path.name: path.read_bytes() for path in (tmp_path / "other").rglob("*.parquet")}
    assert written == staged
    total = sum(path.stat().st_size for path in job.folder.rglob("*.parquet"))
    assert told["bytes"]["written"] == pytest.approx(total / told["questions"], abs=0.06)
    first = cost_of_parts(job, chunks=1)
    assert first["questions"] == 2
    with pytest.raises(InputError, match="nothing to time"):
        cost_of_parts(job, chunks=0)


@pytest.fixture
def record(settings, tmp_path, monkeypatch):
    """A record of all ways, their engine without Ray."""
    for module in (ways, throughput):
        monkeypatch.setattr(module, "score_all", in_this_process)
    monkeypatch.setattr(ways, "running", lambda processors: nullcontext())
    monkeypatch.setattr(throughput, "_FOLDER", tmp_path)
    return throughput.record_of(settings, rounds=2, pairs=[(1, 1), (2, 1)])


def test_all_ways_give_the_same_scores_and_the_record_is_what_its_schema_says(record, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(record), encoding="utf-8")
    assert recorded("a", tmp_path) == record
    ways = record["ways"]
    assert [sorted(one) for one in ways["rounds"]] == [sorted(WAYS)] * 2
    assert len(set(ways["exact_match"].values())) == len(set(ways["f1"].values())) == 1
    assert ways["steady_per_s"] == 2  # a chunk of two a second
    assert ways["begin_s"] == pytest.approx(0.25 + 4 - 1, abs=0.01)
    for part, rates in (
        ("whole run", [14 / one["engine"] for one in ways["rounds"]]),
        ("steady", [2, 2]),
    ):
        ratios = sorted(
            ours / (14 / one["one by one"]) for ours, one in zip(rates, ways["rounds"], strict=True)
        )
        found = ways["engine_times_faster"][part]["one by one"]
        assert [found["low"], found["high"]] == pytest.approx(ratios, rel=0.05, abs=0.002)
    assert sorted(record["parts"]) == ["fp32", "int8"]
    assert [(one["workers"], len(one["rounds"])) for one in record["threads"]] == [(1, 2), (2, 2)]


def test_rounds_below_one_are_refused(settings):
    with pytest.raises(InputError, match="ROUNDS=0: must be at least 1"):
        ways.compare_ways(settings, rounds=0)


def test_amdahls_law_and_its_ends(record):
    scale = Scale(fixed_s=20.0, serial_ms=0.5, parallel_ms=4.5)
    assert scale.seconds(1000) == 20 + 5
    assert scale.seconds(1000, machines=9) == 20 + 1
    assert scale.seconds(1000, machines=1e12) == pytest.approx(20 + 0.5)  # the serial part stays
    own = scale_of(record)
    assert own.parallel_ms == 500
    assert own.fixed_s == record["ways"]["seconds"]["engine's start"] + record["ways"]["begin_s"]
    ms = record["parts"]["fp32"]["ms"]
    assert own.serial_ms == ms["cut into chunks"] + ms["score all"]


def test_the_schema_is_one_and_describes_each_field():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    bare = [
        name
        for name, one in _fields(schema["properties"])
        if not one.get("description") and "const" not in one
    ]
    assert bare == []


def _fields(properties):
    for name, one in properties.items():
        yield name, one
        yield from _fields(one.get("properties", {}))
        yield from _fields(one.get("items", {}).get("properties", {}))


@pytest.mark.parametrize("name", sorted(path.stem for path in RECORDS.glob("*.json")))
def test_the_projects_records_hold_what_their_issue_asked_for(name):
    record = recorded(name)
    ways = record["ways"]
    assert len(ways["rounds"]) >= 3 and ways["questions"] >= 10_570
    assert len(set(ways["exact_match"].values())) == len(set(ways["f1"].values())) == 1
    assert ways["engine_times_faster"]["steady"]["batches in one process"]["median"] >= 0.9
    assert ways["engine_times_faster"]["steady"]["one by one"]["median"] >= 2
    # the law gives back what it was made from
    by_law = scale_of(record).seconds(ways["questions"])
    assert by_law == pytest.approx(ways["seconds"]["engine"], rel=0.1)


def test_a_spoiled_record_is_refused_with_its_own_command(record, tmp_path):
    record["ways"]["per_s"]["engine"] = -1
    (tmp_path / "a.json").write_text(json.dumps(record), encoding="utf-8")
    told = r"a\.json: no record, .*per_s.engine is not as .*or `python -m helpers\.offline\.through"
    with pytest.raises(InputError, match=told):
        recorded("a", tmp_path)
