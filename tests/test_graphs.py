"""Summaries of graphs: operators with nested ones, counts, types, two models side by side."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from helpers.errors import InputError
from helpers.graphs import compare, count_ops, external_files, list_ops, summarize
from helpers.subgraphs import all_graphs, nested
from helpers.value_types import dimensions, element_text, type_text


def info(name, shape=("n",), kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def body(name, nodes, inputs=(), outputs=("inner",)):
    return helper.make_graph(nodes, name, [info(i) for i in inputs], [info(o) for o in outputs])


def model_of(nodes, inputs, outputs, weights=(), opset=17):
    graph = helper.make_graph(nodes, "made_by_hand", inputs, outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def linear(opset=17):
    """The sum w * x + w, with a weight of 6 numbers."""
    weight = numpy_helper.from_array(np.ones((2, 3), np.float32), "w")
    nodes = [helper.make_node("Mul", ["w", "x"], ["c"]), helper.make_node("Add", ["c", "w"], ["y"])]
    return model_of(nodes, [info("x", (2, 3))], [info("y", (2, 3))], [weight], opset)


def branching():
    """If over a Loop in one branch and nothing in the other; the else branch is stored first."""
    step = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Neg", ["v"], ["v2"])],
        "step",
        [info("i", (), TensorProto.INT64), info("go", (), TensorProto.BOOL), info("v")],
        [info("on", (), TensorProto.BOOL), info("v2")],
        [numpy_helper.from_array(np.zeros(4, np.float32), "unused")],
    )
    loop = helper.make_node("Loop", ["trips", "", "x"], ["inner"], body=step)
    node = helper.make_node("If", ["flag"], ["y"])
    node.attribute.append(helper.make_attribute("else_branch", body("b", [], outputs=("x",))))
    node.attribute.append(helper.make_attribute("then_branch", body("a", [loop])))
    inputs = [info("flag", (), TensorProto.BOOL), info("trips", (), TensorProto.INT64), info("x")]
    return model_of([helper.make_node("Relu", ["x"], ["r"]), node], inputs, [info("y")])


def test_operators_stand_in_order():
    assert list_ops(linear()) == ["Mul", "Add"]


def test_nested_operators_stand_in_brackets_and_the_then_branch_first():
    assert list_ops(branching()) == ["Relu", "If[then: Loop[Identity Neg] | else: -]"]


def test_nested_graphs_are_given_with_the_names_of_their_attributes():
    node = branching().graph.node[1]
    assert [(name, graph.name) for name, graph in nested(node)] == [
        ("then_branch", "a"),
        ("else_branch", "b"),
    ]
    assert nested(linear().graph.node[0]) == []


def test_a_list_of_graphs_is_nested_too():
    node = helper.make_node("Many", ["x"], ["y"], domain="test")
    node.attribute.append(helper.make_attribute("bodies", [body("a", []), body("b", [])]))
    assert [graph.name for _, graph in nested(node)] == ["a", "b"]
    model = model_of([node], [info("x")], [info("y")])
    assert list_ops(model) == ["test.Many[bodies: - | bodies: -]"]


def test_all_graphs_are_found_depth_first():
    names = [graph.name for graph in all_graphs(branching().graph)]
    assert names == ["made_by_hand", "a", "step", "b"]


def test_operators_of_other_domains_carry_their_domain():
    nodes = [
        helper.make_node("Gelu", ["x"], ["a"], domain="com.microsoft"),
        helper.make_node("Relu", ["a"], ["y"], domain="ai.onnx"),
    ]
    assert list_ops(model_of(nodes, [info("x")], [info("y")])) == ["com.microsoft.Gelu", "Relu"]


def test_counts_include_nested_graphs_and_are_sorted():
    assert list(count_ops(branching()).items()) == [
        ("Identity", 1), ("If", 1), ("Loop", 1), ("Neg", 1), ("Relu", 1),
    ]  # fmt: skip
    twice = linear()
    twice.graph.node.append(helper.make_node("Mul", ["y", "y"], ["z"]))
    assert list(count_ops(twice).items()) == [("Mul", 2), ("Add", 1)]


def test_a_summary_tells_types_and_weights():
    summary = summarize(branching())
    assert summary.opsets == {"ai.onnx": 17}
    assert summary.inputs == {"flag": "bool[]", "trips": "int64[]", "x": "float[n]"}
    assert summary.outputs == {"y": "float[n]"}
    assert summary.operators == list_ops(branching())
    assert summary.weights == 4  # in the body of the loop
    assert summarize(linear()).weights == 6


def test_weights_that_are_listed_as_inputs_are_no_inputs():
    model = linear()
    model.graph.input.append(info("w", (2, 3)))
    assert list(summarize(model).inputs) == ["x"]


def test_external_files_are_named_wherever_the_weights_stand():
    model = branching()
    assert external_files(model) == external_files(linear()) == []
    loop = model.graph.node[1].attribute[1].g.node[0]
    constant = model.graph.node.add(op_type="Constant").attribute.add(name="value").t
    inner = loop.attribute[0].g.initializer[0]
    for tensor, name in ((inner, "b.data"), (constant, "a.data"), (inner, "b.data")):
        tensor.external_data.add(key="location", value=name)
        tensor.external_data.add(key="offset", value="0")
    several = model.graph.node.add(op_type="Several").attribute.add(name="values").tensors.add()
    several.external_data.add(key="location", value="c.data")
    assert external_files(model) == ["a.data", "b.data", "c.data"]


def tensor_type(kind, shape):
    return helper.make_tensor_type_proto(kind, shape)


def list_of(kind):
    return helper.make_sequence_type_proto(kind)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (tensor_type(TensorProto.FLOAT, [1, "height", None]), "float[1, height, ?]"),
        (tensor_type(TensorProto.FLOAT, [0]), "float[0]"),
        (tensor_type(TensorProto.BFLOAT16, None), "bfloat16[...]"),
        (tensor_type(TensorProto.INT64, []), "int64[]"),
        (list_of(tensor_type(TensorProto.BOOL, [2])), "sequence(bool[2])"),
        (
            helper.make_optional_type_proto(list_of(tensor_type(TensorProto.BOOL, []))),
            "optional(sequence(bool[]))",
        ),
        (helper.make_map_type_proto(TensorProto.INT64, tensor_type(TensorProto.FLOAT, [])), "map"),
        (onnx.TypeProto(), "unknown"),
    ],
)
def test_types_as_text(kind, text):
    assert type_text(kind) == text


@pytest.mark.parametrize(
    ("kind", "dims"),
    [
        (tensor_type(TensorProto.FLOAT, [1, "height", None, 0]), (1, "height", "?", 0)),
        (tensor_type(TensorProto.FLOAT, []), ()),
        (tensor_type(TensorProto.FLOAT, None), ("...",)),
        (list_of(tensor_type(TensorProto.FLOAT, [2])), ()),
        (onnx.TypeProto(), ()),
    ],
)
def test_dimensions_are_told_one_by_one(kind, dims):
    assert dimensions(kind) == dims


def test_two_models_side_by_side_with_a_mark_where_they_differ():
    changed = linear(opset=18)
    changed.graph.node[1].op_type = "Sub"
    lines = compare(linear(), changed, names=["before", "after"]).splitlines()
    assert [line.split() for line in lines] == [
        ["before", "after"],
        ["*", "opset", "ai.onnx", "17", "18"],
        ["input", "x", "float[2,", "3]", "float[2,", "3]"],
        ["output", "y", "float[2,", "3]", "float[2,", "3]"],
        ["weights", "6", "6"],
        ["*", "Add", "1", "-"],
        ["Mul", "1", "1"],
        ["*", "Sub", "-", "1"],
    ]
    assert len({line.index(word) for line, word in zip(lines, ["before", "17"], strict=False)}) == 1


def test_lines_of_one_kind_stand_together():
    renamed = linear()
    renamed.graph.input[0].name = "z"
    lines = compare(linear(), renamed).splitlines()[1:]
    kinds = [line.replace("*", "").split()[0] for line in lines]
    assert kinds == ["opset", "input", "input", "output", "weights", "Add", "Mul"]
    assert [line[0] for line in lines] == [" ", "*", "*", " ", " ", " ", " "]


def test_equal_models_have_no_mark_and_headings_default_to_names(tmp_path):
    onnx.save(linear(), tmp_path / "linear.onnx")
    table = compare(tmp_path / "linear.onnx", linear())
    assert "*" not in table
    assert table.split()[:2] == ["linear.onnx", "made_by_hand"]


def test_two_columns_need_two_names():
    with pytest.raises(InputError, match=r"names=\['one'\]: two columns need two names"):
        compare(linear(), linear(), names=["one"])


def test_a_file_whose_weights_lie_elsewhere_needs_only_itself(tmp_path):
    path = tmp_path / "two.onnx"
    onnx.save(linear(), path, save_as_external_data=True, location="two.data", size_threshold=0)
    (tmp_path / "two.data").unlink()
    assert summarize(path).weights == 6
    assert list_ops(str(path)) == ["Mul", "Add"]


@pytest.mark.parametrize("content", [b"", b"no model at all", b"\x08\x08"])
def test_what_is_no_model_is_refused(tmp_path, content):
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"broken\.onnx: no ONNX model \(.*\); export it again"):
        list_ops(path)


NAMES = [b"Conv", b"in-name", b"out-name", b"own.set", b"w-name", b"mid-name", b"g-name", b"step-1"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_no_text_is_refused(tmp_path, name):
    text = """<ir_version: 8, opset_import: ["" : 17, "own.set" : 1]>
    g (float[1,1,3] q) => (float[1,1,3] r)
    <float[1,1,1] s = {2.0}> { t = Conv (q, s)  r = Relu (t) }"""
    model = onnx.parser.parse_model(text)
    model.graph.name, model.graph.node[0].name = "g-name", "step-1"
    model.graph.input[0].name = model.graph.node[0].input[0] = "in-name"
    model.graph.output[0].name = model.graph.node[1].output[0] = "out-name"
    model.graph.node[0].output[0] = model.graph.node[1].input[0] = "mid-name"
    model.graph.initializer[0].name = model.graph.node[0].input[1] = "w-name"
    path = tmp_path / "damaged.onnx"
    path.write_bytes(model.SerializeToString())
    assert summarize(path).operators == ["Conv", "Relu"]
    path.write_bytes(model.SerializeToString().replace(name, b"\xff" + name[1:]))
    with pytest.raises(InputError, match=r"damaged\.onnx: the name b'.xff.* is no text; copy or"):
        summarize(path)


def test_a_file_that_no_model_can_fill_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx, "load", None)
    path = tmp_path / "huge.onnx"
    with path.open("wb") as file:
        file.truncate(2**31)  # takes no room on the disk
    with pytest.raises(InputError, match=r"huge\.onnx: 2,147,483,648 bytes, more than .* apart"):
        summarize(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"absent\.onnx: no such file; export a model to it first"):
        count_ops(tmp_path / "absent.onnx")


def test_an_element_type_that_onnx_does_not_know_is_told_by_its_number():
    assert element_text(onnx.TensorProto.FLOAT) == "float"
    assert element_text(99) == "type 99"


def test_a_node_without_an_operator_can_be_compared():
    graph = onnx.helper.make_graph([onnx.NodeProto(input=["x"], output=["y"])], "g", [], [])
    model = onnx.helper.make_model(graph)
    assert [line for line in compare(model, model).splitlines() if line.startswith("*")] == []
