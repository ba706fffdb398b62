"""An int8 BERT has int8 weights of the range asked for, and answers nearly as the fp32 one."""

import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

from helpers import quantization
from helpers.errors import InputError
from helpers.exports import BERT_ORDER, INPUT_NAMES, OUTPUT_NAMES, export_bert
from helpers.fusion import fuse_bert, fused_counts
from helpers.graphs import count_ops
from helpers.quantization import (
    Quantization,
    needs_reduce_range,
    quantize_dynamic_bert,
    quantize_static_bert,
)


@pytest.fixture(scope="module")
def files(tiny, tiny_onnx, case_windows, tmp_path_factory):
    """{name: path} of the fp32 files and what was made of them."""
    folder, config = tmp_path_factory.mktemp("int8"), tiny.model.config
    made = {name: folder / f"{name}.onnx" for name in ("whole", "apart", "dynamic", "static")}
    fuse_bert(tiny_onnx, made["whole"], config)
    fuse_bert(tiny_onnx, made["apart"], config, attention=False)
    quantize_dynamic_bert(made["whole"], made["dynamic"], reduce_range=True)
    windows = case_windows.inputs(slice(8))
    quantize_static_bert(made["apart"], made["static"], calibration=windows, reduce_range=True)
    return {**made, "exported": tiny_onnx}


def logits(path, features):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    arrays = features.inputs()
    names = zip(INPUT_NAMES, BERT_ORDER, strict=True)
    return session.run(list(OUTPUT_NAMES), {ours: arrays[berts] for ours, berts in names})


def int8_matrices(path):
    tensors = map(numpy_helper.to_array, onnx.load(path).graph.initializer)
    return [tensor for tensor in tensors if tensor.dtype == np.int8 and tensor.ndim == 2]


@pytest.mark.parametrize("kind", ["dynamic", "static"])
def test_the_answers_hardly_change(files, case_windows, kind):
    real = case_windows.attention_mask.astype(bool)
    fp32 = logits(files["exported"], case_windows)
    for found, wanted in zip(logits(files[kind], case_windows), fp32, strict=True):
        assert found.dtype == np.float32
        apart = np.abs(found - wanted)[real]
        assert 1e-4 < apart.mean() < 0.05 * np.ptp(wanted[real])  # other numbers, but close ones
        assert np.corrcoef(found[real], wanted[real])[0, 1] > 0.99


@pytest.mark.parametrize("reduce_range", [True, False])
@pytest.mark.parametrize("kind", ["dynamic", "static"])
def test_weights_have_the_bits_asked_for(files, case_windows, tmp_path, kind, reduce_range):
    out = tmp_path / "new" / "int8.onnx"
    if kind == "dynamic":
        done = quantize_dynamic_bert(files["whole"], out, reduce_range=reduce_range)
    else:
        windows = case_windows.inputs(slice(3))
        done = quantize_static_bert(
            files["apart"], out, calibration=windows, reduce_range=reduce_range
        )
    assert done == Quantization(kind, reduce_range, 3 if kind == "static" else 0)
    assert done.notes == ("weights in 7 bits (reduce_range)" if reduce_range else None)
    largest = max(np.abs(matrix.astype(int)).max() for matrix in int8_matrices(out))
    assert largest == (64 if reduce_range else 127)
    assert [path.name for path in out.parent.iterdir()] == ["int8.onnx"]


def test_two_products_of_seven_bit_weights_fit_into_16_bits():
    assert 2 * 255 * 64 < 2**15 <= 2 * 255 * 127


def test_dynamic_quantises_every_layer_and_the_embedding_table(files):
    counts = fused_counts(files["dynamic"])
    assert counts["QAttention"] == 2
    assert counts["QEmbedLayerNormalization"] == 1
    assert (counts["BiasGelu"], counts["SkipLayerNormalization"]) == (2, 4)
    assert count_ops(files["dynamic"])["MatMulInteger"] == 2 * 3 + 1
    assert "MatMul" not in count_ops(files["dynamic"])


def static_parts(files):
    """The static graph's products, and what makes each tensor."""
    graph = onnx.load(files["static"]).graph
    producers = {name: node for node in graph.node for name in node.output}
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    return [node for node in graph.node if node.op_type == "MatMul"], producers, weights


def test_static_quantises_the_products_with_weights_with_a_scale_a_channel(files):
    products, producers, weights = static_parts(files)
    assert len(products) == 2 * 6 + 1
    for product in products:
        activation, weight = (producers[name] for name in product.input)
        assert activation.op_type == weight.op_type == "DequantizeLinear"
        quantize = producers[activation.input[0]]
        assert quantize.op_type == "QuantizeLinear"
        assert weights[quantize.input[2]].dtype == np.uint8
        matrix, scale = (weights[name] for name in weight.input[:2])
        assert matrix.dtype == np.int8
        assert scale.shape == (matrix.shape[1],)


def test_static_leaves_the_rest_in_float(files):
    products, _, _ = static_parts(files)
    made = {name for node in products for name in node.output}
    graph = onnx.load(files["static"]).graph
    readers = {n.op_type for n in graph.node if made & set(n.input)}
    assert "QuantizeLinear" not in readers  # what a product gives stays float
    assert fused_counts(files["static"]) == fused_counts(files["apart"])


