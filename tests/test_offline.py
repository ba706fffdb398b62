"""Offline batch inference without its engine: shards, chunks, answers, files; resume by name."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pyarrow
import pyarrow.parquet as parquet
import pytest
import torch
from builders import copy_folder, write
from memory import peak_bytes
from offline_runs import small_settings
from safetensors.torch import load_file, save_file

from helpers.errors import InputError
from helpers.offline import command, parquet_shards, shards, stages
from helpers.offline.command import score_all
from helpers.offline.entries import Refused
from helpers.offline.manifest import claim
from helpers.offline.output import (
    ANSWERS,
    ERRORS,
    answers_path,
    is_done,
    rows_in,
    write_rows,
)
from helpers.offline.pipeline import workers_that_fit
from helpers.offline.plan import Chunk, chunks_of, digests_of
from helpers.offline.run import prepare
from helpers.offline.settings import Settings, read_arguments
from helpers.offline.shards import count_entries, entries_of, shards_in
from helpers.offline.stages import Answerer, Windows, read_chunk, write_chunk
from helpers.squad import answers, featurize, read_squad, score

WINDOWS = Windows(length=128, stride=64, batch=4)
FINE = {"id": "fine", "question": "Who?", "answers": [{"text": "Ann", "answer_start": 0}]}
CONTEXT = "Ann met Bob."


def squad_file(path, *qas, context=CONTEXT):
    data = [{"title": "t", "paragraphs": [{"context": context, "qas": list(qas)}]}]
    path.write_text(json.dumps({"data": data}), encoding="utf-8")
    return path


def as_rows(examples):
    """The same questions as the hub's Parquet files hold them."""
    return [
        {
            **{name: getattr(one, name) for name in ("id", "title", "context", "question")},
            "answers": {"text": list(one.answers), "answer_start": list(one.answer_starts)},
        }
        for one in examples
    ]


def parquet_file(path, rows, **cast):
    table = pyarrow.Table.from_pylist(rows)
    for name, column in cast.items():
        table = table.set_column(table.column_names.index(name), name, column)
    parquet.write_table(table, path)
    return path


@pytest.fixture
def case_file(cases):
    from builders import CASES

    return Path(CASES)


@pytest.fixture
def answerer(tiny, tiny_onnx):
    return Answerer(str(tiny_onnx), tiny.tokenizer, WINDOWS)


def ran(answerer, folder, shard, size=7):
    """All stages, in this process."""
    chunks = chunks_of([shard], digests_of([shard]), {}, size)
    told = [write_chunk(answerer(read_chunk(vars(one))), folder=str(folder)) for one in chunks]
    return chunks, told


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.parquet")}


# --- shards -----------------------------------------------------------------------------------


def test_a_file_is_a_shard_and_a_folder_gives_its_own_in_order(tmp_path):
    for name in ("b.json", "a.parquet", "notes.txt"):
        (tmp_path / name).touch()
    assert [one.name for one in shards_in(tmp_path)] == ["a.parquet", "b.json"]
    assert shards_in(tmp_path / "b.json") == [tmp_path / "b.json"]


def test_an_empty_folder_and_a_missing_one_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"holds no shard; put files \*\.json or"):
        shards_in(tmp_path)
    with pytest.raises(InputError, match="none: no such file or folder"):
        shards_in(tmp_path / "none")


def test_json_and_parquet_hold_the_same_questions(tmp_path, cases, case_file):
    shard = parquet_file(tmp_path / "cases.parquet", as_rows(cases))
    assert entries_of(case_file) == entries_of(shard) == cases
    assert count_entries(case_file) == count_entries(shard) == len(cases)


POISONED = {
    "not in its context": {**FINE, "id": "x", "answers": [{"text": "Eve", "answer_start": 0}]},
    "has no answers": {**FINE, "id": "x", "answers": []},
    "half a letter": {**FINE, "id": "x", "question": "Who\ud83d?"},
    "has no 'question'": {**FINE, "id": "x", "question": None},
    "stands twice": FINE,
}


