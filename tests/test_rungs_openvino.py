"""The rungs of OpenVINO: the exported file as it is, and in int8 by NNCF, with no word sent out."""

import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import onnx
import pytest

from helpers.errors import InputError
from helpers.quantization import quantize_dynamic_bert
from helpers.rungs import all_logits, openvino_lacks, openvino_needs, openvino_rung, torch_rung
from helpers.settings import SQUAD_MINI
from helpers.squad import answers, featurize, read_squad, score

pytest.importorskip("openvino")

FLOAT32 = 1e-4
"""What logits of some units may differ by where only the order of float32 sums differs."""

QUANTISE = """
import json, os, sys

def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        with open(sys.argv[4], "a") as seen:
            seen.write(f"{event} {args[1:] if event == 'socket.connect' else args[:1]}\\n")

sys.addaudithook(watch)
import numpy
from helpers.rungs import openvino_int8
openvino_int8(sys.argv[1], sys.argv[2], dict(numpy.load(sys.argv[3])))
print(json.dumps([name for name in os.environ if name in ("CI", "NNCF_CI")]))
"""
"""Quantises in a process of its own: NNCF holds its tongue by itself wherever pytest is loaded."""


@pytest.fixture(scope="module")
def asked(shipped, shipped_onnx):
    """The shipped model, its .onnx file, its questions, and their windows."""
    examples = read_squad(SQUAD_MINI)
    return shipped, shipped_onnx, examples, featurize(examples, shipped.tokenizer)


@pytest.fixture(scope="module")
def quantised(asked, tmp_path_factory):
    """The int8 file, and what the process that made it said and did."""
    pytest.importorskip("nncf")
    _, path, _, features = asked
    folder = tmp_path_factory.mktemp("openvino")
    home = folder / "home"
    home.mkdir()
    chosen = np.linspace(0, len(features) - 1, 64).astype(int)  # as `make bench` does
    np.savez(folder / "windows.npz", **{n: a[chosen] for n, a in features.inputs().items()})
    files = [path, folder / "int8.zip", folder / "windows.npz", folder / "seen"]
    away = {"CI", "NNCF_CI", "TF_BUILD", "JENKINS_URL"}
    kept = {name: value for name, value in os.environ.items() if name not in away}
    done = subprocess.run(
        [sys.executable, "-c", QUANTISE, *map(str, files)],
        env={**kept, "HOME": str(home), "ORT_DISABLE_TELEMETRY": "1"},  # ONNX Runtime has its own
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return files[1], done.stdout, files[3], home


def windows(asked, batch, length):
    inputs = asked[3].inputs(slice(40, 40 + batch))
    return {name: np.ascontiguousarray(array[:, :length]) for name, array in inputs.items()}


@pytest.mark.parametrize("shape", [(1, 128), (1, 37), (3, 64)])
def test_the_exported_file_gives_the_same_logits(asked, shape):
    rung = openvino_rung(asked[1], name="OpenVINO", threads=2)
    assert (rung.engine, rung.precision, rung.provider) == ("OpenVINO", "fp32", "CPU")
    assert rung.build_ms > 0
    inputs = windows(asked, *shape)
    for ours, theirs in zip(rung.run(inputs), torch_rung(asked[0].model).run(inputs), strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, theirs, atol=FLOAT32, rtol=0)


def test_a_tiny_model_gives_the_same_logits_for_every_window(tiny, tiny_onnx, case_windows):
    inputs = case_windows.inputs()
    rungs = torch_rung(tiny.model), openvino_rung(tiny_onnx, name="OpenVINO", length=128)
    for ours, theirs in zip(*(all_logits(rung, inputs) for rung in rungs), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=FLOAT32, rtol=0)


def test_results_are_not_overwritten_by_the_next_run(asked):
    rung = openvino_rung(asked[1], name="OpenVINO")
    start, _ = rung.run(windows(asked, 1, 128))
    kept = start.copy()
    rung.run(windows(asked, 1, 128) | {"attention_mask": np.ones((1, 128), np.int64)})
    np.testing.assert_array_equal(start, kept)


def test_fixed_shapes_take_no_others(asked):
    rung = openvino_rung(asked[1], name="OpenVINO", length=64)
    assert rung.run(windows(asked, 1, 64))[0].shape == (1, 64)
    with pytest.raises(InputError, match=r"^OpenVINO: inputs of \[2, 64\], but its shapes are fix"):
        rung.run(windows(asked, 2, 64))


def test_int8_loses_at_most_one_point(asked, quantised):
    _, path, examples, features = asked
    told = "64 windows"
    int8 = openvino_rung(quantised[0], name="int8", precision="int8", calibrated_on=told)
    assert (int8.precision, int8.calibrated_on) == ("int8", told)
    found = {}
    for rung in (openvino_rung(path, name="fp32"), int8):
        parts = [rung.run(features.inputs(slice(i, i + 64))) for i in range(0, len(features), 64)]
        found[rung.name] = tuple(np.concatenate(logits) for logits in zip(*parts, strict=True))
    f1 = {
        name: score(examples, answers(examples, features, *pair))["f1"]
        for name, pair in found.items()
    }
    assert f1["int8"] >= f1["fp32"] - 1
    assert not np.allclose(found["int8"][0], found["fp32"][0], atol=0.01)  # it is another model
    assert int8.run(windows(asked, 3, 64))[1].shape == (3, 64)


def test_the_int8_file_is_one_and_holds_openvinos_two(asked, quantised):
    with zipfile.ZipFile(quantised[0]) as parts:
        assert parts.namelist() == ["model.xml", "model.bin"]
    assert quantised[0].stat().st_size < asked[1].stat().st_size / 2


def test_quantising_sends_nothing_writes_nothing_and_prints_nothing(quantised):
    _, printed, seen, home = quantised
    assert json.loads(printed) == []  # nothing before it, and the variables are gone again
    assert not seen.exists()
    assert list(home.rglob("*")) == []


def test_a_precision_that_is_not_in_use_is_refused(asked, quantised):
    with pytest.raises(InputError, match=r"^int8: asked for int8, but .* multiplies in fp32"):
        openvino_rung(asked[1], name="int8", precision="int8")
    with pytest.raises(InputError, match=r"^fp32: asked for fp32, but .* multiplies in int8"):
        openvino_rung(quantised[0], name="fp32")


def test_bf16_is_in_use_or_refused(asked):
    reason = openvino_needs("bf16")
    if reason is not None:
        with pytest.raises(InputError, match=r"asked for bf16, but the compiled model"):
            openvino_rung(asked[1], name="bf16", precision="bf16")
        return
    inputs = windows(asked, 1, 128)
    found = openvino_rung(asked[1], name="bf16", precision="bf16").run(inputs)
    exact = torch_rung(asked[0].model).run(inputs)
    off = max(float(np.abs(a - b).max()) for a, b in zip(found, exact, strict=True))
    # as in PyTorch: four roundings a layer, each at most 2^-8 of the largest number
    rounding = 2.0**-8 * max(float(np.abs(logits).max()) for logits in exact)
    assert FLOAT32 < off < 4 * asked[0].model.config.num_hidden_layers * rounding


@pytest.mark.parametrize("content", [None, b"not a model"])
def test_missing_and_broken_files_are_named(tmp_path, content):
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        openvino_rung(path, name="OpenVINO")
    assert str(caught.value).startswith(f"{path}: OpenVINO cannot read it (")
    assert str(caught.value).endswith("); export it again")


def test_an_unknown_precision_is_named(asked):
    with pytest.raises(InputError, match=r"^precision='int4': unknown; use one of fp32, bf16, int"):
        openvino_rung(asked[1], name="OpenVINO", precision="int4")


@pytest.mark.parametrize(
    ("missing", "precision"), [("openvino", "fp32"), ("openvino", "int8"), ("nncf", "int8")]
)
def test_what_is_not_installed_is_the_reason(asked, monkeypatch, missing, precision):
    there = {"openvino", "nncf"} - {missing}
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name in there or None)
    assert openvino_needs(precision) == f"the package {missing} is not installed"
    if missing == "openvino":
        with pytest.raises(InputError, match=r"^o: the package openvino is not installed"):
            openvino_rung(asked[1], name="o", precision=precision)
    else:
        assert openvino_needs("fp32") is None


