"""FLOPs and bytes of BERT: the formula, the graph, and the figures that others publish."""

import dataclasses

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from transformers import BertConfig, BertForQuestionAnswering

from helpers.costs import BYTES, Cost, bert_cost, graph_flops, weight_bytes
from helpers.errors import InputError
from helpers.models import _LARGE_SHAPE

LARGE = BertConfig(**_LARGE_SHAPE)


def test_bert_large_at_128_tokens_costs_78_9_gflop():
    cost = bert_cost(LARGE)
    assert round(cost.flops / 1e9, 1) == 78.9
    assert round(cost.linear_flops / 1e9, 1) == 77.3
    assert round(cost.attention_flops / 1e9, 1) == 1.6


@pytest.mark.parametrize(("length", "gflop"), [(64, 39.1), (94, 57.6), (384, 246.4)])
def test_bert_large_at_other_lengths(length, gflop):
    assert round(bert_cost(LARGE, length=length).flops / 1e9, 1) == gflop


def test_the_weights_of_bert_large_that_are_read():
    assert weight_bytes(LARGE, "fp32") // 4 == 302_313_474
    gigabytes = {name: round(weight_bytes(LARGE, name) / 1e9, 3) for name in BYTES}
    assert gigabytes == {"fp32": 1.209, "tf32": 1.209, "bf16": 0.605, "fp16": 0.605, "int8": 0.303}


def test_the_weights_that_are_read_are_those_of_the_model_less_its_tables():
    config = BertConfig(
        vocab_size=50, hidden_size=24, num_hidden_layers=3, num_attention_heads=2,
        intermediate_size=40, max_position_embeddings=16,
    )  # fmt: skip
    named = dict(BertForQuestionAnswering(config).named_parameters())
    read = {n: p for n, p in named.items() if not n.endswith("embeddings.weight")}
    assert len(named) - len(read) == 3  # words, positions, segments
    assert weight_bytes(config, "fp32") == 4 * sum(p.numel() for p in read.values())
    matrices = sum(p.numel() for p in read.values() if p.dim() == 2)
    vectors = sum(p.numel() for p in read.values() if p.dim() == 1)
    assert weight_bytes(config, "int8") == matrices + 4 * vectors


def test_an_unknown_precision_is_refused():
    with pytest.raises(InputError, match="precision='fp8': unknown; use one of fp32, "):
        weight_bytes(LARGE, "fp8")


def test_a_cost_is_frozen_and_adds_up():
    cost = Cost(linear_flops=7, attention_flops=4)
    assert cost.flops == 11
    with pytest.raises(dataclasses.FrozenInstanceError):
        cost.linear_flops = 1


@pytest.fixture(scope="module")
def embedded(shipped, shipped_onnx):
    """The embedded model's config and its export."""
    return shipped.model.config, shipped_onnx


@pytest.mark.parametrize(("batch", "length"), [(1, 128), (3, 50), (2, 384)])
def test_the_formula_equals_the_graph_with_no_remainder(embedded, batch, length):
    config, path = embedded
    cost = bert_cost(config, batch=batch, length=length)
    assert graph_flops(path, batch=batch, length=length) == {"MatMul": cost.flops}


def test_a_fused_graph_costs_the_same(embedded, tmp_path):
    from onnxruntime.transformers.optimizer import optimize_model

    config, path = embedded
    heads, hidden, layers = 2, config.hidden_size, config.num_hidden_layers
    fused = optimize_model(
        str(path), model_type="bert", num_heads=heads, hidden_size=hidden, opt_level=0
    )
    fused.save_model_to_file(str(tmp_path / "fused.onnx"))
    found = graph_flops(tmp_path / "fused.onnx", length=100)
    cost = bert_cost(config, length=100)
    qkv = layers * 6 * 100 * hidden**2
    assert found["Attention"] == qkv + cost.attention_flops
    assert found == {"Attention": found["Attention"], "MatMul": cost.flops - found["Attention"]}