@pytest.mark.parametrize(("reason", "poisoned"), POISONED.items(), ids=POISONED)
def test_a_poisoned_question_stands_in_its_place_with_the_reason(tmp_path, reason, poisoned):
    shard = squad_file(tmp_path / "s.json", FINE, poisoned, {**FINE, "id": "after"})
    before, refused, after = entries_of(shard)
    assert (before.id, after.id) == ("fine", "after")
    assert isinstance(refused, Refused)
    assert reason in refused.reason
    assert str(tmp_path) not in refused.reason


def test_a_paragraph_without_text_is_refused_once(tmp_path):
    shard = squad_file(tmp_path / "s.json", FINE, context=None)
    (refused,) = entries_of(shard)
    assert refused.place == "data[0].paragraphs[0]"
    assert "has no 'context'" in refused.reason


def test_unreadable_text_costs_its_row_alone(tmp_path, cases):
    rows = as_rows(cases[:3])
    raw = [row["context"].encode() for row in rows]
    raw[1] = b"\xff\xfe broken"
    column = pyarrow.array(raw, pyarrow.binary()).view(pyarrow.string())
    first, refused, last = entries_of(parquet_file(tmp_path / "s.parquet", rows, context=column))
    assert [first, last] == [cases[0], cases[2]]
    assert refused.place == "row 1"
    assert "unreadable text" in refused.reason


def test_lists_of_other_lengths_and_empty_rows_are_refused(tmp_path, cases):
    rows = as_rows(cases[:3])
    rows[0]["answers"]["answer_start"].append(0)
    rows[1]["answers"] = None
    first, second, third = entries_of(parquet_file(tmp_path / "s.parquet", rows))
    assert "has no 'text'" in first.reason
    assert "has no answers" in second.reason
    assert third == cases[2]


@pytest.mark.parametrize("kind", ["json", "parquet"])
def test_a_shard_cut_in_half_is_refused(tmp_path, cases, case_file, kind):
    whole = parquet_file(tmp_path / "whole", as_rows(cases)) if kind == "parquet" else case_file
    half = tmp_path / f"half.{kind}"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(InputError, match=rf"half\.{kind}: (no whole Parquet file|not JSON)"):
        count_entries(half)


def test_a_damaged_shard_is_refused_or_read_and_nothing_else(tmp_path, cases):
    whole = parquet_file(tmp_path / "whole", as_rows(cases)).read_bytes()
    shard = tmp_path / "s.parquet"
    refused = 0
    for place in range(4, len(whole), 9):
        damaged = bytearray(whole)
        damaged[place] ^= 16
        shard.write_bytes(damaged)
        try:
            entries_of(shard)
        except InputError as error:
            assert str(error).startswith(f"{shard}: ")
            assert "\n" not in str(error)
            refused += 1
    assert refused > 20


@pytest.mark.parametrize(
    ("kind", "module", "limit", "told"),
    [
        ("parquet", shards, "_LETTERS", "has more than .*; split it into several"),
        ("parquet", parquet_shards, "MOST", r"says that it has 14 rows, and 13 are read at most"),
        ("parquet", parquet_shards, "_UNPACKED", r"a group of its rows has [\d,]+ bytes unpacked"),
        ("json", shards, "MOST", "has more than .*; split it into several"),
    ],
)
def test_a_shard_that_is_more_than_a_worker_keeps_is_refused(
    tmp_path, cases, case_file, monkeypatch, kind, module, limit, told
):
    shard = parquet_file(tmp_path / "s.parquet", as_rows(cases)) if kind == "parquet" else case_file
    monkeypatch.setattr(module, limit, len(cases) - 1)
    with pytest.raises(InputError, match=rf"{shard.name}: {told}"):
        entries_of(shard)
    monkeypatch.setattr(module, limit, 10**6)
    assert len(entries_of(shard)) == len(cases)


