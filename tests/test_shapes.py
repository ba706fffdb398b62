"""Shapes told by walking through a graph are those that a run gives."""

import numpy as np
import onnx
import onnxruntime
import pytest

from helpers.shapes import tensor_shapes


@pytest.mark.parametrize(("batch", "length"), [(1, 128), (3, 50)])
def test_every_shape_is_the_one_that_a_run_gives(tiny_onnx, batch, length):
    model = onnx.load(tiny_onnx)
    told = tensor_shapes(model, batch=batch, length=length)
    names = [name for node in model.graph.node for name in node.output]
    assert len(names) > 100
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    ones = np.ones((batch, length), np.int64)
    given = session.run(names, {value.name: ones for value in session.get_inputs()})
    assert {n: told[n] for n in names} == {n: x.shape for n, x in zip(names, given, strict=True)}


def test_the_model_is_not_changed_and_weights_elsewhere_are_not_needed(tiny_onnx, tmp_path):
    model = onnx.load(tiny_onnx)
    before = model.SerializeToString()
    told = tensor_shapes(model, batch=1, length=16)
    assert model.SerializeToString() == before
    path = tmp_path / "two-files.onnx"
    onnx.save(model, path, save_as_external_data=True, location="weights", size_threshold=4096)
    (tmp_path / "weights").unlink()
    assert tensor_shapes(onnx.load(path, load_external_data=False), batch=1, length=16) == told


def test_what_cannot_be_told_is_missing():
    node = onnx.helper.make_node("Mystery", ["x"], ["y"], domain="somewhere.else")
    after = onnx.helper.make_node("Relu", ["y"], ["z"])
    x = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["b", "s", "free"])
    graph = onnx.helper.make_graph([node, after], "g", [x], [onnx.ValueInfoProto(name="z")])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    assert tensor_shapes(model, batch=1, length=2) == {}
