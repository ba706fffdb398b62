"""What a GPU's trace says of a run: kernels added up, the time they cover, what each is for."""

import json

import numpy as np
import pytest

from helpers.benchmark import _add_kernels
from helpers.errors import InputError
from helpers.keeping import Keeper
from helpers.kernels import grouped, kernels_of_runs, profiled, trace_of
from helpers.latency import Latency
from helpers.recorded import recorded
from helpers.records import Agreement, Result
from helpers.rungs import Rung


def mark(start):
    return {"name": "helpers: one run", "cat": "user_annotation", "ph": "X", "ts": start, "dur": 9}


def kernel(start, duration, name):
    return {"name": name, "cat": "kernel", "ph": "X", "ts": start, "dur": duration}


def test_kernels_are_counted_into_the_run_that_they_start_in():
    events = [
        kernel(5, 1, "before any run"),
        mark(10), kernel(11, 2, "gemm"), kernel(14, 4, "gemm"), kernel(20, 1, "gelu"),
        mark(30), kernel(33, 4, "gemm"), kernel(40, 4, "gemm"), kernel(47, 3, "gelu"),
    ]  # fmt: skip
    assert kernels_of_runs(events) == {
        "runs": 2,
        "span_ms": 0.0135,  # the median of 21 - 11 and 50 - 33 µs
        "busy_ms": 0.009,  # of 7 and 11 µs
        "kernels": [
            {"name": "gemm", "count": 2.0, "ms": 0.007},
            {"name": "gelu", "count": 1.0, "ms": 0.002},
        ],
    }


def test_time_in_which_two_kernels_run_at_once_counts_once():
    events = [mark(0), kernel(1, 10, "a"), kernel(3, 2, "b"), kernel(9, 4, "c"), kernel(20, 1, "d")]
    assert kernels_of_runs(events)["busy_ms"] == 0.013
    assert kernels_of_runs(events)["span_ms"] == 0.02


def test_copies_and_calls_of_the_processor_are_no_kernels():
    others = [
        {"name": "Memcpy HtoD", "cat": "gpu_memcpy", "ph": "X", "ts": 2, "dur": 5},
        {"name": "cudaLaunchKernel", "cat": "cuda_runtime", "ph": "X", "ts": 1, "dur": 5},
        {"name": "no times", "ph": "M"},
    ]
    found = kernels_of_runs([mark(0), *others, kernel(9, 1, "gemm")])
    assert [one["name"] for one in found["kernels"]] == ["gemm"]


def test_a_run_without_a_kernel_is_refused():
    with pytest.raises(InputError, match=r"^run 2 of 2 started no kernel on a GPU; profile a rung"):
        kernels_of_runs([mark(0), kernel(1, 1, "gemm"), mark(10)])


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("nvjet_sm90_hsh_64x64_64x13_4x2_h_bz_NNT", "matrix products"),
        ("void cublasLt::splitKreduce_kernel<32, 16, int>", "sums of split products"),
        (
            "void cutlass::Kernel2<cutlass_80_wmma_tensorop_f16_s161616gemm_f16_32x32>",
            "matrix products",
        ),
        ("void cublasLt::epilogue::impl::globalKernel<8, 32, float>", "other"),
        ("onnxruntime::contrib::cuda::AddBiasTransposeQKV<Half4>", "transposes"),
        ("onnxruntime::contrib::cuda::MaskIndexKernelSmall<128u>(int)", "other"),
        ("cudnn_generated_fort_native_sdpa_sm90_flash_fprop_wgmma_f16", "attention"),
        ("void softmax_warp_forward<float>", "attention"),
        ("onnxruntime::contrib::cuda::SkipLayerNormKernelSmall<__half>", "normalisation"),
        ("onnxruntime::contrib::cuda::VectorizedBiasGeluKernel<__half>", "activation"),
        ("void onnxruntime::cuda::_Fill<int, 256, 4>(int*, int, int)", "other"),
    ],
)
def test_kernels_are_told_apart_by_their_names(name, group):
    assert grouped([{"name": name, "count": 24, "ms": 0.5}]) == {group: (24, 0.5)}