def with_rows_in_its_footer(shard, claimed):
    """A Parquet file whose end says that it has so many rows; the file has three."""
    content = shard.read_bytes()
    footer = int.from_bytes(content[-8:-4], "little")
    body, end = content[: -8 - footer], content[-8 - footer : -8]
    assert end.count(b"\x16\x06\x19") == 1  # field 3, a zigzag number: 3 rows; then field 4
    number = bytearray()
    left = 2 * claimed
    while left > 127:
        number.append(left & 127 | 128)
        left >>= 7
    end = end.replace(b"\x16\x06\x19", b"\x16" + bytes([*number, left]) + b"\x19")
    shard.write_bytes(body + end + len(end).to_bytes(4, "little") + b"PAR1")
    return shard


def test_rows_that_a_parquet_file_claims_and_has_not_are_never_planned(tmp_path, cases):
    shard = parquet_file(tmp_path / "s.parquet", as_rows(cases[:3]))
    assert count_entries(shard) == 3
    many = with_rows_in_its_footer(shard, 10**12)
    with pytest.raises(InputError, match=r"says that it has 1,000,000,000,000 rows, and 500,000"):
        count_entries(many)
    few = with_rows_in_its_footer(parquet_file(tmp_path / "s.parquet", as_rows(cases[:3])), 400)
    with pytest.raises(InputError, match=r"no whole Parquet file"):
        entries_of(few)


def test_a_text_that_a_parquet_file_repeats_is_kept_once(tmp_path):
    """150 times 2 MB in 1 kB: pyarrow alone would unpack 64 of them at a time."""
    shard = tmp_path / "s.parquet"
    write = (
        "import pyarrow as pa, pyarrow.parquet as pq, sys; at = pa.array([0] * 150)\n"
        "text = pa.array(['x' * 2_000_000]).take(at)\n"
        "rows = [{'text': ['x'], 'answer_start': [0]}] * 150\n"
        "columns = dict.fromkeys(('id', 'title', 'context', 'question'), text)\n"
        "pq.write_table(pa.table({**columns, 'answers': rows}), sys.argv[1], compression='zstd')"
    )
    subprocess.run([sys.executable, "-c", write, shard], check=True)
    assert shard.stat().st_size < 10_000
    before = "from pathlib import Path; from helpers.offline.shards import entries_of\n"
    before += "import pyarrow.parquet"
    taking = "found = entries_of(Path(path))\n"
    taking += "assert len(found) == 150 and 'split it' in found[149].reason"
    assert peak_bytes(before, taking, shard) < 100 << 20


def test_a_shard_of_another_schema_is_refused_by_its_columns(tmp_path, cases):
    rows = [{**row, "answers": "Ann", "title": 7} for row in as_rows(cases)]
    shard = parquet_file(tmp_path / "s.parquet", rows)
    with pytest.raises(InputError, match=r"s\.parquet: its columns title, answers are missing or"):
        count_entries(shard)


# --- chunks -----------------------------------------------------------------------------------


def test_chunks_hold_every_entry_once(case_file, cases):
    chunks = chunks_of([case_file], digests_of([case_file]), {}, 7)
    places = [n for chunk in chunks for n in range(chunk.start, chunk.stop)]
    assert places == list(range(len(cases)))
    assert len({chunk.key for chunk in chunks}) == len(chunks)
    with pytest.raises(InputError, match="CHUNK=0"):
        chunks_of([case_file], digests_of([case_file]), {}, 0)


def test_a_chunks_key_follows_from_settings_and_bytes_and_not_from_the_path(tmp_path, case_file):
    def keys(shard, **decisive):
        return [one.key for one in chunks_of([shard], digests_of([shard]), decisive, 7)]

    copied = tmp_path / "copy.json"
    copied.write_bytes(case_file.read_bytes())
    first = keys(case_file, model="a")
    assert keys(copied, model="a") == first
    assert not set(keys(case_file, model="b")) & set(first)
    copied.write_bytes(case_file.read_bytes() + b"\n")
    assert not set(keys(copied, model="a")) & set(first)


