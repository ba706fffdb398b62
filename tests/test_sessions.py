"""A session on the provider that was asked for, or none at all; and rungs that tell the truth."""

import os
from types import SimpleNamespace

import numpy as np
import onnxruntime
import pytest
import torch

from helpers.errors import InputError
from helpers.exports import INPUT_NAMES
from helpers.graphs import count_ops
from helpers.placement import nodes_by_provider
from helpers.rungs import Rung, all_logits, onnxruntime_rung, torch_rung
from helpers.rungs.rung import remarks
from helpers.rungs.session import placed_elsewhere
from helpers.sessions import PROVIDERS, open_session, ops_in_session

no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
gpu_build = pytest.mark.skipif(
    "CUDAExecutionProvider" not in onnxruntime.get_available_providers(),
    reason="this onnxruntime was built for CPUs alone",
)


def test_the_cpu_session_runs_on_the_cpu_provider_alone(tiny_onnx):
    assert open_session(tiny_onnx).get_providers() == ["CPUExecutionProvider"]


@no_gpu
@gpu_build
@pytest.mark.parametrize("device", ["cuda", "tensorrt"])
def test_a_listed_provider_that_cannot_run_here_is_refused(tiny_onnx, device):
    assert PROVIDERS[device] in onnxruntime.get_available_providers()  # the trap
    with pytest.raises(InputError) as caught:
        open_session(tiny_onnx, device=device)
    message = str(caught.value)
    assert message.startswith(f"device='{device}': {PROVIDERS[device]} is not to be had")
    assert "CPUExecutionProvider" in message
    assert "device='cpu'" in message


@no_gpu
@gpu_build
def test_onnxruntime_itself_falls_back_without_raising(tiny_onnx):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    providers = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(str(tiny_onnx), options, providers=providers)
    assert session.get_providers() == ["CPUExecutionProvider"]


def test_a_provider_that_the_build_lacks_is_refused(tiny_onnx, monkeypatch):
    monkeypatch.setitem(PROVIDERS, "npu", "NoSuchExecutionProvider")
    with pytest.raises(InputError, match=r"device='npu': NoSuch.*built without it"):
        open_session(tiny_onnx, device="npu")


def test_an_unknown_device_is_named_with_those_that_are_known(tiny_onnx):
    with pytest.raises(InputError, match=r"^device='gpu': unknown; use one of cpu, cuda, tensorrt"):
        open_session(tiny_onnx, device="gpu")


@pytest.mark.parametrize("content", [None, b"", b"not an onnx model"])
def test_missing_and_broken_files_are_named(tmp_path, content):
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        open_session(path)
    assert str(caught.value).startswith(f"{path}: ONNX Runtime cannot open it (")
    assert "export it again" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_threads_and_options_reach_the_session(tiny_onnx, tmp_path):
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "seen.onnx")
    session = open_session(tiny_onnx, threads=1, options=options)
    assert session.get_session_options().intra_op_num_threads == 1
    assert (tmp_path / "seen.onnx").is_file()


def test_a_rung_on_another_provider_than_asked_for_is_refused():
    with pytest.raises(InputError) as caught:
        Rung("fast", "ONNX Runtime", "fp32", "CUDAExecutionProvider", "CPUExecutionProvider", print)
    assert str(caught.value).startswith(
        "fast: asked for CUDAExecutionProvider but runs on CPUExecutionProvider"
    )


def test_a_session_that_lies_about_its_provider_makes_no_rung(tiny_onnx, monkeypatch):
    class Lying:
        def get_providers(self):
            return ["CPUExecutionProvider"]

        def get_inputs(self):
            return Opened.get_inputs(self)

    monkeypatch.setattr("helpers.rungs.session.open_session", lambda *_, **__: Lying())
    with pytest.raises(InputError, match="asked for CUDAExecutionProvider but runs on CPU"):
        onnxruntime_rung(tiny_onnx, name="fast", device="cuda")


