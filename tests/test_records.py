"""A benchmark's record is what data/record.schema.json says."""

import copy
import json
import os
import re
import time
from functools import partial

import jsonschema
import numpy as np
import pytest
from builders import CASES, rising

import helpers.limits
import helpers.steps
from helpers import benchmark, models
from helpers.benchmark import run
from helpers.comparison import agreement, apart, compare, race
from helpers.display import headline
from helpers.errors import InputError
from helpers.files import PROJECT, write_json
from helpers.ladder import choose
from helpers.latency import Latency
from helpers.peaks import measure_peaks
from helpers.records import Agreement, Result, Skipped, record
from helpers.rungs import Rung, torch_rung
from helpers.settings import Settings
from helpers.squad import featurize

SCHEMA = json.loads((PROJECT / "data" / "record.schema.json").read_text(encoding="utf-8"))
VALID = jsonschema.Draft202012Validator(SCHEMA)


def small(model, **changes):
    settings = {"squad": str(CASES), "samples": 12, "warmup": 2, "stride": 64, "sweep": 0}
    settings |= {"rungs": "torch-eager,ort-exported"} | changes
    return Settings(model=str(model), **settings)


@pytest.fixture(scope="module")
def found(tiny_folder, tmp_path_factory):
    """A real run of the whole benchmark on the tiny model."""
    return run(small(tiny_folder), tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="module")