# --- answers and files ------------------------------------------------------------------------


def test_answers_are_those_of_the_functions_that_the_chapters_use(
    answerer, tmp_path, case_file, cases, tiny
):
    from helpers.rungs import all_logits

    chunks, told = ran(answerer, tmp_path, case_file)
    features = featurize(cases, tiny.tokenizer, max_seq_length=128, doc_stride=64)
    expected = answers(cases, features, *all_logits(answerer.rung, features.inputs()))
    rows = list(rows_in(tmp_path, chunks))
    assert {row["id"]: row["answer"] for row in rows} == expected
    assert [row["id"] for row in rows] == [one.id for one in cases]
    for row, example in zip(rows, cases, strict=True):
        assert score([example], expected) == {name: row[name] for name in ("exact_match", "f1")}
    assert sum(one["answered"] for one in told) == len(cases)


def test_the_same_chunk_gives_the_same_bytes_whatever_came_before(
    answerer, tmp_path, case_file, tiny, tiny_onnx
):
    chunks, _ = ran(answerer, tmp_path / "a", case_file)
    other = Answerer(str(tiny_onnx), tiny.tokenizer, WINDOWS, threads=2)
    for chunk in reversed(chunks):
        write_chunk(other(read_chunk(vars(chunk))), folder=str(tmp_path / "b"))
    assert contents(tmp_path / "a") == contents(tmp_path / "b") != {}


def test_what_cannot_be_used_goes_to_errors_and_stops_nothing(answerer, tmp_path):
    long = {**FINE, "id": "long", "question": "who " * 90}
    bad = POISONED["has no answers"]
    shard = squad_file(tmp_path / "s.json", bad, FINE, long)
    narrow = Answerer.__new__(Answerer)
    narrow.tokenizer, narrow.rung = answerer.tokenizer, answerer.rung
    narrow.windows = dataclasses.replace(WINDOWS, length=20)
    chunks, told = ran(narrow, tmp_path / "out", shard)
    assert [(one["answered"], one["refused"]) for one in told] == [(1, 2)]
    assert [row["id"] for row in rows_in(tmp_path / "out", chunks)] == ["fine"]
    refused = list(rows_in(tmp_path / "out", chunks, ERRORS))
    assert [row["place"] for row in refused] == ["data[0].paragraphs[0].qas[0]", "long"]
    assert "leaves no room" in refused[1]["reason"]


def test_a_chunk_is_done_when_its_own_whole_file_is_there(answerer, tmp_path, case_file):
    (first, *_), _ = ran(answerer, tmp_path, case_file)
    path = answers_path(tmp_path, first)
    assert is_done(tmp_path, first)
    assert not is_done(tmp_path, dataclasses.replace(first, key="0" * 16))
    path.write_bytes(path.read_bytes()[:-10])
    assert not is_done(tmp_path, first)


def test_an_altered_bit_of_an_answers_file_is_noticed_or_changes_nothing(tmp_path):
    chunk = Chunk("s.json", 0, 2, "d" * 64, "a" * 16)
    rows = [{"place": "", "id": str(n), "title": "t", "question": "q", "accepted": ["Ada"],
             "answer": f"Ada {n}", "exact_match": 0.0, "f1": 66.7} for n in range(2)]  # fmt: skip
    write_rows(tmp_path, chunk, rows, [{"place": "row 3", "reason": "no answers"}])
    written = {kind: list(rows_in(tmp_path, [chunk], kind)) for kind in (ANSWERS, ERRORS)}
    noticed = 0
    for kind in (ANSWERS, ERRORS):
        path = answers_path(tmp_path, chunk, kind)
        whole = path.read_bytes()
        for place in range(0, len(whole), 5):
            altered = bytearray(whole)
            altered[place] ^= 1
            path.write_bytes(altered)
            if is_done(tmp_path, chunk):
                assert list(rows_in(tmp_path, [chunk], kind)) == written[kind]
            else:
                noticed += 1
        path.write_bytes(whole)
        assert is_done(tmp_path, chunk)
    assert noticed > 200
    answers_path(tmp_path, chunk, ERRORS).unlink()
    assert not is_done(tmp_path, chunk)


