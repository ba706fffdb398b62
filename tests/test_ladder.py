"""The ladder: which rungs a setting names, and what becomes of those that cannot be had."""

import json

import pytest
import torch

from helpers.apart import apart
from helpers.errors import InputError
from helpers.files import sha256
from helpers.fusion import FusionError
from helpers.ladder import LADDER, QUICK, choose
from helpers.model_files import ModelFiles
from helpers.models import load
from helpers.records import Skipped
from helpers.rungs import Rung, all_logits
from helpers.steps import Kit, Step, build

CPU = [step.slug for step in LADDER if step.device in ("any", "cpu")]
CUDA = [step.slug for step in LADDER if step.device in ("any", "cuda")]


def slugs(names, device="cpu"):
    return [step.slug for step in choose(names, device)]


@pytest.fixture(scope="module")
def kit(tiny, case_windows, tmp_path_factory):
    inputs = case_windows.inputs()
    files = ModelFiles(
        tiny.model, name="tiny", folder=tmp_path_factory.mktemp("ladder"), calibration=inputs
    )
    return Kit(files, device="cpu", threads=1, length=128, calibrated_on="the cases")


def test_every_rung_has_a_name_and_a_slug_of_its_own():
    assert len({step.slug for step in LADDER}) == len({step.name for step in LADDER}) == 20
    assert {step.device for step in LADDER} == {"any", "cpu", "cuda"}
    assert set(QUICK) <= set(CPU)


def test_all_is_every_rung_of_the_device_in_the_ladders_order():
    assert slugs("all") == CPU
    assert slugs("all", "cuda") == CUDA
    assert CPU[0] == CUDA[0] == "torch-eager"
    assert (len(CPU), len(CUDA)) == (13, 10)
    assert slugs("quick") == list(QUICK)


def test_named_rungs_come_once_each_and_in_the_ladders_order():
    assert slugs("ort-fused, torch-eager,ort-fused") == ["torch-eager", "ort-fused"]


@pytest.mark.parametrize(
    ("names", "device", "told"),
    [
        ("ort-turbo", "cpu", r"^RUNGS=ort-turbo: no such rung; use all, quick, or some of torch-"),
        ("all,ort-fused", "cpu", r"^RUNGS=all: no such rung"),
        ("ort-fp16", "cpu", r"^RUNGS=ort-fp16: runs on cuda alone; with DEVICE=cpu use"),
        ("openvino-int8", "cuda", r"^RUNGS=openvino-int8: runs on cpu alone"),
        ("", "cpu", r"^RUNGS=: names no rung"),
    ],
)
def test_names_that_name_nothing_here_are_refused(names, device, told):
    with pytest.raises(InputError, match=told):
        choose(names, device)


def test_the_quick_rungs_are_built_and_agree(kit, case_windows):
    built = dict(build(choose("quick", "cpu"), kit))
    assert all(isinstance(made, Rung) for made in built.values())
    assert [(s.slug, made.name, made.precision) for s, made in built.items()] == [
        ("torch-eager", "PyTorch eager", "fp32"),
        ("ort-exported", "ONNX Runtime as exported", "fp32"),
        ("ort-fused", "ONNX Runtime fused", "fp32"),
        ("ort-int8-dynamic", "ONNX Runtime dynamic int8", "int8"),
    ]
    inputs = case_windows.inputs(slice(4))
    reference, *others = (all_logits(made, inputs) for made in built.values())
    real = inputs["attention_mask"].astype(bool)
    apart = [
        max(abs(a - b)[real].max() for a, b in zip(reference, other, strict=True))
        for other in others
    ]
    spread = reference[0][real].std()
    assert max(apart[:2]) < 1e-4
    assert 1e-4 < apart[2] < spread  # int8 rounds, and does not spoil


def test_a_rung_that_cannot_run_here_is_listed_with_its_reason(kit):
    never = Step("x", "X", "cpu", make=lambda kit: pytest.fail("built"), needs=lambda kit: "no X")
    assert [made for _, made in build([never], kit)] == [Skipped("x", "X", "no X")]


@pytest.mark.parametrize("error", [InputError, FusionError, RuntimeError])
def test_a_rung_that_fails_to_build_is_listed_and_the_rest_is_built(kit, error):
    def fail(kit):
        raise error("no such luck; try another")

    (_, first), (_, second) = build([Step("x", "X", "cpu", fail), LADDER[0]], kit)
    assert first == Skipped("x", "X", "no such luck; try another")
    assert isinstance(second, Rung)


def test_a_rung_on_another_provider_than_asked_for_is_refused(kit):
    def lie(kit):
        return Rung(
            "X", "ONNX Runtime", "fp32", "CUDAExecutionProvider", "CPUExecutionProvider", id
        )

    ((_, made),) = build([Step("x", "X", "cuda", lie)], kit)
    assert isinstance(made, Skipped)
    assert "asked for CUDAExecutionProvider but runs on CPUExecutionProvider" in made.reason


def test_a_model_that_cannot_be_fused_keeps_its_other_rungs(
    tiny_folder, case_windows, tmp_path, tmp_path_factory
):
    from builders import copy_folder, write

    folder = copy_folder(tiny_folder, tmp_path / "relu")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    write(folder / "config.json", {**config, "hidden_act": "relu"})
    files = ModelFiles(
        load(str(folder)).model,
        name="relu",
        folder=tmp_path_factory.mktemp("relu"),
        calibration=case_windows.inputs(),
    )
    steps = choose("torch-eager,ort-exported,ort-fused,ort-int8-dynamic,ort-int8-static", "cpu")
    built = dict(build(steps, Kit(files, "cpu", 1, 128, "the cases")))
    found = {step.slug: type(made).__name__ for step, made in built.items()}
    assert found == {
        "torch-eager": "Rung",
        "ort-exported": "Rung",
        "ort-fused": "Skipped",
        "ort-int8-dynamic": "Skipped",
        "ort-int8-static": "Skipped",
    }
    reason = next(made.reason for made in built.values() if isinstance(made, Skipped))
    assert "BiasGelu" in reason


def test_files_are_made_once(kit, monkeypatch):
    first = kit.files.exported
    made = first.stat().st_mtime_ns
    again = ModelFiles(
        kit.files.model, name="tiny", folder=first.parent, calibration=kit.files.calibration
    )
    monkeypatch.setattr(torch.onnx, "export", lambda *a, **k: pytest.fail("exported again"))
    assert again.exported == first
    assert first.stat().st_mtime_ns == made


def test_a_big_model_s_files_are_made_in_another_process_and_are_the_same(
    kit, tmp_path, monkeypatch
):
    small = kit.files.int8_static
    monkeypatch.setattr("helpers.model_files._BIG", 0)
    made_in = []
    monkeypatch.setattr(
        "helpers.model_files.apart", lambda *work: made_in.append(work[0].func) or apart(*work)
    )
    big = ModelFiles(
        kit.files.model, name="tiny", folder=tmp_path, calibration=kit.files.calibration
    )
    assert big.int8_static.name == small.name
    assert sha256(big.int8_static) == sha256(small)
    assert [made.__name__ for made in made_in] == ["_fuse", "quantize_static_bert"]


def test_other_weights_are_another_file(kit, tiny_folder):
    other = load(str(tiny_folder)).model
    with torch.no_grad():
        other.qa_outputs.bias += 1
    files = ModelFiles(other, name="tiny", folder=kit.files.folder, calibration={})
    assert files.exported != kit.files.exported