def test_static_scales_are_those_of_the_smallest_and_largest_value_seen(files, case_windows):
    products, producers, weights = static_parts(files)
    quantize = producers[producers[products[0].input[0]].input[0]]
    name, scale, zero = quantize.input
    model = onnx.load(files["apart"])
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    arrays = case_windows.inputs(slice(8))  # those that the file was calibrated on
    feed = {ours: arrays[berts] for ours, berts in zip(INPUT_NAMES, BERT_ORDER, strict=True)}
    (seen,) = session.run([name], feed)
    assert weights[scale] == pytest.approx((seen.max() - seen.min()) / 255, rel=1e-3)
    assert weights[zero] == pytest.approx(-seen.min() / weights[scale], abs=1)


def test_an_old_opset_is_raised_and_a_newer_one_stays(tiny, files, case_windows, tmp_path):
    def opset(path):
        return {e.domain: e.version for e in onnx.load(path).opset_import}[""]

    assert (opset(files["apart"]), opset(files["static"])) == (11, 13)
    export_bert(tiny.model, tmp_path / "17.onnx", opset=17, length=16)
    out = tmp_path / "17-int8.onnx"
    quantize_static_bert(tmp_path / "17.onnx", out, calibration=case_windows.inputs(slice(1)))
    assert opset(out) == 17
    onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])


def test_nothing_is_printed(files, case_windows, tmp_path, capfd, caplog):
    quantize_dynamic_bert(files["whole"], tmp_path / "d.onnx")
    windows = case_windows.inputs(slice(1))
    quantize_static_bert(files["apart"], tmp_path / "s.onnx", calibration=windows)
    assert capfd.readouterr() == ("", "")
    assert [r.message for r in caplog.records if r.levelname in ("WARNING", "ERROR")] == []


# --- this machine -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("machine", "features", "needed"),
    [
        ("x86_64", ("avx2", "fma"), True),
        ("x86_64", (), True),  # a system that does not tell: the safe side
        ("AMD64", ("avx2", "avx512f"), True),
        ("x86_64", ("avx2", "avx512f", "avx512_vnni"), False),
        ("x86_64", ("avx2", "avx_vnni"), False),
        ("x86_64", ("amx_int8",), False),
        ("aarch64", ("asimd", "asimddp"), False),
        ("arm64", (), False),
    ],
)
def test_who_needs_a_reduced_range(monkeypatch, machine, features, needed):
    monkeypatch.setattr(quantization.platform, "machine", lambda: machine)
    monkeypatch.setattr(quantization, "processor_features", lambda: features)
    assert needs_reduce_range() is needed


@pytest.mark.parametrize("needed", [True, False])
def test_by_default_the_range_is_what_this_machine_needs(
    files, case_windows, tmp_path, monkeypatch, needed
):
    monkeypatch.setattr(quantization, "needs_reduce_range", lambda: needed)
    dynamic = quantize_dynamic_bert(files["whole"], tmp_path / "d.onnx")
    windows = case_windows.inputs(slice(1))
    static = quantize_static_bert(files["apart"], tmp_path / "s.onnx", calibration=windows)
    assert (dynamic.reduce_range, static.reduce_range) == (needed, needed)


# --- bad input --------------------------------------------------------------------------------


def test_windows_that_cannot_be_used_are_told(files, case_windows, tmp_path):
    whole = case_windows.inputs(slice(2))
    none = case_windows.inputs(slice(0))
    part = {name: whole[name] for name in ("input_ids", "token_type_ids")}
    for calibration, told in ((none, "0 windows"), (part, r"missing are \['attention_mask'\]")):
        with pytest.raises(InputError, match=rf"{told}.*; give at least one window of input_ids, "):
            quantize_static_bert(files["apart"], tmp_path / "s.onnx", calibration=calibration)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_model_is_told(case_windows, tmp_path):
    windows = case_windows.inputs(slice(1))
    with pytest.raises(InputError, match=r"none\.onnx: no such file; export a model"):
        quantize_dynamic_bert(tmp_path / "none.onnx", tmp_path / "d.onnx")
    with pytest.raises(InputError, match=r"none\.onnx: no such file; export a model"):
        quantize_static_bert(tmp_path / "none.onnx", tmp_path / "s.onnx", calibration=windows)
    assert list(tmp_path.iterdir()) == []


def test_what_is_made_on_the_way_lies_beside_the_result_and_goes(
    files, case_windows, tmp_path, monkeypatch
):
    system, seen = tmp_path / "system", []
    system.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(system))
    make = tempfile.mkdtemp

    def watched(*args, **options):
        seen.append(make(*args, **options))
        return seen[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", watched)
    given = case_windows.inputs(slice(1))
    quantize_static_bert(files["apart"], tmp_path / "out" / "int8.onnx", calibration=given)
    assert any("ort.quant" in folder for folder in seen)
    assert all(Path(folder).is_relative_to(tmp_path / "out") for folder in seen)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["int8.onnx"]
    assert (list(system.iterdir()), tempfile.tempdir) == ([], str(system))