@no_gpu
def test_pytorch_without_a_gpu_is_refused(tiny):
    with pytest.raises(InputError, match=r"^device='cuda': PyTorch finds no CUDA device"):
        torch_rung(tiny.model, device="cuda")


def test_rungs_say_what_they_are(tiny, tiny_onnx):
    eager, exported = torch_rung(tiny.model), onnxruntime_rung(tiny_onnx, name="as exported")
    assert (eager.name, eager.engine, eager.provider) == ("PyTorch eager", "PyTorch", "cpu")
    assert (exported.name, exported.engine) == ("as exported", "ONNX Runtime")
    assert exported.provider == "CPUExecutionProvider"
    assert (eager.precision, exported.precision) == ("fp32", "fp32")


def test_both_engines_give_the_same_logits_for_every_window(tiny, tiny_onnx, case_windows):
    inputs = case_windows.inputs(slice(12))
    seen = []
    rungs = torch_rung(tiny.model), onnxruntime_rung(tiny_onnx, name="as exported", threads=1)
    ours, theirs = (all_logits(rung, inputs, lambda: seen.append(1)) for rung in rungs)
    assert len(seen) == 24
    for one, other in zip(ours, theirs, strict=True):
        assert one.shape == (12, 128)
        assert one.dtype == other.dtype == np.float32
        np.testing.assert_allclose(one, other, atol=1e-4, rtol=0)
    with torch.no_grad():  # windows run one by one give what they give together
        tensors = {name: torch.from_numpy(array) for name, array in inputs.items()}
        whole = tiny.model(**tensors).start_logits.numpy()
    np.testing.assert_allclose(ours[0], whole, atol=1e-4, rtol=0)


class Opened:
    """Stands for an InferenceSession: it keeps what it was opened with."""

    last = None

    def __init__(self, path, options, providers, disabled_optimizers, enable_fallback):
        self.fallback = [bool(enable_fallback)]
        self.options, self.providers = options, providers
        Opened.last = self

    def disable_fallback(self):
        self.fallback.append(False)

    def get_providers(self):
        return [p if isinstance(p, str) else p[0] for p in self.providers]

    def get_inputs(self):
        return [SimpleNamespace(name=name, type="tensor(int64)") for name in INPUT_NAMES]


@pytest.fixture
def opened(monkeypatch):
    monkeypatch.setattr(onnxruntime, "InferenceSession", Opened)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: list(PROVIDERS.values()))
    return Opened


@pytest.mark.parametrize(
    ("tf32", "told"), [({}, "0"), ({"tf32": False}, "0"), ({"tf32": True}, "1")]
)
def test_cuda_rounds_to_tf32_only_where_asked(opened, tf32, told):
    open_session("m.onnx", device="cuda", **tf32)
    cuda = ("CUDAExecutionProvider", {"use_tf32": told})
    assert opened.last.providers == [cuda, "CPUExecutionProvider"]
    open_session("m.onnx", device="tensorrt", **tf32)
    assert opened.last.providers == ["TensorrtExecutionProvider", cuda, "CPUExecutionProvider"]
    open_session("m.onnx", **tf32)
    assert opened.last.providers == ["CPUExecutionProvider"]


@pytest.mark.parametrize(
    ("device", "opening"), [("cpu", False), ("cuda", False), ("tensorrt", True)]
)
def test_a_run_that_fails_does_not_go_on_elsewhere(opened, device, opening):
    open_session("m.onnx", device=device)
    assert opened.last.fallback == [opening, False]


def test_operators_are_counted_by_provider(tiny_onnx):
    session = open_session(tiny_onnx)
    counts = nodes_by_provider(session)
    assert set(counts) == {"CPUExecutionProvider"} and counts.total() > 50
    assert placed_elsewhere(session) is None
    assert remarks("noted", placed_elsewhere(session)) == "noted"
    assert remarks("noted", None, length=128) == "noted; made for [1, 128] alone"
    assert remarks(None) is None