def test_groups_add_up_to_all_kernels_of_the_record():
    for entry in recorded("h200-kernels")["kernels"]:
        total = sum(one["ms"] for one in entry["kernels"])
        groups = grouped(entry["kernels"])
        assert sum(ms for _, ms in groups.values()) == pytest.approx(total, abs=1e-3)
        assert entry["busy_ms"] <= entry["span_ms"]
        assert total == pytest.approx(entry["busy_ms"], rel=0.05)  # one kernel at a time


def test_a_trace_holds_every_run_even_where_there_is_no_gpu():
    events = trace_of(lambda: np.ones(3).sum(), 3)
    assert sum(event.get("name") == "helpers: one run" for event in events) == 3
    with pytest.raises(InputError, match="started no kernel"):
        kernels_of_runs(events)


def test_a_rung_whose_kernels_cannot_be_told_is_left_out_and_named():
    rung = Rung("on the CPU", "PyTorch", "fp32", "cpu", "cpu", lambda inputs: (inputs, inputs))
    told = []
    assert profiled({"slug": rung}, {"input_ids": np.ones((1, 4), np.int64)}, told.append) == []
    assert len(told) == 1
    assert told[0].startswith("left out: on the CPU, its kernels: run 1 of 20 started no kernel")


def measured():
    rung = Rung("one", "PyTorch", "fp32", "cpu", "cpu", lambda inputs: (inputs, inputs))
    return [Result(rung, Latency((1.0,), 1.0, 0), Agreement(0.0, 0.0, 1), slug="one")]


def test_a_benchmark_on_a_gpu_adds_the_kernels_to_its_record(tmp_path, monkeypatch):
    path, seen = tmp_path / "record.json", []

    def profile(rungs, window):
        seen.append((list(rungs), window, json.loads(path.read_text())["interrupted"]))
        return [{"slug": "one"}]

    monkeypatch.setattr("helpers.benchmark.profiled", profile)
    found = {"interrupted": False, "rungs": ["one"]}
    _add_kernels(found, measured(), {"input_ids": 1}, Keeper(tmp_path))
    assert seen == [(["one"], {"input_ids": 1}, True)]  # killed now, the record says it is short
    assert json.loads(path.read_text()) == found
    assert (found["interrupted"], found["kernels"]) == (False, [{"slug": "one"}])


def test_ctrl_c_while_kernels_are_traced_leaves_a_record_that_says_so(tmp_path, monkeypatch):
    def profile(rungs, window):
        raise KeyboardInterrupt

    monkeypatch.setattr("helpers.benchmark.profiled", profile)
    found = {"interrupted": False, "rungs": ["one"]}
    _add_kernels(found, measured(), {}, Keeper(tmp_path))
    assert found == json.loads((tmp_path / "record.json").read_text())
    assert found["interrupted"] is True and "kernels" not in found


def test_the_record_holds_the_kernels_of_every_rung_once():
    found = recorded("h200-kernels")  # which reads it by the schema
    assert [one["slug"] for one in found["kernels"]] == [one["slug"] for one in found["rungs"]]


def test_the_kernels_of_24_layers_are_told_apart_in_the_record():
    graph = next(k for k in recorded("h200-kernels")["kernels"] if k["slug"] == "ort-fp16-graph")
    counts = {name: count for name, (count, _) in grouped(graph["kernels"]).items()}
    assert counts == {
        "sums of split products": 25,  # 24 layers and the head
        "transposes": 24,
        "attention": 24,
        "matrix products": 4 * 24 + 1,
        "normalisation": 2 * 24 + 1,
        "activation": 24,
        "other": 29,
    }


def test_long_names_that_agree_as_far_as_they_are_kept_are_one_kernel():
    long = "k" * 160
    found = kernels_of_runs([mark(0), kernel(1, 1, long + "a"), kernel(3, 2, long + "b")])
    assert found["kernels"] == [{"name": long, "count": 2.0, "ms": 0.003}]
