"""Each product multiplies what it says, and what a processor lacks is not offered."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from helpers.products import Unavailable, _one_node, products


@pytest.mark.parametrize(
    ("precision", "names"),
    [
        ("fp32", ["torch.mm", "ONNX Runtime MatMul"]),
        (
            "int8",
            ["ONNX Runtime MatMulInteger", "ONNX Runtime DynamicQuantizeMatMul", "torch._int_mm"],
        ),
    ],
)
def test_what_a_processor_is_measured_with(precision, names):
    found = products("cpu", precision)
    assert [product.name for product in found] == names
    for product in found:
        with product.ready(64, 1) as run:
            result = run()
        array = result if isinstance(result, torch.Tensor) else result[0]
        assert tuple(array.shape) == (64, 64)


@pytest.mark.parametrize("operator", ["MatMul", "MatMulInteger", "DynamicQuantizeMatMul"])
def test_the_one_node_graph_is_that_operator_with_a_constant_right_factor(operator):
    model = onnx.load_from_string(_one_node(operator, 64))
    assert [node.op_type for node in model.graph.node] == [operator]
    assert tuple(model.graph.initializer[0].dims) == (64, 64)
    if operator == "DynamicQuantizeMatMul":
        return
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    # zeros and one 1 in each row: no instruction can saturate on them
    left = np.eye(64, dtype=np.float32 if operator == "MatMul" else np.uint8)
    right = onnx.numpy_helper.to_array(model.graph.initializer[0])
    assert (session.run(None, {"a": left})[0] == right).all()


def test_bf16_is_offered_only_where_the_processor_has_the_instructions(monkeypatch):
    monkeypatch.setattr(
        "helpers.instructions.processor_features", lambda: ("avx2", "fma", "avx512f")
    )
    with pytest.raises(Unavailable, match="has no bf16 instructions"):
        products("cpu", "bf16")
    monkeypatch.setattr("helpers.instructions.processor_features", tuple)
    with pytest.raises(Unavailable, match="is not known to have bf16 instructions"):
        products("cpu", "bf16")
    for feature in ("avx512_bf16", "amx_bf16", "bf16"):
        monkeypatch.setattr(
            "helpers.instructions.processor_features", lambda f=feature: ("avx2", f)
        )
        assert [product.name for product in products("cpu", "bf16")] == ["torch.mm"]


@pytest.mark.parametrize("precision", ["fp16", "tf32"])
def test_a_processor_is_not_measured_in_a_gpus_precision(precision):
    with pytest.raises(Unavailable, match=f"no CPU rung in {precision}"):
        products("cpu", precision)


@pytest.fixture(params=[False, True])
def before(request):
    """What the switch for TF32 stands at before."""
    stood = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = request.param
    yield request.param
    torch.backends.cuda.matmul.allow_tf32 = stood


def test_tf32_is_on_for_its_own_product_alone_and_then_as_it_was(monkeypatch, before):
    made = torch.randn
    monkeypatch.setattr(torch, "randn", lambda *size, device: made(*size))  # no GPU needed
    seen = {}
    for precision in ("fp32", "tf32", "fp16"):
        (product,) = products("cuda", precision)
        with product.ready(8, 1):
            seen[product.name, precision] = torch.backends.cuda.matmul.allow_tf32
        assert torch.backends.cuda.matmul.allow_tf32 is before
    assert seen == {
        ("torch.mm", "fp32"): False,
        ("torch.mm with TF32", "tf32"): True,
        ("torch.mm", "fp16"): False,
    }
