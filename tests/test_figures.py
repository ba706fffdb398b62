"""What the project set out to reach, held to the records that it ships."""

import json

import pytest

from helpers.files import PROJECT
from helpers.ratios import paired_ratio


def rungs_of(name):
    """{slug: rung} of a shipped record."""
    path = PROJECT / "data" / "records" / f"{name}.json"
    return {rung["slug"]: rung for rung in json.loads(path.read_text("utf-8"))["rungs"]}


def best(rungs, engine):
    return max(
        (rung for rung in rungs.values() if rung["engine"] == engine),
        key=lambda rung: rung["times_faster"]["median"],
    )


@pytest.fixture(scope="module")
def cpu():
    return rungs_of("epyc-zen4-bert-large-random")


@pytest.fixture(scope="module")
def gpu():
    return rungs_of("h200-bert-large-random")


def test_on_a_cpu_the_best_rung_is_five_times_as_fast_as_eager_and_near_the_limit(cpu):
    fastest = max(cpu.values(), key=lambda rung: rung["times_faster"]["median"])
    assert fastest["times_faster"]["median"] >= 5
    assert fastest["precision"] == "int8"
    assert fastest["share_of_limit"] >= 0.65


def test_on_a_cpu_the_best_rung_of_onnx_runtime_is_four_times_as_fast_as_eager(cpu):
    assert best(cpu, "ONNX Runtime")["times_faster"]["median"] >= 4


@pytest.mark.parametrize("name", ["epyc-zen4-embedded", "epyc-zen3-embedded"])
def test_int8_loses_a_point_of_f1_at_most(name):
    rungs = rungs_of(name)
    lost = {
        slug: rungs["torch-eager"]["f1"] - rung["f1"]
        for slug, rung in rungs.items()
        if rung["precision"] == "int8"
    }
    assert len(lost) >= 3
    assert max(lost.values()) <= 1


def test_on_a_gpu_the_best_rung_of_onnx_runtime_is_six_times_as_fast_as_eager(gpu):
    fastest = best(gpu, "ONNX Runtime")
    assert fastest["times_faster"]["median"] >= 6
    compiled, ours = (
        rung["latency_ms"]["samples"] for rung in (gpu["torch-compiled-fp16"], fastest)
    )
    assert len(ours) >= 500
    assert paired_ratio(compiled, ours)[0] >= 1.3


def test_a_gpu_that_takes_more_than_a_millisecond_is_explained_kernel_by_kernel(gpu):
    if best(gpu, "ONNX Runtime")["device_ms"]["p50"] <= 1.0:
        return
    text = (PROJECT / "data" / "records" / "h200-kernels.json").read_text("utf-8")
    explained = {one["slug"]: one for one in json.loads(text)["kernels"]}
    assert explained.keys() == gpu.keys()
    graph = explained["ort-fp16-graph"]
    assert sum(kernel["ms"] for kernel in graph["kernels"]) >= graph["busy_ms"] * 0.99


def test_sorted_batches_score_a_file_twice_as_fast_as_padded_windows_one_by_one():
    path = PROJECT / "data" / "records" / "epyc-zen4-embedded.json"
    scoring = json.loads(path.read_text("utf-8"))["scoring"]
    usual = [way for way in scoring if way["length"] == 384]
    padded, in_batches = (
        {way["slug"]: way["seconds"] for way in usual if way["how"] == how}
        for how in ("one by one, padded", "sorted batches, real lengths")
    )
    assert padded.keys() == in_batches.keys() and "ort-fused" in padded
    assert min(padded[slug] / in_batches[slug] for slug in padded) >= 2
