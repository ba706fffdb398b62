"""The rungs of ONNX Runtime: fed from main memory, or with inputs and outputs bound."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from helpers.errors import InputError
from helpers.exports import INPUT_NAMES, OUTPUT_NAMES
from helpers.rungs import all_logits, bound_rung, onnxruntime_rung, torch_rung

no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
gpu_build = pytest.mark.skipif(
    "CUDAExecutionProvider" not in onnxruntime.get_available_providers(),
    reason="this onnxruntime was built for CPUs alone",
)

FLOAT32 = 1e-4
"""What logits of some units may differ by where only the order of float32 sums differs."""


def bound_on_cpu(path, **how):
    return bound_rung(path, device="cpu", **how)


both = pytest.mark.parametrize("make", [onnxruntime_rung, bound_on_cpu])


@pytest.fixture(scope="module")
def cast_onnx(tiny_onnx, tmp_path_factory):
    """The tiny BERT with int32 inputs and float16 outputs, as files for a GPU have them."""
    model = onnx.load(tiny_onnx)
    graph = model.graph
    kinds = [(graph.input, onnx.TensorProto.INT32), (graph.output, onnx.TensorProto.FLOAT16)]
    for values, kind in kinds:
        for value in values:
            inner, outer = f"{value.name}_inner", value.name
            inward = values is graph.input
            for node in graph.node:
                names = node.input if inward else node.output
                names[:] = [inner if name == outer else name for name in names]
            ends = (outer, inner) if inward else (inner, outer)
            to = onnx.TensorProto.INT64 if inward else kind
            cast = onnx.helper.make_node("Cast", [ends[0]], [ends[1]], to=to)
            graph.node.insert(0 if inward else len(graph.node), cast)
            value.type.tensor_type.elem_type = kind
    onnx.checker.check_model(model)
    path = tmp_path_factory.mktemp("casts") / "casts.onnx"
    onnx.save(model, path)
    return path


def pieces(case_windows):
    """Windows as they come, real lengths alone, and several at once."""
    whole = case_windows.inputs()
    shortest = np.argsort(whole["attention_mask"].sum(axis=1))[[0, 1, -1]]
    inputs = {name: array[shortest] for name, array in whole.items()}
    real = int(inputs["attention_mask"][0].sum())
    assert real < 128
    yield {name: array[:1] for name, array in inputs.items()}
    yield {name: array[:1, :real] for name, array in inputs.items()}
    yield inputs


@both
def test_logits_are_those_of_pytorch_at_any_batch_and_length(tiny, tiny_onnx, case_windows, make):
    rung, reference = make(tiny_onnx, name="rung", threads=1), torch_rung(tiny.model)
    assert rung.provider == "CPUExecutionProvider"
    assert rung.build_ms > 0
    assert rung.device_run_ms is None  # there is no device apart
    for inputs in pieces(case_windows):
        for ours, theirs in zip(rung.run(inputs), reference.run(inputs), strict=True):
            assert ours.dtype == np.float32
            np.testing.assert_allclose(ours, theirs, atol=FLOAT32, rtol=0)


@both
def test_int32_inputs_and_float16_outputs_are_read_from_the_file(
    tiny, cast_onnx, case_windows, make
):
    kinds = {value.type for value in onnxruntime.InferenceSession(cast_onnx).get_inputs()}
    assert kinds == {"tensor(int32)"}
    rung, reference = make(cast_onnx, name="cast"), torch_rung(tiny.model)
    for inputs in pieces(case_windows):
        for ours, theirs in zip(rung.run(inputs), reference.run(inputs), strict=True):
            assert ours.dtype == np.float32
            # one rounding to float16: half of its last bit, 2^-11 of the number
            np.testing.assert_allclose(ours, theirs, atol=FLOAT32, rtol=2.0**-11)
            assert not np.array_equal(ours, theirs)


def test_a_result_is_not_overwritten_by_the_next_run(tiny_onnx, case_windows):
    rung = bound_on_cpu(tiny_onnx, name="bound", length=128)
    first, second = (case_windows.inputs(slice(i, i + 1)) for i in (0, 1))
    start, _ = rung.run(first)
    kept = start.copy()
    other, _ = rung.run(second)
    assert np.array_equal(start, kept)
    assert not np.array_equal(other, kept)


def test_every_window_one_by_one_is_the_same_bound_or_not(tiny_onnx, case_windows):
    inputs = case_windows.inputs(slice(6))
    made = [make(tiny_onnx, name="rung", threads=1) for make in (onnxruntime_rung, bound_on_cpu)]
    ours, theirs = (all_logits(rung, inputs) for rung in made)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_is_told_of_a_rung_stands_in_it(tiny_onnx):
    told = {"precision": "int8", "calibrated_on": "64 windows", "notes": "weights in 7 bits"}
    rung = onnxruntime_rung(tiny_onnx, name="int8", **told)
    assert {name: getattr(rung, name) for name in told} == told
    bound = bound_on_cpu(tiny_onnx, name="b", precision="fp16", notes="n")
    assert (bound.precision, bound.notes) == ("fp16", "n")


@both
def test_a_file_with_other_inputs_is_refused(tmp_path, make):
    floats = onnx.helper.make_tensor_value_info("pixels", onnx.TensorProto.FLOAT, [1])
    out = onnx.helper.make_tensor_value_info("start", onnx.TensorProto.FLOAT, [1])
    node = onnx.helper.make_node("Relu", ["pixels"], ["start"])
    graph = onnx.helper.make_graph([node], "g", [floats], [out])
    path = tmp_path / "pixels.onnx"
    versions = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, ir_version=8, opset_imports=versions), path)
    with pytest.raises(InputError) as caught:
        make(path, name="pixels")
    assert str(caught.value) == (
        f"{path}: takes pixels (float32); give a file with the inputs {', '.join(INPUT_NAMES)}, "
        "int64 or int32"
    )
    assert OUTPUT_NAMES[0] == "start"


@pytest.mark.parametrize("device", ["cpu", "tensorrt"])
def test_a_cuda_graph_needs_cuda(tiny_onnx, device):
    with pytest.raises(InputError, match=rf"^graph=True, device='{device}': a CUDA graph needs"):
        bound_rung(tiny_onnx, name="graph", device=device, graph=True)


@no_gpu
@gpu_build
@pytest.mark.parametrize("graph", [False, True])
def test_binding_to_a_gpu_that_is_not_there_is_refused(tiny_onnx, graph):
    with pytest.raises(InputError, match=r"^device='cuda': CUDAExecutionProvider is not to be had"):
        bound_rung(tiny_onnx, name="bound", device="cuda", graph=graph)


@no_gpu
@gpu_build
def test_tensorrt_says_what_it_lacks_and_leaves_nothing_behind(tiny_onnx):
    before = sorted(tiny_onnx.parent.iterdir())
    with pytest.raises(InputError) as caught:
        onnxruntime_rung(tiny_onnx, name="TensorRT", device="tensorrt", precision="fp16")
    assert "TensorrtExecutionProvider is not to be had" in str(caught.value)
    assert "TensorRT 10" in str(caught.value)
    assert sorted(tiny_onnx.parent.iterdir()) == before


@pytest.mark.parametrize(("precision", "told"), [("fp16", "1"), ("fp32", "0")])
def test_tensorrt_keeps_its_engines_beside_the_file(tiny_onnx, monkeypatch, precision, told):
    asked = {}

    def refuse(path, **how):
        asked.update(how)
        raise InputError("enough")

    monkeypatch.setattr("helpers.rungs.onnx_runtime.rung_session", refuse)
    with pytest.raises(InputError, match="enough"):
        onnxruntime_rung(tiny_onnx, name="t", device="tensorrt", precision=precision)
    folder = str(tiny_onnx.parent.resolve() / "tensorrt")
    assert asked["device"] == "tensorrt"
    assert asked["provider_options"] == {
        "trt_fp16_enable": told,
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": folder,
        "trt_timing_cache_enable": "1",
        "trt_timing_cache_path": folder,
    }