def test_a_file_that_is_altered_while_it_is_read_is_named(tmp_path):
    chunk = Chunk("s.json", 0, 1, "d" * 64, "a" * 16)
    write_rows(tmp_path, chunk, [], [])
    answers_path(tmp_path, chunk).write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"00000000-a+\.parquet: missing or altered .*; run again"):
        list(rows_in(tmp_path, [chunk]))


# --- the folder and the settings --------------------------------------------------------------


def test_a_shard_that_changes_while_a_run_is_under_way_is_refused(answerer, tmp_path, case_file):
    shard = Path(shutil.copy(case_file, tmp_path / "s.json"))
    first, *_ = chunks_of([shard], digests_of([shard]), {}, 7)
    assert json.loads(read_chunk(vars(first))["examples"])
    file = json.loads(shard.read_text())
    file["data"][0]["paragraphs"] = file["data"][0]["paragraphs"][:1]
    shard.write_text(json.dumps(file))
    stages._entries.cache_clear()  # another process
    with pytest.raises(InputError, match=r"s\.json: has changed since the run began"):
        read_chunk(vars(first))


def test_rows_that_are_not_there_are_told_and_not_left_out(answerer, tmp_path, case_file):
    chunks, _ = ran(answerer, tmp_path, case_file)
    answers_path(tmp_path, chunks[0]).unlink()
    with pytest.raises(InputError, match=r"missing or altered .* a disk that all of them share"):
        list(rows_in(tmp_path, chunks))
    assert list(rows_in(tmp_path, chunks, ERRORS)) == []


def test_a_shard_with_a_long_name_of_chinese_letters_has_its_folder(answerer, tmp_path, case_file):
    shard = Path(shutil.copy(case_file, tmp_path / ("\u95ee" * 80 + ".json")))
    chunks, _ = ran(answerer, tmp_path / "out", shard)
    other = dataclasses.replace(chunks[0], shard="\u95ee" * 79 + "\u7b54.json")
    assert all(is_done(tmp_path / "out", chunk) for chunk in chunks)
    folders = {answers_path(tmp_path, chunk).parent for chunk in (chunks[0], other)}
    assert len(folders) == 2 and all(len(one.name) < 200 for one in folders)


@pytest.mark.parametrize(
    ("there", "wanted", "gpus", "workers"),
    [
        ({"CPU": 2.0}, 0, 0, 2),
        ({"CPU": 64.0}, 0, 0, 64),
        ({"CPU": 1.0}, 1, 0, 1),
        ({"CPU": 1.0}, 2, 0, "ask for 1.5 processors and 0 GPUs, and Ray counts 1 and 0"),
        ({"CPU": 16.0, "GPU": 2.0}, 0, 1, 2),
        ({"CPU": 16.0, "GPU": 1.0}, 3, 1, "and 3 GPUs, and Ray counts 16 and 1"),
        ({"CPU": 16.0}, 0, 1, "and 1 GPUs, and Ray counts 16 and 0"),
    ],
)
def test_workers_are_as_many_as_ray_has_room_for(monkeypatch, there, wanted, gpus, workers):
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(cluster_resources=lambda: there))
    if isinstance(workers, int):
        assert workers_that_fit(wanted, threads=1, gpus=gpus) == workers
        return
    with pytest.raises(InputError, match=workers):
        workers_that_fit(wanted, threads=1, gpus=gpus)


