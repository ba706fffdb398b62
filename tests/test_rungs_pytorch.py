"""The rungs of PyTorch: one set of weights, many ways to run it."""

import os
import sysconfig

import numpy as np
import pytest
import torch

from helpers.errors import InputError
from helpers.instructions import bf16_needs
from helpers.rungs import torch_needs, torch_rung
from helpers.rungs.compiled import compile_needs
from helpers.tf32 import tf32

no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")

FLOAT32 = 1e-4
"""What logits of some units may differ by where only the order of float32 sums differs."""


@pytest.fixture(scope="module", params=["tiny", "embedded"])
def model(request, tiny, shipped):
    return tiny.model if request.param == "tiny" else shipped.model


def windows(model, batch, length):
    """Windows as BERT gets them: real tokens, then padding; every second one is full."""
    draw = np.random.default_rng(length)
    real = np.where(np.arange(batch) % 2, length, draw.integers(length // 2, length, batch))
    mask = (np.arange(length) < real[:, None]).astype(np.int64)
    ids = draw.integers(5, model.config.vocab_size, (batch, length)) * mask
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "token_type_ids": (np.arange(length) > 9) * mask,
    }


SHAPES = [(1, 128), (1, 37), (3, 64)]


def difference(one, other):
    for a, b in zip(one, other, strict=True):
        assert a.shape == b.shape
        assert a.dtype == b.dtype == np.float32
    return max(float(np.abs(a - b).max()) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("shape", SHAPES)
def test_both_kinds_of_attention_give_the_same_logits(model, shape):
    inputs = windows(model, *shape)
    eager, sdpa = (torch_rung(model, attention=kind) for kind in ("eager", "sdpa"))
    assert (eager.name, sdpa.name) == ("PyTorch eager", "PyTorch sdpa")
    assert eager.run(inputs)[0].shape == shape
    assert difference(eager.run(inputs), sdpa.run(inputs)) < FLOAT32


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("precision", "kind"), [("bf16", torch.bfloat16), ("fp16", torch.float16)])
def test_16_bits_are_off_by_their_rounding_and_no_more(model, precision, kind, shape):
    inputs = windows(model, *shape)
    exact = torch_rung(model).run(inputs)
    rung = torch_rung(model, precision=precision, attention="sdpa")
    assert (rung.name, rung.precision) == (f"PyTorch sdpa {precision}", precision)
    # Half of the last bit each time: 2^-8 of a number in bf16, 2^-11 in fp16. A layer rounds what
    # runs through it four times: attention, sum and norm, feed-forward, sum and norm.
    rounding = torch.finfo(kind).eps / 2 * max(float(np.abs(logits).max()) for logits in exact)
    allowed = 4 * model.config.num_hidden_layers * rounding
    assert FLOAT32 < difference(exact, rung.run(inputs)) < allowed


def test_a_rung_shares_the_weights_it_does_not_change(tiny):
    weight = tiny.model.qa_outputs.weight
    rungs = [torch_rung(tiny.model, attention=kind) for kind in ("eager", "sdpa")]
    half = torch_rung(tiny.model, precision="bf16")
    inputs = windows(tiny.model, 1, 32)
    before = [rung.run(inputs)[0] for rung in (*rungs, half)]
    with torch.no_grad():
        kept = weight.clone()
        weight.mul_(2)
        after = [rung.run(inputs)[0] for rung in (*rungs, half)]
        weight.copy_(kept)
    changed = [not np.array_equal(one, other) for one, other in zip(before, after, strict=True)]
    assert changed == [True, True, False]


def test_the_model_given_stays_as_it_is(tiny):
    torch_rung(tiny.model, attention="sdpa", precision="fp16")
    assert tiny.model.config._attn_implementation == "eager"
    assert {p.dtype for p in tiny.model.parameters()} == {torch.float32}
    assert all(p.requires_grad for p in tiny.model.parameters())


@pytest.mark.skipif(compile_needs("cpu") is not None, reason=str(compile_needs("cpu")))
def test_compiled_code_gives_the_same_logits_and_is_made_once_a_shape(tiny):
    rung = torch_rung(tiny.model, attention="sdpa", compiled=True, length=48)
    assert rung.name == "PyTorch sdpa compiled"
    assert rung.build_ms > torch_rung(tiny.model).build_ms
    inputs = windows(tiny.model, 1, 48)
    with torch.compiler.set_stance("fail_on_recompile"):
        found = rung.run(inputs)
        with pytest.raises(RuntimeError, match="recompile"):
            rung.run(windows(tiny.model, 1, 50))
    assert difference(torch_rung(tiny.model).run(inputs), found) < FLOAT32


@pytest.mark.parametrize("before", ["none", "ieee", "tf32"])
@pytest.mark.parametrize(("allowed", "inside"), [(True, "tf32"), (False, "ieee")])
def test_tf32_is_switched_and_set_back(before, allowed, inside):
    products = torch.backends.cuda.matmul
    kept, products.fp32_precision = products.fp32_precision, before
    try:
        with pytest.raises(KeyError), tf32(allowed):
            assert products.fp32_precision == inside
            raise KeyError
        assert products.fp32_precision == before
    finally:
        products.fp32_precision = kept


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"precision": "fp8"}, "precision='fp8': unknown; use one of fp32, tf32, bf16, fp16"),
        ({"precision": "tf32"}, "precision='tf32': for device='cuda', not compiled"),
    ],
)
def test_what_there_is_not_is_refused(tiny, how, told):
    with pytest.raises(InputError) as caught:
        torch_rung(tiny.model, **how)
    assert str(caught.value).startswith(told)


def processor(monkeypatch, *features):
    monkeypatch.setattr("helpers.instructions.processor_features", lambda: features)


@pytest.mark.parametrize("feature", ["avx512_bf16", "amx_bf16", "bf16"])
def test_bf16_needs_instructions(monkeypatch, feature):
    processor(monkeypatch, "avx2", feature)
    assert bf16_needs() is None
    assert torch_needs("bf16", False, "cpu") is None
    processor(monkeypatch, "avx2", "avx512_vnni")
    assert torch_needs("bf16", False, "cpu").startswith("this processor has no bf16 instructions")
    assert torch_needs("fp32", False, "cpu") is None
    processor(monkeypatch)
    assert bf16_needs().startswith("this processor is not known to have bf16 instructions")


def test_what_a_machine_without_compiler_or_headers_lacks(monkeypatch, tmp_path, tiny):
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setenv("CXX", "sh")  # any command that is there
    assert compile_needs("cpu") == (
        f"torch.compile needs Python's headers, and there is no {tmp_path / 'Python.h'}"
    )
    (tmp_path / "Python.h").touch()
    assert compile_needs("cpu") is None
    monkeypatch.setenv("CXX", os.fspath(tmp_path / "c++"))
    reason = f"torch.compile needs a C++ compiler, and there is no {tmp_path / 'c++'}"
    assert torch_needs("fp32", True, "cpu") == compile_needs("cpu") == reason
    assert torch_needs("fp32", False, "cpu") is None
    with pytest.raises(InputError, match=r"^compiled=True: torch.compile needs a C\+\+ compiler"):
        torch_rung(tiny.model, compiled=True)


@no_gpu
@pytest.mark.parametrize("precision", ["fp32", "tf32", "fp16"])
def test_there_is_no_cuda_here(precision):
    assert torch_needs(precision, False, "cuda") == "PyTorch finds no CUDA device"


@pytest.mark.parametrize("precision", ["tf32", "fp16"])
def test_what_is_for_gpus_is_not_for_this_processor(precision):
    assert torch_needs(precision, False, "cpu") == f"{precision} is for GPUs"
