"""The shape of every tensor in a graph, once the sizes of its inputs are known."""

from collections.abc import Sequence
from math import prod

import numpy as np
import onnx
from onnx import helper, numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator

__all__ = ["Shapes", "tensor_shapes"]

Shapes = dict[str, tuple[int, ...]]
"""{tensor: its shape}; a tensor whose shape cannot be told is missing."""

_SMALL = 1024  # numbers; a tensor up to this size may become a shape, so its values are computed

_LIKE_FIRST_INPUT = {  # ONNX Runtime's own operators, which ONNX's inference does not know
    "LayerNormalization",  # ONNX's, which sessions write into files of opsets before its time
    "Attention",
    "BiasGelu",
    "FastGelu",
    "Gelu",
    "MultiHeadAttention",
    "QAttention",
    "QuickGelu",
    "SkipLayerNormalization",
}
_EMBEDDINGS = {"EmbedLayerNormalization", "QEmbedLayerNormalization"}
_PRODUCTS = {"DynamicQuantizeMatMul", "FusedMatMul", "MatMulIntegerToFloat"}


def tensor_shapes(model: onnx.ModelProto, *, batch: int, length: int) -> Shapes:
    """Walks through a graph, node by node, and infers what shape each gives.

    ONNX's own rules tell a node's output types from its input types. Where a shape depends on
    values (a Reshape's target), these come from the inputs' sizes through a few small tensors,
    which are computed on the way by ONNX's reference evaluator.

    Args:
        model: an ONNX model with its nodes in the order of computation; it is not changed.
            Weights kept in a second file need not be loaded.
        batch: the size of the inputs' axis 0 where it is free.
        length: the same for axis 1.
    """
    types: dict[str, onnx.TypeProto] = {}
    values: dict[str, onnx.TensorProto] = {}
    for value in model.graph.input:
        types[value.name] = _sized(value.type, batch, length)
    for weight in model.graph.initializer:
        types[weight.name] = helper.make_tensor_type_proto(weight.data_type, weight.dims)
        if weight.data_location != onnx.TensorProto.EXTERNAL and prod(weight.dims) <= _SMALL:
            values[weight.name] = weight
    for node in model.graph.node:
        if not _compute(node, model, types, values):
            types.update(_infer(node, model, types, values))
    return {name: shape for name in types if (shape := _shape(types[name])) is not None}


def _sized(asked: onnx.TypeProto, batch: int, length: int) -> onnx.TypeProto:
    """An input's type with sizes on its free axes 0 and 1."""
    sized = onnx.TypeProto()
    sized.CopyFrom(asked)
    for dim, size in zip(sized.tensor_type.shape.dim, (batch, length), strict=False):
        if not dim.HasField("dim_value"):
            dim.dim_value = size
    return sized


def _compute(
    node: onnx.NodeProto,
    model: onnx.ModelProto,
    types: dict[str, onnx.TypeProto],
    values: dict[str, onnx.TensorProto],
) -> bool:
    """Computes a node whose inputs' values are known; whether it could."""
    if node.op_type == "Shape" and (shape := _shape(types.get(node.input[0]))) is not None:
        outputs = [np.array(shape, np.int64)]
    elif node.domain in ("", "ai.onnx") and all(name in values for name in node.input if name):
        outputs = _evaluated(node, model, values)
    else:
        return False
    for name, output in zip(node.output, outputs, strict=True):
        tensor = numpy_helper.from_array(np.asarray(output), name)
        types[name] = helper.make_tensor_type_proto(tensor.data_type, tensor.dims)
        if output.size <= _SMALL:
            values[name] = tensor
    return True


def _evaluated(
    node: onnx.NodeProto, model: onnx.ModelProto, values: dict[str, onnx.TensorProto]
) -> list[np.ndarray]:
    used = [values[name] for name in dict.fromkeys(node.input) if name]
    named = [onnx.ValueInfoProto(name=name) for name in node.output]
    graph = helper.make_graph([node], "one", [], named, used)
    alone = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    return ReferenceEvaluator(alone).run(None, {})


def _infer(
    node: onnx.NodeProto,
    model: onnx.ModelProto,
    types: dict[str, onnx.TypeProto],
    values: dict[str, onnx.TensorProto],
) -> dict[str, onnx.TypeProto]:
    """What ONNX's rules, or ours for fused operators, tell of a node's outputs."""
    if node.domain == "com.microsoft" or node.op_type == "LayerNormalization":
        shape = _fused_shape(node, [_shape(types.get(name)) for name in node.input])
        kind = onnx.TensorProto.FLOAT
        return {} if shape is None else {node.output[0]: helper.make_tensor_type_proto(kind, shape)}
    versions = {entry.domain: entry.version for entry in model.opset_import}
    try:
        schema = onnx.defs.get_schema(node.op_type, versions[node.domain], node.domain)
        return shape_inference.infer_node_outputs(
            schema,
            node,
            {name: types[name] for name in node.input if name},
            {name: values[name] for name in node.input if name in values},
            opset_imports=list(model.opset_import),
            ir_version=model.ir_version,
        )
    except (KeyError, onnx.defs.SchemaError, shape_inference.InferenceError):
        return {}  # what cannot be told is missing


def _fused_shape(
    node: onnx.NodeProto, shapes: Sequence[tuple[int, ...] | None]
) -> tuple[int, ...] | None:
    """The shape that one of ONNX Runtime's own operators gives, None where it is not known."""
    if node.op_type in _LIKE_FIRST_INPUT:
        return shapes[0]
    if node.op_type in _EMBEDDINGS and shapes[0] and shapes[2]:  # ids, segment ids, table, ..
        return (*shapes[0], shapes[2][-1])
    if node.op_type in _PRODUCTS and shapes[0] and shapes[1]:
        turned = {one.name: one.i for one in node.attribute}
        rows = shapes[0][-1 if turned.get("transA") else -2]
        columns = shapes[1][-2 if turned.get("transB") else -1]
        front = np.broadcast_shapes(shapes[0][:-2], shapes[1][:-2])
        return (*front, rows, columns)
    return None


def _shape(told: onnx.TypeProto | None) -> tuple[int, ...] | None:
    if told is None or not told.tensor_type.HasField("shape"):
        return None
    dims = told.tensor_type.shape.dim
    return tuple(d.dim_value for d in dims) if all(d.HasField("dim_value") for d in dims) else None