def test_a_folder_is_one_runs_own(tmp_path):
    out = tmp_path / "out"
    claim(out, {"seq": 384, "model": "a"}, {"x.json": "1"})
    claim(out, {"model": "a", "seq": 384}, {"x.json": "1", "new.json": "2"})
    with pytest.raises(InputError, match=r"with seq=384 where this one has 128; name another"):
        claim(out, {"seq": 128, "model": "a"}, {"x.json": "1", "new.json": "2"})
    with pytest.raises(InputError, match=r"whose shard x\.json was a different one"):
        claim(out, {"seq": 384, "model": "a"}, {"x.json": "9", "new.json": "2"})
    (out / "manifest.json").write_text("[]")
    with pytest.raises(InputError, match="no manifest of a run"):
        claim(out, {"seq": 384}, {})


def test_what_a_killed_run_left_of_its_manifest_is_no_file_of_another(tmp_path):
    (tmp_path / ".manifest.json-abcdefgh.part").mkdir()
    claim(tmp_path, {"precision": "fp32"}, {})
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(InputError, match=r"holds files, but no manifest\.json"):
        claim(tmp_path, {}, {})


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--workers=-1"], "WORKERS=-1: must be at least 0"),
        (["--threads=x"], "THREADS=x: must be a whole number"),
        (["--device=tpu"], "DEVICE=tpu: unknown; use cpu or cuda"),
        (["--precision=fp64"], "PRECISION=fp64: unknown; use fp32 or int8"),
        (["--precision=int8", "--device=cuda"], "PRECISION=int8: its files are for a CPU"),
        (["--colour=red"], "unrecognized arguments"),
    ],
)
def test_settings_that_cannot_be_used_are_named(given, told):
    with pytest.raises(InputError, match=told):
        read_arguments(given, description="d")


def test_results_of_other_settings_go_elsewhere_by_themselves():
    names = {
        read_arguments([f"--precision={one}"], description="d").out for one in ("fp32", "int8")
    }
    assert len(names) == 2
    assert all("score" in name for name in names)


def test_threads_times_workers_is_what_the_machine_has(monkeypatch):
    monkeypatch.setattr("helpers.offline.settings.cores", lambda: 8)
    assert [Settings(threads=n).at_work for n in (1, 2, 3, 8, 16)] == [8, 4, 2, 1, 1]
    assert Settings(workers=3, threads=4).at_work == 3


@pytest.fixture
def settings(tmp_path, tiny_folder, monkeypatch):
    return small_settings(tmp_path, tiny_folder, monkeypatch, chunk=7)


def test_a_run_is_claimed_before_it_begins_and_a_window_too_long_is_refused(settings):
    job = prepare(settings)
    assert job.missing == job.chunks
    assert (job.folder / "manifest.json").is_file()
    with pytest.raises(InputError, match=r"another run's, with precision=fp32 where this one has"):
        prepare(dataclasses.replace(settings, precision="int8"))
    with pytest.raises(InputError, match=r"SEQ=9999: .* has 512 positions"):
        prepare(dataclasses.replace(settings, seq=9999))


def test_where_the_project_is_read_only_the_models_file_lies_with_the_results(
    settings, tmp_path, monkeypatch
):
    (tmp_path / "no-folder").write_text("")
    monkeypatch.setattr("helpers.offline.run._MADE", tmp_path / "no-folder" / "files")
    job = prepare(settings)
    assert Path(job.worker["model"]).parent == job.folder / "files"
    assert len(prepare(settings).missing) == len(job.chunks)  # the folder is still this run's


@pytest.mark.parametrize(
    ("spoil", "told"),
    [(torch.zeros_like, "every start logit of all"), (lambda one: one * torch.nan, "not finite")],
)
def test_a_model_that_answers_nothing_is_refused_before_it_is_asked(
    settings, tmp_path, tiny_folder, spoil, told
):
    folder = Path(shutil.copytree(tiny_folder, tmp_path / "spoilt"))
    weights = load_file(folder / "model.safetensors")
    spoilt = {name: spoil(one).contiguous() for name, one in weights.items()}
    save_file(spoilt, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match=told):
        prepare(dataclasses.replace(settings, model=str(folder)))