def test_what_openvino_lacks_in_a_file_is_named(shipped_onnx, tmp_path):
    pytest.importorskip("openvino")
    assert openvino_lacks(shipped_onnx) == []
    quantize_dynamic_bert(shipped_onnx, tmp_path / "int8.onnx")
    model = onnx.load(tmp_path / "int8.onnx")
    assert openvino_lacks(tmp_path / "int8.onnx") == []
    for node in model.graph.node:
        if node.op_type == "MatMulInteger":
            node.domain, node.op_type = "com.microsoft", "QAttention"
    onnx.save(model, tmp_path / "strange.onnx")
    assert openvino_lacks(tmp_path / "strange.onnx") == ["com.microsoft.QAttention"]


def test_a_file_that_openvino_refuses_for_another_reason_is_not_taken_for_one_that_it_reads(
    tmp_path,
):
    pytest.importorskip("openvino")
    (tmp_path / "no.onnx").write_text("no model")
    with pytest.raises(RuntimeError):
        openvino_lacks(tmp_path / "no.onnx")


def packed(path, how=zipfile.ZIP_STORED, **parts):
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, content in parts.items():
            archive.writestr(f"model.{name}", content)
    return path


def damaged(path):
    content = bytearray(packed(path, xml=b"<net>" * 100, bin=b"").read_bytes())
    content[60] ^= 1
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: packed(path, bin=b""), "no item named 'model.xml'"),
        (lambda path: packed(path, xml=b"<net/>", bin=b""), ""),
        (damaged, "Bad CRC-32"),
        (
            lambda path: packed(path, zipfile.ZIP_DEFLATED, xml=bytes(300_000_000), bin=b""),
            "300,000,000 bytes are packed into it",
        ),
    ],
    ids=["no graph", "no layers", "altered", "packed"],
)
def test_a_zip_that_is_no_model_is_refused_in_one_line(tmp_path, make, told):
    path = make(tmp_path / "m.zip")
    with pytest.raises(InputError, match=rf"m\.zip: OpenVINO cannot read it \(.*{told}"):
        openvino_rung(path, name="int8", precision="int8")
