"""A graph before and after: what was cut out, what replaced what, and which boxes are marked."""

import onnx
import pytest
from onnx import TensorProto, helper

from helpers.errors import InputError
from helpers.exports import export_bert
from helpers.fusion import fuse_bert
from helpers.models import load
from helpers.pictures import draw
from helpers.rewrites import named_part, numbered, part, stands_for


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    """One BERT layer, as exported and fused, cut out of both files as chapter 06 does."""
    folder = tmp_path_factory.mktemp("rewrites")
    bert = load("embedded", layers=1)
    export_bert(bert.model, folder / "one.onnx")
    fuse_bert(folder / "one.onnx", folder / "fused.onnx", bert.model.config)
    files = (folder / name for name in ("one.onnx", "fused.onnx"))
    return [named_part(file, "/layer.0/", shapes=False) for file in files]


def boxes(layout, *, marked):
    found = [box for box in layout.boxes if box.kind == "operator" and bool(box.mark) == marked]
    return sorted((box.mark, box.title) for box in found)


NORM = ["Add", "Add", "Add", "Add", "Div", "Mul", "Pow", "ReduceMean", "ReduceMean", "Sqrt", "Sub"]
GELU = ["Add", "Add", "Div", "Erf", "Mul", "Mul"]
ATTENTION = [*["Add"] * 4, *["MatMul"] * 5, "Mul", *["Reshape"] * 4, "Softmax", *["Transpose"] * 4]


def test_a_fused_layer_marks_each_new_operator_and_all_that_it_replaced(layers):
    before, after = layers
    left, right = draw(before, after, marks=numbered(before, after), names=False).layouts
    new = ["Attention", "SkipLayerNormalization", "BiasGelu", "SkipLayerNormalization"]
    assert boxes(right, marked=True) == list(zip("1234", new, strict=True))
    old = [*(("1", op) for op in ATTENTION), *(("2", op) for op in NORM)]
    old += [*(("3", op) for op in GELU), *(("4", op) for op in NORM)]
    assert boxes(left, marked=True) == sorted(old)
    for layout in (left, right):
        assert boxes(layout, marked=False) == [("", "MatMul")] * 3


def test_what_gives_the_same_value_stands_at_the_same_height(layers):
    before, after = layers
    left, right = draw(before, after, marks=numbered(before, after), names=False).layouts
    heights = {box.value: box.y for box in left.boxes if box.kind == "operator"}
    for box in right.boxes:
        if box.kind == "operator":
            assert box.y == pytest.approx(heights[box.value])
    assert left.height == pytest.approx(right.height)


def test_the_words_of_the_picture_tell_what_each_mark_stands_on(layers):
    before, after = layers
    picture = draw(before, after, marks=numbered(before, after))
    assert "mark 3: 2 Add, 1 Div, 1 Erf, 2 Mul / 1 BiasGelu" in picture.alt
    assert "one number: the same work" in {text.get_text() for text in picture.axes[0].texts}
    assert "mark" not in draw(before, after).alt


def test_marks_are_needed_for_every_graph(layers):
    with pytest.raises(InputError, match="marks for 1 of 2 graphs"):
        draw(*layers, marks=[{}])


# --- small graphs -----------------------------------------------------------------------------


def graph_of(*nodes, inputs="x", outputs="y"):
    values = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in names]
        for names in (inputs, outputs)
    ]
    weight = helper.make_tensor("w", TensorProto.FLOAT, [2], [1, 2])
    nodes = [helper.make_node(op, list(takes), list(gives)) for op, takes, gives in nodes]
    return helper.make_graph(nodes, "g", *values, [weight])


def test_a_part_takes_what_others_make_and_gives_what_others_use():
    graph = graph_of(
        ("Relu", "x", "a"), ("Mul", "aw", "b"), ("Add", "bx", "c"), ("Neg", "b", "y")
    )  # fmt: skip
    cut = part(graph, graph.node[1:3])
    assert [node.op_type for node in cut.node] == ["Mul", "Add"]
    assert [list(node.input) for node in cut.node] == [["a", ""], ["b", "x"]]
    assert [value.name for value in cut.input] == ["a", "x"]
    assert [value.name for value in cut.output] == ["b", "c"]  # Neg takes b, nobody takes c
    assert graph.node[1].input[1] == "w"


def test_a_part_can_do_without_what_only_computes_sizes():
    graph = graph_of(
        ("Shape", "x", "s"), ("Constant", "", "k"), ("Gather", "sk", "n"), ("Concat", "nk", "t"),
        ("Reshape", "xt", "y"),
    )  # fmt: skip
    assert [node.op_type for node in part(graph, graph.node, shapes=False).node] == ["Reshape"]
    kept = part(graph, graph.node)
    assert [node.op_type for node in kept.node] == ["Shape", "Gather", "Concat", "Reshape"]


def test_a_parts_inputs_and_outputs_can_be_called_as_the_reader_knows_them():
    graph = graph_of(("Relu", "x", "a"), ("Neg", "a", "y"))
    cut = part(graph, graph.node[1:], inputs=["in"], outputs=["out"])
    assert (list(cut.node[0].input), list(cut.node[0].output)) == (["in"], ["out"])
    with pytest.raises(InputError, match=r"inputs=\['p', 'q'\]: it has 1: a"):
        part(graph, graph.node[1:], inputs=["p", "q"])


def test_a_part_of_a_file_is_found_by_what_its_names_hold(tmp_path):
    graph = graph_of(("Relu", "x", ["/one/a"]), ("Neg", ["/one/a"], ["/two/b"]))
    onnx.save(helper.make_model(graph), tmp_path / "two.onnx")
    cut = named_part(tmp_path / "two.onnx", "/two/", outputs=["out"])
    assert [(node.op_type, list(node.output)) for node in cut.node] == [("Neg", ["out"])]
    with pytest.raises(InputError, match="no nodes to cut out"):
        named_part(tmp_path / "two.onnx", "/three/")
    with pytest.raises(InputError, match="no such file"):
        named_part(tmp_path / "none.onnx", "/two/")


def test_what_cannot_be_cut_out_is_refused():
    graph = graph_of(("Relu", "x", "y"))
    with pytest.raises(InputError, match="no nodes to cut out"):
        part(graph, [])
    node = helper.make_node("If", ["x"], ["y"], then_branch=graph, else_branch=graph)
    with pytest.raises(InputError, match="If: holds a graph; cut around it"):
        part(graph, [node])


def test_nodes_that_stayed_stand_for_nothing_and_a_new_name_cannot_be_traced():
    before = graph_of(("Mul", "xw", "a"), ("Add", "aw", "b"), ("Relu", "b", "y"))
    after = graph_of(("Gemm", "xw", "b"), ("Relu", "b", "y"))
    assert stands_for(before, after) == {"b": ["a", "b"]}
    assert numbered(before, after) == ({"a": "1", "b": "1"}, {"b": "1"})
    assert stands_for(before, before) == {}
    with pytest.raises(InputError, match="z: the graph before the rewrite has no value"):
        stands_for(before, graph_of(("Gemm", "xw", "z")))


def test_another_operator_under_the_same_name_is_new():
    before = graph_of(("Add", "xw", "y"))
    assert stands_for(before, graph_of(("Sub", "xw", "y"))) == {"y": ["y"]}