def test_a_run_that_lacks_nothing_starts_no_engine(settings, cases, capsys):
    job = prepare(settings)
    answerer = Answerer(**job.worker)
    for chunk in job.chunks:
        write_chunk(answerer(read_chunk(vars(chunk))), folder=str(job.folder))
    found = score_all(settings)
    assert found["asked"] == 0
    assert found["answered"] == len(cases)
    given = {row["id"]: row["answer"] for row in rows_in(job.folder, job.chunks)}
    whole = score(read_squad(settings.squad), given)
    assert {name: found[name] for name in whole} == whole
    assert "are there already" in capsys.readouterr().out
    assert not list(job.folder.rglob("*.part"))
    assert (job.folder / ANSWERS).is_dir()


def test_of_what_ray_wraps_around_a_workers_error_its_own_line_is_told():
    wrapped = "\x1b[36mray::Map()\x1b[39m\n  File\nhelpers.errors.InputError: a.parquet: bad; fix\n"
    told = command._reason(RuntimeError(f"{wrapped}\nThe above exception was the direct cause"))
    assert told == "a.parquet: bad; fix"
    assert command._reason(RuntimeError("lost a node")) == "a worker failed: lost a node"


def test_a_row_of_a_million_answers_is_refused_before_they_are_unpacked(tmp_path):
    """The file has 3 kB; as lists of Python they would take 600 MB."""
    shard = tmp_path / "s.parquet"
    write = (
        "import pyarrow as pa, pyarrow.parquet as pq, sys; n = 1_000_000\n"
        "answers = [{'text': ['x' * 100] * n, 'answer_start': [0] * n}]\n"
        "texts = dict.fromkeys(('id', 'title', 'context', 'question'), ['x'])\n"
        "pq.write_table(pa.table({**texts, 'answers': answers}), sys.argv[1])"
    )
    subprocess.run([sys.executable, "-c", write, shard], check=True)
    assert shard.stat().st_size < 10_000
    before = "from pathlib import Path; from helpers.offline.shards import entries_of\n"
    before += "import pyarrow.parquet"
    taking = "(found,) = entries_of(Path(path))\n"
    taking += "assert '1,000,000 answers, more than 100' in found.reason"
    assert peak_bytes(before, taking, shard) < 100 << 20


def test_a_shard_whose_name_is_no_text_is_refused(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    with open(os.fsencode(tmp_path) + b"/b\xff.json", "w") as shard:
        shard.write("{}")
    with pytest.raises(InputError, match=r"b\\udcff\.json: its name is no UTF-8; rename it"):
        shards_in(tmp_path)


def test_a_bert_of_another_kind_is_refused_before_anything_is_made(tiny_folder, tmp_path):
    changes = {"silu": {"hidden_act": "silu"}, "cut": {"chunk_size_feed_forward": 7}}
    for name, change in changes.items():
        folder = copy_folder(tiny_folder, tmp_path / name)
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        write(folder / "config.json", {**config, **change})
        settings = Settings(model=str(folder), out=str(tmp_path / "out"))
        with pytest.raises(InputError, match=f"MODEL={folder}: no fp32 file of it can be made"):
            prepare(settings)


def test_what_a_manifest_holds_is_told_in_a_short_line(tmp_path):
    claim(tmp_path, {"precision": "x" * 100_000}, {"a" * 100_000: "1"})
    with pytest.raises(InputError) as error:
        claim(tmp_path, {"precision": "fp32"}, {"a" * 100_000: "1"})
    assert len(str(error.value)) < 600
    with pytest.raises(InputError) as error:
        claim(tmp_path, {"precision": "x" * 100_000}, {"a" * 100_000: "2"})
    assert len(str(error.value)) < 600
