"""The table of a record of schema 2: limits, device times, remarks, and what was not run."""

import re

import pytest
from ladder_records import bare_record, cpu_ladder, gpu_ladder

from helpers.display import table


def test_a_ladder_has_a_block_of_limits_between_speed_and_scores():
    speed, near, right = table(cpu_ladder()["rungs"]).split("\n\n")
    head, *lines = near.splitlines()
    assert head.split() == ["build", "s", "limit", "of", "the", "limit", "while", "busy"]
    assert lines[-1].split() == ["OpenVINO", "int8", "1.2", "83.40", "62%", "4%"]
    assert len(speed.splitlines()) == len(near.splitlines()) == len(right.splitlines()) == 13


def test_a_ladder_on_a_gpu_tells_device_times_apart():
    _, near, _ = table(gpu_ladder()["rungs"]).split("\n\n")
    head, *lines = near.splitlines()
    assert "device p50  device p99" in head
    assert lines[-2].split()[-6:] == ["1.2", "0.91", "0.99", "0.14", "15%", "4%"]


def test_remarks_are_footnotes_and_equal_ones_share_a_number():
    rungs = cpu_ladder()["rungs"]
    for i in (7, 8):
        rungs[i]["calibrated_on"] = "100 windows"
    rungs[8]["notes"] = "weights in 7 bits"
    speed, *_, notes = table(rungs).split("\n\n")
    assert notes == "[1] calibrated on 100 windows\n[2] weights in 7 bits"
    assert "ONNX Runtime int8 dynamic [1]  " in speed
    assert "ONNX Runtime int8 static [1] [2]  " in speed
    assert "OpenVINO int8  " in speed


def test_rungs_that_were_not_run_stand_last_with_their_reason():
    skipped = [{"slug": "a", "name": "OpenVINO", "reason": "not installed"}]
    text = table(cpu_ladder()["rungs"], skipped=skipped)
    assert text.split("\n\n")[-1] == "not run: OpenVINO: not installed"


@pytest.mark.parametrize("provider", ["CUDAExecutionProvider", "TensorrtExecutionProvider"])
def test_the_table_fits_in_120_columns(provider):
    rungs = gpu_ladder(trained=True)["rungs"]
    for one in rungs:
        one.update(calibrated_on="windows " * 30, notes="note " * 40, provider=provider)
        one["name"] += ", IO binding" if "graph" in one["name"] else ""
    skipped = [{"slug": "a", "name": "OpenVINO", "reason": "word " * 50}]
    lines = table(rungs, skipped=skipped).splitlines()
    assert max(map(len, lines)) <= 120
    assert max(map(len, lines)) > 110


def test_rungs_with_times_and_scores_alone_have_two_blocks():
    rungs = bare_record()["rungs"]
    assert len(table(rungs).split("\n\n")) == 2
    assert re.search(r"^ONNX Runtime as exported +fp32 +CPUExecutionProvider ", table(rungs), re.M)


def test_columns_that_are_not_wanted_are_left_out_and_the_others_stay():
    rungs = cpu_ladder()["rungs"]
    speed, near, right = table(rungs, without=["first", "build s", "provider", "F1"]).split("\n\n")
    heads = [block.splitlines()[0].split() for block in (speed, near, right)]
    assert heads[0] == ["precision", "p50", "p90", "p99", "times", "faster"]
    assert heads[1][0] == "limit"
    assert heads[2][:2] == ["EM", "same"]
    assert near.splitlines()[-1].split() == ["OpenVINO", "int8", "83.40", "62%", "4%"]


def test_a_block_without_columns_is_left_out():
    rungs = [{**one, "build_ms": 12.0} for one in bare_record()["rungs"]]
    assert len(table(rungs).split("\n\n")) == 3
    assert len(table(rungs, without=["build s"]).split("\n\n")) == 2
