"""The project's records are found by name, and only by name."""

import json

import pytest

from helpers.errors import InputError
from helpers.recorded import RECORDS, article_ms, machine_name, medians, recorded, rung_of

NAMES = sorted(path.stem for path in RECORDS.glob("*.json"))


MADE = {"a": "2026-11-01T10:00:00+00:00", "b": "2026-11-02T10:00:00+00:00"}


@pytest.fixture
def folder(tmp_path):
    """Two records of two rungs each, cut from one of the project's."""
    record = json.loads((RECORDS / "h200-embedded.json").read_text(encoding="utf-8"))
    eager, fused = (rung_of(record, slug) for slug in ("torch-eager", "ort-fused"))
    eager["latency_ms"]["p50"], eager["device_ms"]["p50"] = 12.0, 11.5
    fused["latency_ms"]["p50"], fused["device_ms"] = 4.0, None
    skipped = {"slug": "ort-tensorrt", "name": "TensorRT", "reason": "TensorRT is not installed"}
    for name in ("b", "a"):
        record.update(made=MADE[name], rungs=[eager, fused], skipped=[skipped])
        (tmp_path / f"{name}.json").write_text(json.dumps(record), encoding="utf-8")
    return tmp_path


def test_a_record_is_found_by_its_name_whatever_else_lies_there(folder):
    assert recorded("b", folder)["made"] == MADE["b"]


def test_a_record_that_is_not_there_is_refused_with_those_that_are(folder):
    with pytest.raises(InputError, match=r"^c: no such record .*there are: a, b\."):
        recorded("c", folder)
    with pytest.raises(InputError, match="there are: none"):
        recorded("c", folder / "empty")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda one: one.pop("skipped"), r"\$ is not as the schema says \('skipped' is a required"),
        (lambda one: one["rungs"][1].update(slug=5), r"\$\.rungs\[1\]\.slug is not as"),
        (
            lambda one: one["rungs"][0]["latency_ms"].update(p50="fast"),
            r"\$\.rungs\[0\]\.latency_ms",
        ),
    ],
)
def test_a_record_that_is_none_is_refused_with_the_place(folder, spoil, told):
    record = recorded("a", folder)
    spoil(record)
    (folder / "a.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(InputError, match=rf"a\.json: no record, {told}.*make bench"):
        recorded("a", folder)


@pytest.mark.parametrize("p50", ["0", "NaN", "Infinity", "1e308", "1e999", "1e-320", "-5"])
def test_a_time_that_none_can_be_is_refused(folder, p50):
    text = (folder / "a.json").read_text(encoding="utf-8")
    assert '"p50": 12.0' in text
    (folder / "a.json").write_text(text.replace('"p50": 12.0', f'"p50": {p50}'), encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.json: (no record|not JSON).*make bench"):
        recorded("a", folder)


def test_a_text_that_would_fill_a_chart_is_refused(folder):
    record = recorded("a", folder)
    record["machine"]["cpu"] = "x" * 1001
    (folder / "a.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(InputError, match="no text, time or amount of a benchmark"):
        recorded("a", folder)


def test_a_rung_is_found_by_its_short_name(folder):
    assert rung_of(recorded("a", folder), "ort-fused")["latency_ms"]["p50"] == 4.0


def test_a_rung_that_was_not_measured_is_refused_with_the_reason(folder):
    record = recorded("a", folder)
    with pytest.raises(InputError, match=r"ort-tensorrt: .*\(TensorRT is not installed\)"):
        rung_of(record, "ort-tensorrt")
    with pytest.raises(InputError, match="x: not measured in this record; there are: torch-eager"):
        rung_of(record, "x")


def test_medians_are_those_of_the_record(folder):
    record = recorded("a", folder)
    assert medians(record) == {"torch-eager": 12.0, "ort-fused": 4.0}
    assert medians(record, "device_ms") == {"torch-eager": 11.5}


@pytest.mark.parametrize("name", NAMES)
def test_each_record_of_the_project_can_be_read_by_name(name):
    record = recorded(name)
    assert list(medians(record)) == [rung["slug"] for rung in record["rungs"]]
    on_gpu = record["settings"]["device"] == "cuda"
    assert bool(medians(record, "device_ms")) == on_gpu


def test_a_machine_is_called_by_its_gpu_where_it_has_one():
    assert machine_name({"machine": {"gpu": None, "cpu": "AMD EPYC"}}) == "AMD EPYC"
    assert machine_name({"machine": {"gpu": "NVIDIA H200", "cpu": "Intel"}}) == "NVIDIA H200"


def test_the_articles_figures_are_two_engines_in_milliseconds():
    assert article_ms() == {"PyTorch": 12.33, "ONNX Runtime": 7.05}
