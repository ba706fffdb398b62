"""What one BERT inference costs: arithmetic and bytes, by formula and counted in a graph."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path

import onnx
from transformers import BertConfig

from helpers.errors import InputError
from helpers.shapes import Shapes, tensor_shapes

__all__ = ["BYTES", "Cost", "bert_cost", "graph_flops", "weight_bytes"]

BYTES = {"fp32": 4, "tf32": 4, "bf16": 2, "fp16": 2, "int8": 1}
"""Bytes of one weight in memory, by precision. (TF32 rounds inside the processor only.)"""


@dataclass(frozen=True)
class Cost:
    """The arithmetic of one inference.

    Attributes:
        linear_flops: FLOPs of the products with weights.
        attention_flops: FLOPs of the products of activations with activations.
    """

    linear_flops: int
    attention_flops: int

    @property
    def flops(self) -> int:
        """Both together."""
        return self.linear_flops + self.attention_flops


def bert_cost(config: BertConfig, *, batch: int = 1, length: int = 128) -> Cost:
    """Counts the FLOPs of a BERT that answers questions.

    A product of [m, k] and [k, n] makes m n numbers of k multiply-adds each. One multiply-add is
    2 FLOPs, so it costs 2 m k n. With L layers, H hidden, I intermediate, S length, B batch::

        query, key, value, output      4 products  [B S, H] x [H, H]    8 B S H H  a layer
        intermediate                   1 product   [B S, H] x [H, I]    2 B S H I  a layer
        output of the feed-forward     1 product   [B S, I] x [I, H]    2 B S I H  a layer
        answer head, N = 2 labels      1 product   [B S, H] x [H, N]    2 B S H N  once

        scores, query x key            h heads     [S, H/h] x [H/h, S]  2 B S S H  a layer
        weighted sum, scores x value   h heads     [S, S] x [S, H/h]    2 B S S H  a layer

    Hence linear = L B S (8 H H + 4 H I) + 2 B S H N, and attention = 4 L B S S H. Softmax,
    LayerNorm, GELU, biases and the embedding's additions are left out: they take a few operations
    a number, where a product takes thousands.

    Args:
        config: the model's sizes.
        batch: inputs at a time.
        length: tokens of each, padding included: it is computed like any other.
    """
    layers, hidden, inner = config.num_hidden_layers, config.hidden_size, config.intermediate_size
    tokens = batch * length
    linear = layers * tokens * (8 * hidden**2 + 4 * hidden * inner)
    head = 2 * tokens * hidden * config.num_labels
    return Cost(linear + head, 4 * layers * tokens * length * hidden)


def weight_bytes(config: BertConfig, precision: str) -> int:
    """Bytes of weights that one inference reads.

    All matrices of the linear layers, their biases, and the gains and offsets of LayerNorm. Of
    the embedding tables only the rows of the tokens at hand are gathered, so they do not count.
    int8 holds the matrices alone in 8 bits, the head's among them; biases and LayerNorm stay in
    32 bits, and the scales (one number a matrix or a column) are left out.

    Args:
        config: the model's sizes.
        precision: fp32, tf32, bf16, fp16 or int8.

    Raises:
        InputError: the precision is none of these.
    """
    if precision not in BYTES:
        raise InputError(f"precision={precision!r}: unknown; use one of {', '.join(BYTES)}")
    layers, hidden, inner = config.num_hidden_layers, config.hidden_size, config.intermediate_size
    matrices = layers * (4 * hidden**2 + 2 * hidden * inner) + hidden * config.num_labels
    biases = layers * (5 * hidden + inner) + config.num_labels
    norms = (2 * layers + 1) * 2 * hidden
    rest = 4 if precision == "int8" else BYTES[precision]
    return matrices * BYTES[precision] + (biases + norms) * rest


def graph_flops(path: Path | str, *, batch: int = 1, length: int = 128) -> dict[str, int]:
    """Counts the FLOPs of the matrix products in an .onnx file.

    The inputs' free dimensions are set to `batch` (axis 0) and `length` (axis 1), and ONNX's shape
    inference then tells every tensor's shape. A product of [.., m, k] and [.., k, n] costs
    2 m k n, times the sizes in front. The two products inside fused attention cost 4 B S S H, and
    where the weight of query, key and value, [H, 3 H], is inside too, 2 B S H 3H more.

    Args:
        path: the file; weights beside it are not read. A graph within a graph is not looked into.
        batch: inputs at a time.
        length: tokens of each.

    Returns:
        {operator: FLOPs}, for operators that compute a matrix product.

    Raises:
        InputError: the file is no ONNX model, or a product's shapes cannot be inferred.
    """
    try:
        model = onnx.load(str(path), load_external_data=False)
    except Exception as error:  # protobuf's DecodeError, or no such file
        raise InputError(f"{path}: cannot be read as ONNX ({error}); export it again") from error
    shapes = tensor_shapes(model, batch=batch, length=length)
    found: Counter[str] = Counter()
    for node in model.graph.node:
        formula = _FORMULAS.get((node.domain == "com.microsoft", node.op_type))
        if formula is not None:
            found[node.op_type] += _counted(node, formula, shapes, path)
    return dict(found)


def _counted(node: onnx.NodeProto, formula: "_Formula", shapes: Shapes, path: Path | str) -> int:
    try:
        return formula(node, shapes)
    except KeyError as error:
        raise InputError(
            f"{path}: {node.op_type} {node.name!r} multiplies a tensor whose shape is unknown "
            f"({error.args[0]}); count in the file as it was exported or fused"
        ) from error


_Formula = Callable[[onnx.NodeProto, Shapes], int]


def _product(node: onnx.NodeProto, shapes: Shapes) -> int:
    """2 FLOPs for each multiply-add: as many a number of the output as the inner axis is long."""
    transposed = any(one.name == "transA" and one.i for one in node.attribute)
    inner = shapes[node.input[0]][-2 if transposed else -1]
    return 2 * prod(shapes[node.output[0]]) * inner


def _inner(node: onnx.NodeProto, shapes: Shapes) -> int:
    """Attention of query and key, [B, S, H] or [B, heads, S, H / heads] each."""
    query, key = shapes[node.input[0]], shapes[node.input[1]]
    return 4 * prod(query) * key[-2]


def _attention(node: onnx.NodeProto, shapes: Shapes) -> int:
    """Attention with the weight of query, key and value inside it, [H, 3 H]."""
    (batch, length, hidden), (_, three) = shapes[node.input[0]], shapes[node.input[1]]
    return 2 * batch * length * hidden * three + 4 * batch * length * length * hidden


_FORMULAS: dict[tuple[bool, str], _Formula] = {  # (whether it is ONNX Runtime's own, operator)
    (False, "MatMul"): _product,
    (False, "Gemm"): _product,
    (False, "MatMulInteger"): _product,
    (False, "QLinearMatMul"): _product,
    (False, "Attention"): _inner,
    (True, "FusedMatMul"): _product,
    (True, "MatMulIntegerToFloat"): _product,
    (True, "DynamicQuantizeMatMul"): _product,
    (True, "Attention"): _attention,
    (True, "QAttention"): _attention,
    (True, "MultiHeadAttention"): _inner,
}