def place(opened, monkeypatch, parts):
    """Makes sessions tell where their operators are: [(device, [operator, ...]), ...]."""
    told = [
        SimpleNamespace(
            ep_name=PROVIDERS[device],
            get_nodes=lambda names=names: [SimpleNamespace(op_type=name) for name in names],
        )
        for device, names in parts
    ]
    monkeypatch.setattr(opened, "get_provider_graph_assignment_info", lambda self: told, False)


def test_operators_on_another_provider_are_told(opened, monkeypatch):
    session = open_session("m.onnx", device="cuda")
    assert placed_elsewhere(session) is None  # an ONNX Runtime that does not tell
    parts = [("cuda", ["MatMul"] * 5), ("cpu", ["Shape"] * 2), ("cuda", ["Add"]), ("cpu", ["Cast"])]
    place(opened, monkeypatch, parts)
    assert placed_elsewhere(session) == "3 of 9 operators on CPUExecutionProvider"
    assert remarks("n", placed_elsewhere(session)) == "n; 3 of 9 operators on CPUExecutionProvider"


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([("cpu", ["Add", "MatMul"])], r"0 of 2 operators \(matrix products: 1 on CPUExecution"),
        ([("cpu", ["Add"])], r"0 of 1 operators \(matrix products: none\)"),
        (
            [("cuda", ["Add", "FusedMatMul"]), ("cpu", ["QAttention", "Gemm"])],
            r"2 of 4 operators \(matrix products: 1 on CUDAExecutionProvider, 2 on CPUExecutionP",
        ),
    ],
)
def test_a_session_whose_products_run_elsewhere_makes_no_rung(opened, monkeypatch, parts, told):
    place(opened, monkeypatch, parts)
    session = open_session("m.onnx", device="cuda")
    with pytest.raises(InputError, match=f"asked for CUDAExecutionProvider, which has {told}"):
        placed_elsewhere(session)


def test_options_of_a_provider_reach_it_alone(opened):
    more = {"provider_options": {"enable_cuda_graph": "1"}}
    open_session("m.onnx", device="cuda", **more)
    told = {"use_tf32": "0", "enable_cuda_graph": "1"}
    assert opened.last.providers == [("CUDAExecutionProvider", told), "CPUExecutionProvider"]
    open_session("m.onnx", device="tensorrt", provider_options={"trt_fp16_enable": "1"})
    assert opened.last.providers[:2] == [
        ("TensorrtExecutionProvider", {"trt_fp16_enable": "1"}),
        ("CUDAExecutionProvider", {"use_tf32": "0"}),
    ]


@pytest.mark.parametrize(("spinning", "told"), [({}, True), ({"spinning": True}, False)])
def test_idle_threads_stop_spinning_unless_asked_to(opened, spinning, told):
    onnxruntime_rung("m.onnx", name="as exported", **spinning)
    entry = "session.force_spinning_stop"
    if told:
        assert opened.last.options.get_session_config_entry(entry) == "1"
    else:
        with pytest.raises(RuntimeError):
            opened.last.options.get_session_config_entry(entry)


def test_the_operators_in_a_session_are_those_after_its_own_fusions(tiny_onnx):
    before, after = count_ops(tiny_onnx), ops_in_session(tiny_onnx)
    assert before["Erf"] == 2 and "Erf" not in after
    assert after["com.microsoft.Gelu"] == 2 and after["LayerNormalization"] == 5


def test_a_missing_file_has_no_operators_in_a_session(tmp_path):
    with pytest.raises(InputError, match=r"none\.onnx: ONNX Runtime cannot open it"):
        ops_in_session(tmp_path / "none.onnx")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "model.onnx")
    with pytest.raises(InputError, match=r"model\.onnx: .*it is no plain file"):
        open_session(tmp_path / "model.onnx")