def test_an_int8_graph_costs_the_same(embedded, tmp_path):
    from onnxruntime.quantization import QuantType, quantize_dynamic

    config, path = embedded
    quantize_dynamic(path, tmp_path / "int8.onnx", weight_type=QuantType.QInt8)
    cost = bert_cost(config, length=100)
    assert graph_flops(tmp_path / "int8.onnx", length=100) == {
        "MatMulInteger": cost.linear_flops,
        "MatMul": cost.attention_flops,
    }


def one_node(path, operator, inputs, weights, domain="", opset=23, **attributes):
    """Saves a graph of one node; `inputs` are {name: dims}, of floats."""
    graph = helper.make_graph(
        [helper.make_node(operator, [*inputs, *weights], ["y"], domain=domain, **attributes)],
        "one",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, dims) for n, dims in inputs.items()],
        [onnx.ValueInfoProto(name="y")],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10), path)
    return path


ZEROS = np.zeros


@pytest.mark.parametrize(
    ("operator", "inputs", "weights", "more", "flops"),
    [
        ("Gemm", {"a": [4, 7]}, {"b": ZEROS((5, 7), "f4")}, {"transB": 1}, 2 * 4 * 7 * 5),
        ("Gemm", {"a": [7, 4]}, {"b": ZEROS((7, 5), "f4")}, {"transA": 1}, 2 * 4 * 7 * 5),
        ("MatMul", {"a": ["b", "s", 7]}, {"b": ZEROS((7, 5), "f4")}, {}, 2 * 2 * 9 * 7 * 5),
        (
            "FusedMatMul",
            {"a": ["b", 3, 4, 8], "b": ["b", 3, 6, 8]},
            {},
            {"domain": "com.microsoft", "transB": 1},
            2 * 2 * 3 * 4 * 8 * 6,
        ),
        (
            "DynamicQuantizeMatMul",
            {"a": ["b", "s", 7]},
            {"b": ZEROS((7, 5), "i1"), "s": ZEROS((), "f4")},
            {"domain": "com.microsoft"},
            2 * 2 * 9 * 7 * 5,
        ),
        (
            "Attention",
            {"q": ["b", "s", 8], "k": ["b", 6, 8], "v": ["b", 6, 8]},
            {},
            {"q_num_heads": 2, "kv_num_heads": 2},
            2 * 2 * 2 * 9 * 6 * 8,
        ),
        (
            "Attention",
            {"x": ["b", "s", 8]},
            {"w": ZEROS((8, 24), "f4"), "c": ZEROS(24, "f4")},
            {"domain": "com.microsoft", "num_heads": 2},
            2 * 2 * 9 * 8 * 24 + 4 * 2 * 9 * 9 * 8,
        ),
    ],
)
def test_one_product_at_batch_2_and_length_9(tmp_path, operator, inputs, weights, more, flops):
    path = one_node(tmp_path / "one.onnx", operator, inputs, weights, **more)
    assert graph_flops(path, batch=2, length=9) == {operator: flops}


def test_a_product_of_unknown_shape_is_an_error_and_not_a_zero(tmp_path):
    graph = helper.make_graph(
        [
            helper.make_node("NonZero", ["x"], ["places"]),  # as many as there happen to be
            helper.make_node("Cast", ["places"], ["a"], to=TensorProto.FLOAT),
            helper.make_node("MatMul", ["a", "a"], ["y"], name="last"),
        ],
        "unknown",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3, 3])],
        [onnx.ValueInfoProto(name="y")],
    )
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), tmp_path / "u.onnx")
    with pytest.raises(InputError, match=r"u\.onnx: MatMul 'last' multiplies a tensor whose shape"):
        graph_flops(tmp_path / "u.onnx")


def test_a_file_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "text.onnx").write_text("not a model at all")
    for name in ("text.onnx", "absent.onnx"):
        with pytest.raises(InputError, match=rf"{name}: cannot be read as ONNX"):
            graph_flops(tmp_path / name)