def random_found(tiny_folder, tmp_path_factory):
    """The path of bert-large-random, at a size that a test can afford."""
    shape = {"vocab_size": 496, "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "EMBEDDED", tiny_folder)
        patch.setattr(models, "_LARGE_SHAPE", shape)
        return run(small("bert-large-random", samples=5), tmp_path_factory.mktemp("random"))


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_field_of_the_schema_is_described():
    def fields(part, path):
        for name, value in part.get("properties", {}).items():
            yield f"{path}.{name}", value
            yield from fields(value, f"{path}.{name}")

    described = [*fields(SCHEMA, "record"), *fields(SCHEMA["$defs"]["rung"], "rung")]
    assert len(described) > 40
    assert [name for name, value in described if not value.get("description")] == []
    times = [(n, v) for n, v in described if v.get("$ref") == "#/$defs/milliseconds"]
    assert [n for n, v in times if "in milliseconds" not in v["description"]] == []


def test_a_real_run_is_valid(found, tmp_path):
    VALID.validate(found)
    written = json.loads(write_json(tmp_path / "record.json", found).read_text(encoding="utf-8"))
    assert written == found


def test_what_the_issue_asks_for_is_there(found):
    engines = [(rung["engine"], rung["provider"], rung["precision"]) for rung in found["rungs"]]
    assert engines == [
        ("PyTorch", "cpu", "fp32"),
        ("ONNX Runtime", "CPUExecutionProvider", "fp32"),
    ]
    for rung in found["rungs"]:
        times = rung["latency_ms"]
        assert len(times["samples"]) == 12
        assert times["min"] <= times["p50"] <= times["p90"] <= times["p99"]
        assert times["min"] == min(times["samples"])
        assert times["mean"] == pytest.approx(np.mean(times["samples"]), abs=1e-3)
        assert rung["first_run_ms"] > 0
        assert rung["exact_match"] is not None
        assert rung["f1"] is not None
    assert found["settings"]["squad"] == CASES.name  # no path of this machine
    assert found["settings"]["questions"] == 14
    assert found["settings"]["questions_in_file"] == 14
    assert found["settings"]["omp_wait_policy"] == os.environ["OMP_WAIT_POLICY"]
    assert found["settings"]["gomp_spincount"] == os.environ["GOMP_SPINCOUNT"]
    assert found["settings"]["threads"] >= 1
    assert found["model"]["layers"] == 2


def test_the_first_rung_is_the_reference_and_the_second_agrees_with_it(found, case_windows):
    first, second = found["rungs"]
    assert first["max_abs_diff"] == first["mean_abs_diff"] == 0
    assert first["times_faster"] == {"median": 1, "low": 1, "high": 1}
    assert first["same_answers"] == second["same_answers"] == 1
    assert 0 < second["mean_abs_diff"] < second["max_abs_diff"] < 1e-4
    assert second["windows"] == len(case_windows) == found["settings"]["windows"]
    assert (first["exact_match"], first["f1"]) == (second["exact_match"], second["f1"])
    assert headline(found).startswith(found["model"]["name"])
    assert "128 tokens" in headline(found)


def test_random_weights_have_times_but_no_scores(random_found):
    VALID.validate(random_found)
    assert random_found["model"]["trained"] is False
    for rung in random_found["rungs"]:
        assert rung["exact_match"] is rung["f1"] is rung["same_answers"] is None
        assert rung["windows"] == 5  # no more than are timed
    assert 0 <= random_found["rungs"][1]["max_abs_diff"] < 1e-3
    assert "random weights" in headline(random_found)


def test_questions_limit_answers_and_times_alike(tiny_folder, tmp_path, cases, tiny_tokenizer):
    limited = run(small(tiny_folder, questions=3, samples=2), tmp_path)
    VALID.validate(limited)
    settings = limited["settings"]
    assert (settings["questions"], settings["questions_in_file"]) == (3, 14)
    windows = len(featurize(cases[:3], tiny_tokenizer, max_seq_length=128, doc_stride=64))
    assert settings["windows"] == limited["rungs"][1]["windows"] == windows


def test_batches_lengths_and_whole_files_are_in_the_record_where_they_were_asked_for(
    tiny_folder, tmp_path, monkeypatch
):
    quick = partial(measure_peaks, seconds=0.01)
    monkeypatch.setattr(helpers.limits, "measure_peaks", quick)
    found = run(small(tiny_folder, samples=2, sweep=1, rungs="ort-fused,ort-exported"), tmp_path)
    VALID.validate(found)
    assert [rung["slug"] for rung in found["rungs"]] == ["ort-exported", "ort-fused"]
    assert found["limit"]["limit_ms"]["fp32"] > 0
    assert set(found["lengths"]) == {entry["slug"] for entry in found["sweep"]} == {"ort-fused"}
    assert {entry["length"] for entry in found["sweep"]} == {32, 64, 128, 256, 384, 512}
    shapes = [(one["length"], one["stride"]) for one in found["scoring"]]
    assert shapes == [(384, 128)] * 3 + [(128, 64)] * 3
    assert {one["same_answers"] for one in found["scoring"]} == {1.0}
    parts = (*found["lengths"].values(), *found["sweep"], *found["scoring"])
    assert all(one["busy"] is None or 0 <= one["busy"] <= 1 for one in parts)


def remove_provider(value):
    del value["rungs"][0]["provider"]


def text_for_a_time(value):
    value["rungs"][0]["latency_ms"]["p50"] = "7 ms"


def no_samples(value):
    value["rungs"][0]["latency_ms"]["samples"] = []


def no_rungs(value):
    value["rungs"] = []


def score_as_a_share(value):
    value["rungs"][0]["exact_match"] = 101


def unknown_field(value):
    value["rungs"][0]["speed"] = 3


def no_versions(value):
    value["versions"] = {"python": "3.11.7"}


@pytest.mark.parametrize(
    "spoil",
    [
        remove_provider, text_for_a_time, no_samples, no_rungs, score_as_a_share, unknown_field,
        no_versions,
    ],
)  # fmt: skip
def test_the_schema_refuses_what_is_no_record(found, spoil):
    spoiled = copy.deepcopy(found)
    spoil(spoiled)
    with pytest.raises(jsonschema.ValidationError):
        VALID.validate(spoiled)


def result(name, samples):
    rung = Rung(name, "PyTorch", "fp32", "cpu", "cpu", print)
    return Result(rung, Latency(tuple(samples), 9.0, 0), Agreement(0.0, 0.0, 1))


def test_times_faster_is_paired_with_the_first_rung():
    value = record(
        [result("base", [4.0, 8.0, 40.0]), result("fast", [2.0, 4.0, 20.0])], model={}, settings={}
    )
    assert [rung["times_faster"]["median"] for rung in value["rungs"]] == [1, 2]


LIMIT = {
    "flops": 100, "linear_flops": 90, "attention_flops": 10, "weight_bytes": {"fp32": 400},
    "peak_gflops": {"fp32": 2.0}, "bandwidth_gb_s": 10.0, "limit_ms": {"fp32": 3.0}, "how": {},
}  # fmt: skip


def test_a_rung_says_how_near_it_comes_to_the_limit_of_its_precision():
    slow, fast = result("slow", [12.0, 11.0, 30.0]), result("fast", [4.0, 4.0, 4.0])
    value = record([slow, fast], model={}, settings={}, limit=LIMIT)
    assert [rung["limit_ms"] for rung in value["rungs"]] == [3, 3]
    assert [rung["share_of_limit"] for rung in value["rungs"]] == [0.25, 0.75]
    assert record([slow], model={}, settings={})["rungs"][0]["share_of_limit"] is None


def test_on_a_gpu_the_time_on_the_device_is_what_the_limit_is_compared_with():
    rung = Rung("graph", "ONNX Runtime", "fp32", "cuda", "cuda", print)
    latency = Latency((8.0, 8.0), 9.0, 0, device_ms=(4.0, 4.0))
    one = Result(rung, latency, Agreement(0.0, 0.0, 1), "ort-fp16-graph")
    (entry,) = record([one], model={}, settings={}, limit=LIMIT)["rungs"]
    assert entry["share_of_limit"] == 0.75
    assert entry["device_ms"]["p50"] == 4
    assert entry["latency_ms"]["p50"] == 8
    assert entry["slug"] == "ort-fp16-graph"


def test_what_was_not_measured_stands_in_the_record_with_its_reason(found):
    skipped = [Skipped("torch-bf16", "PyTorch bf16", "this processor has no bf16 instructions")]
    value = record([result("base", [4.0])], model={}, settings={}, skipped=skipped)
    assert value["skipped"][0]["reason"] == "this processor has no bf16 instructions"
    VALID.validate({**found, "skipped": value["skipped"]})


def test_a_record_of_nothing_is_one_only_where_the_run_was_interrupted(found):
    VALID.validate({**found, "rungs": [], "interrupted": True})
    with pytest.raises(jsonschema.ValidationError):
        VALID.validate({**found, "rungs": [], "interrupted": False})


def test_agreement_is_over_every_window_and_not_the_last(cases, case_windows):
    shape = case_windows.input_ids.shape
    reference = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    other = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    other[1][0, 5] = -0.5  # one logit of the first window
    found = agreement(other, reference)
    assert found.max_abs_diff == 0.5
    assert found.mean_abs_diff == pytest.approx(0.5 / (2 * np.prod(shape)))
    assert found.windows == len(case_windows)
    assert found.exact_match is None


@pytest.mark.parametrize("by", ["features", "real"])
def test_what_engines_give_for_padding_does_not_count(cases, case_windows, by):
    shape, real = case_windows.input_ids.shape, case_windows.attention_mask == 1
    reference = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    other = np.where(real, 0.25, 9).astype(np.float32), np.where(real, 0, -9).astype(np.float32)
    assert not real.all()
    given = (cases, case_windows) if by == "features" else ()
    found = agreement(other, reference, *given, **({} if given else {"real": real}))
    assert (found.max_abs_diff, found.mean_abs_diff) == (0.25, 0.125)


def test_agreement_counts_questions_with_the_same_answer(cases, case_windows):
    shape = case_windows.input_ids.shape
    reference = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    other = reference[0].copy(), reference[1].copy()
    window = int(np.flatnonzero(case_windows.example_index == 0)[2])
    place = int(case_windows.first_position[window]) + 50
    other[0][window, place] = other[1][window, place] = 9
    assert agreement(other, reference, cases, case_windows).same_answers == 13 / 14


def test_two_rungs_of_one_name_are_refused(tiny, case_windows):
    rung = torch_rung(tiny.model)
    inputs = {"input_ids": case_windows.input_ids}
    with pytest.raises(InputError, match=r"^PyTorch eager: stands for two rungs"):
        compare([rung, rung], inputs, samples=1)


def counting_rung(name, calls, spoil=None):
    """A rung that writes its runs down; the first one is slow."""

    def answer(inputs):
        calls.append(name)
        if calls.count(name) == 1:
            time.sleep(0.05)
        start, end = rising(inputs), rising(inputs)
        if spoil is not None and inputs["input_ids"][0, 0] == 3:
            end[0, 0] = spoil
        return start, end

    return Rung(name, "PyTorch", "fp32", "cpu", "cpu", answer)


def numbered_windows(count):
    ids = np.arange(count)[:, None].repeat(4, axis=1)
    return {name: ids for name in ("input_ids", "attention_mask", "token_type_ids")}


def test_the_first_run_is_taken_before_anything_else_ran():
    calls = []
    rungs = [counting_rung("one", calls), counting_rung("two", calls)]
    results = compare(rungs, numbered_windows(5), samples=7, warmup=2)
    assert calls[:2] == ["one", "two"]
    assert all(result.latency.first_run_ms >= 50 for result in results)
    assert [calls.count(name) for name in ("one", "two")] == [1 + 5 + 2 + 7] * 2


def test_ctrl_c_in_mid_timing_leaves_the_rounds_that_were_finished():
    calls = []

    def answer(inputs):
        calls.append(1)
        if len(calls) == 2 * (1 + 5) + 9:  # two rungs: first runs, five windows, then four rounds
            raise KeyboardInterrupt
        return (rising(inputs),) * 2

    rungs = [Rung(name, "PyTorch", "fp32", "cpu", "cpu", answer) for name in ("one", "two")]
    results = compare(rungs, numbered_windows(5), samples=50, warmup=0)
    assert [len(one.latency.samples_ms) for one in results] == [4, 4]


def test_how_far_rungs_are_apart_is_told_of_real_tokens_alone():
    inputs = numbered_windows(5) | {"attention_mask": np.ones((5, 4), np.int64)}
    rungs = counting_rung("one", [], spoil=7.0), counting_rung("two", [])
    assert apart(*rungs, inputs) == 7.0
    inputs["attention_mask"][:, 0] = 0
    assert apart(*rungs, inputs) == 0.0


def test_a_race_is_a_comparison_as_a_record_and_prints_nothing(capfd):
    rungs = [counting_rung("one", []), counting_rung("two", [])]
    limit = {"limit_ms": {"fp32": 1e-6}}
    found = race(rungs, numbered_windows(5), samples=7, threads=2, limit=limit)
    assert [(one["name"], len(one["latency_ms"]["samples"])) for one in found["rungs"]] == [
        ("one", 7),
        ("two", 7),
    ]
    assert headline(found).startswith("embedded: batch 1, 4 tokens, 2 threads, ")
    assert found["rungs"][1]["limit_ms"] == 1e-6
    assert not found["interrupted"]
    assert capfd.readouterr() == ("", "")


def test_a_race_with_questions_scores_the_answers(tiny, cases, case_windows):
    given = case_windows.inputs(), cases, case_windows
    found = race([torch_rung(tiny.model)], *given, samples=1, threads=2)
    (rung,) = found["rungs"]
    assert rung["same_answers"] == 1.0
    assert 0 <= rung["exact_match"] <= rung["f1"] <= 100


@pytest.mark.parametrize("spoil", [float("nan"), float("inf"), float("-inf")])
def test_logits_that_are_not_finite_are_refused(spoil):
    rungs = [counting_rung("one", []), counting_rung("two", [], spoil)]
    with pytest.raises(InputError) as caught:
        compare(rungs, numbered_windows(5), samples=1, warmup=0)
    message = str(caught.value)
    assert message.startswith("two: end logits of window 3 are not finite (")
    assert "in 1 of 5 windows" in message
    assert "check the weights" in message


def test_a_rung_whose_timed_runs_compute_something_else_is_refused():
    calls = []

    def answer(inputs):
        calls.append(1)
        made = rising(inputs)
        made[0, 1] += 0.06 * (len(calls) == 1 + 5 + 2 + 3)  # in the third round that counts
        return made, made

    rungs = [counting_rung("sound", []), Rung("idle", "PyTorch", "fp32", "cpu", "cpu", answer)]
    told = {}
    results = compare(
        rungs, numbered_windows(5), samples=7, warmup=2, failed=lambda *one: told.update([one])
    )
    assert [one.rung.name for one in results] == ["sound"]
    assert re.match(
        r"idle: a timed run of window 2 gave logits that are 0.06 off .*cannot be used",
        str(told["idle"]),
    )


def test_logits_that_are_all_alike_are_refused():
    def nothing(inputs):
        return (np.full(inputs["input_ids"].shape, 2.5, np.float32),) * 2

    idle = Rung("idle", "PyTorch", "fp32", "cpu", "cpu", nothing)
    with pytest.raises(InputError, match=r"^idle: every start logit of all 5 windows is 2\.5, so"):
        compare([idle], numbered_windows(5), samples=1, warmup=0)


@pytest.mark.parametrize(("factor", "refused"), [(1.4, False), (1.6, True), (-1, True)])
def test_logits_far_from_the_reference_are_refused_before_any_is_timed(factor, refused):
    calls, told = [], {}

    def answer(inputs):
        calls.append(1)
        return rising(inputs), factor * rising(inputs)

    other = Rung("other", "PyTorch", "fp32", "cpu", "cpu", answer)
    inputs = numbered_windows(5) | {"attention_mask": np.ones((5, 4), np.int64)}
    results = compare(
        [counting_rung("one", []), other],
        inputs,
        samples=3,
        warmup=0,
        failed=lambda *one: told.update([one]),
    )
    assert [one.rung.name for one in results] == ["one", "other"][: 2 - refused]
    assert len(calls) == 1 + 5 + 3 * (not refused)
    said = "other: its end logits are .* off the reference's, which vary by 1.1 themselves"
    assert bool(re.match(said, str(told.get("other")))) == refused


def test_what_engines_give_for_padding_counts_for_nothing():
    def answer(inputs):
        spoilt = rising(inputs)
        spoilt[:, 2:] = 1e4
        return spoilt, spoilt

    mask = np.tile([1, 1, 0, 0], (5, 1))
    rungs = [counting_rung("one", []), Rung("other", "PyTorch", "fp32", "cpu", "cpu", answer)]
    results = compare(rungs, numbered_windows(5) | {"attention_mask": mask}, samples=1, warmup=0)
    assert len(results) == 2


RECORDS = sorted((PROJECT / "data" / "records").glob("*.json"))


def test_the_project_has_records():
    assert RECORDS


@pytest.mark.parametrize("path", RECORDS, ids=lambda p: p.stem)
def test_the_records_of_the_project_are_valid(path):
    VALID.validate(json.loads(path.read_text(encoding="utf-8")))


def breaking_rung(name, *, after, spoil=None):
    """A rung whose runs after so many raise what a GPU raises, or give what is not finite."""
    calls = []

    def answer(inputs):
        calls.append(1)
        shape = inputs["input_ids"].shape
        if len(calls) <= after:
            return (rising(inputs),) * 2
        if spoil is not None:
            return (np.full(shape, spoil, np.float32),) * 2
        raise RuntimeError("CUDA error: an illegal memory access was encountered\nFor debugging")

    return Rung(name, "PyTorch", "fp32", "cpu", "cpu", answer)


STAGES = {
    "first run": (0, None),
    "answers": (3, None),
    "not finite": (0, np.nan),
    "rounds": (9, None),
}


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("stage", STAGES)
def test_a_rung_that_fails_costs_itself_alone(stage, which):
    after, spoil = STAGES[stage]
    rungs = [counting_rung("sound", []), counting_rung("other", [])]
    rungs.insert(which, breaking_rung("broken", after=after, spoil=spoil))
    told = []
    results = compare(
        rungs, numbered_windows(5), samples=7, warmup=1, failed=lambda *one: told.append(one)
    )
    assert [name for name, _ in told] == ["broken"]
    assert [one.rung.name for one in results] == ["sound", "other"]
    assert [len(one.latency.samples_ms) for one in results] == [7, 7]
    assert record(results, model={}, settings={})["rungs"][0]["times_faster"]["median"] == 1


@pytest.mark.parametrize("sweep", [0, 1])
@pytest.mark.parametrize("after", [0, 20, 60])
def test_where_every_rung_fails_the_record_says_why(
    tiny_folder, tmp_path, monkeypatch, capsys, after, sweep
):
    made = [breaking_rung(name, after=after) for name in ("one", "two")]
    steps = choose("torch-eager,ort-exported", "cpu")
    monkeypatch.setattr(helpers.steps, "build", lambda *_: zip(steps, made, strict=True))
    monkeypatch.setattr(helpers.limits, "measure_peaks", lambda **_: 1 / 0)
    places = [f"--model={tiny_folder}", f"--squad={CASES}", f"--out={tmp_path}"]
    code = benchmark.main(
        [*places, "--samples=30", "--warmup=0", "--stride=64", f"--sweep={sweep}"]
    )
    found = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    VALID.validate(found)
    assert code == 1
    assert found["rungs"] == []
    assert found["limit"] is None
    assert [one["slug"] for one in found["skipped"]] == ["torch-eager", "ort-exported"]
    assert {one["reason"] for one in found["skipped"]} == {
        "failed when it ran: CUDA error: an illegal memory access was encountered"
    }
    out = capsys.readouterr().out
    assert "not run: one: failed when it ran: CUDA error" in out
    assert ("no limits: division by zero" in out) == bool(sweep)


def test_a_rung_that_fails_in_the_sweep_keeps_its_times_and_ends_no_part(
    tiny_folder, tmp_path, monkeypatch, capsys
):
    runs = 1 + 45 + 3
    made = [breaking_rung("one", after=runs), counting_rung("two", [])]
    steps = choose("torch-eager,ort-fused", "cpu")
    monkeypatch.setattr(helpers.steps, "build", lambda *_: zip(steps, made, strict=True))
    monkeypatch.setattr(helpers.limits, "measure_peaks", lambda **_: 1 / 0)
    places = [f"--model={tiny_folder}", f"--squad={CASES}", f"--out={tmp_path}"]
    code = benchmark.main([*places, "--samples=3", "--warmup=0", "--stride=64"])
    found = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    VALID.validate(found)
    assert code is None
    assert len(found["rungs"]) == 2
    assert set(found["lengths"]) == {"ort-fused"}
    assert {one["slug"] for one in found["sweep"]} == {"ort-fused"}
    assert {one["length"] for one in found["sweep"]} == {32, 64, 128, 256, 384, 512}
    assert {one["slug"] for one in found["scoring"]} == {"ort-fused"}


def test_ctrl_c_in_the_sweep_keeps_its_points(tiny_folder, tmp_path, monkeypatch):
    calls = []

    def answer(inputs):
        calls.append(1)
        if len(calls) == 200:
            raise KeyboardInterrupt
        return (rising(inputs),) * 2

    made = [Rung("one", "PyTorch", "fp32", "cpu", "cpu", answer)]
    monkeypatch.setattr(
        helpers.steps, "build", lambda *_: zip(choose("torch-eager", "cpu"), made, strict=True)
    )
    monkeypatch.setattr(helpers.limits, "measure_peaks", lambda **_: 1 / 0)
    found = run(small(tiny_folder, samples=3, warmup=0, sweep=1, rungs="torch-eager"), tmp_path)
    assert found["interrupted"]
    assert found["lengths"]["torch-eager"]["mean_real_length"] > 0
    assert len(found["sweep"]) == 36  # each of them in a round or more
    assert found["scoring"] == []
    assert json.loads((tmp_path / "record.json").read_text(encoding="utf-8")) == found
    VALID.validate(found)


def test_a_folder_leaves_its_last_component_in_the_record(found, tiny_folder):
    assert found["model"]["name"] == found["settings"]["model"] == tiny_folder.name
    assert found["model"]["source"] == tiny_folder.name
    assert str(tiny_folder.parent) not in json.dumps(found)
