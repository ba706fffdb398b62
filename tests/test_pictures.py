"""Pictures of graphs: nothing overlaps, edges go down, bodies lie in their node, all is named."""

import itertools

import numpy as np
import onnx
import pytest
from IPython.core.formatters import DisplayFormatter
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch
from onnx import TensorProto, helper

from helpers.display import WIDTH
from helpers.errors import InputError
from helpers.operator_kinds import kind_of
from helpers.pictures import draw
from helpers.pictures import layout as layout_module
from helpers.pictures.boxes import diagram, shortened
from helpers.pictures.layers import Segment, crossings, order, places
from helpers.pictures.words import describe


def value(name, shape=("n",), kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def linear():
    nodes = [
        helper.make_node("Mul", ["a", "x"], ["c"]),
        helper.make_node("Add", ["c", "b"], ["output"]),
    ]
    inputs = [value(name, [10, 10]) for name in "axb"]
    return helper.make_graph(nodes, "linear_func", inputs, [value("output", [10, 10])])


def branch(name, op, *, inner=()):
    node = helper.make_node(op, ["x", "w"], [f"{name}_out"], name=f"{name}/{op}")
    return helper.make_graph([*inner, node], name, [], [value(f"{name}_out")])


def with_if(*, deep=False):
    inner = ()
    if deep:
        inside = helper.make_node(
            "If", ["cond"], ["w"],
            then_branch=helper.make_graph(
                [helper.make_node("Neg", ["v"], ["p"])], "deep_then", [], [value("p")]
            ),
            else_branch=helper.make_graph(
                [helper.make_node("Identity", ["v"], ["q"])], "deep_else", [], [value("q")]
            ),
        )  # fmt: skip
        inner = (inside,)
    nodes = [helper.make_node("Relu", ["x"], ["v"], name="before")]
    if not deep:
        nodes.append(helper.make_node("Exp", ["v"], ["w"]))
    nodes.append(
        helper.make_node(
            "If", ["cond"], ["y"], name="the_branch",
            then_branch=branch("then", "Add", inner=inner),
            else_branch=branch("else", "Mul", inner=inner),
        )
    )  # fmt: skip
    inputs = [value("cond", [], TensorProto.BOOL), value("x")]
    return helper.make_graph(nodes, "with_if", inputs, [value("y")])


def with_loop():
    body = helper.make_graph(
        [
            helper.make_node("Conv", ["state", "kernel"], ["next"], name="/conv/Conv"),
            helper.make_node("Identity", ["going"], ["go_on"]),
        ],
        "body",
        [value("i", [], TensorProto.INT64), value("going", [], TensorProto.BOOL), value("state")],
        [value("go_on", [], TensorProto.BOOL), value("next")],
    )
    kernel = helper.make_tensor("kernel", TensorProto.FLOAT, [1, 1, 3], [1.0, 2.0, 3.0])
    nodes = [helper.make_node("Loop", ["n", "", "x"], ["y"], name="/Loop", body=body)]
    inputs = [value("x"), value("n", [], TensorProto.INT64)]
    return helper.make_graph(nodes, "with_loop", inputs, [value("y")], initializer=[kernel])


def tangled():
    """A graph of 40 nodes at random, with values that are used far below where they are made."""
    random = np.random.default_rng(3)
    names, nodes = ["a", "b"], []
    for number in range(40):
        used = [str(name) for name in random.choice(names[-9:], 2)]
        made = [f"v{number}_{k}" for k in range(1 + number % 3)]
        nodes.append(helper.make_node(("Add", "MatMul", "Split")[number % 3], used, made))
        names += made
    outputs = [value(name) for name in names[-3:]]
    return helper.make_graph(nodes, "tangled", [value("a"), value("b")], outputs)


GRAPHS = {
    "linear": linear,
    "if": with_if,
    "if in if": lambda: with_if(deep=True),
    "loop": with_loop,
    "tangled": tangled,
}


@pytest.fixture(scope="module", params=[*GRAPHS, "bert"])
def graph(request, tiny_onnx):
    if request.param == "bert":
        return onnx.load(tiny_onnx).graph
    return GRAPHS[request.param]()


@pytest.fixture(scope="module")
def layout(graph):
    return diagram(graph)


@pytest.fixture(scope="module")
def picture(graph):
    return draw(graph)


def edges_of(box):
    """Left, top, right and bottom of a box or a frame."""
    if hasattr(box, "frames"):
        left, top = box.x - box.width / 2, box.y - box.height / 2
    else:
        left, top = box.x, box.y
    return left, top, left + box.width, top + box.height


def apart(one, other, by=0.0):
    left, top, right, bottom = edges_of(one)
    left_, top_, right_, bottom_ = edges_of(other)
    return right + by <= left_ or right_ + by <= left or bottom + by <= top_ or bottom_ + by <= top


def inside(inner, outer):
    a, b = edges_of(inner), edges_of(outer)
    return b[0] < a[0] and b[1] < a[1] and a[2] < b[2] and a[3] < b[3]


def test_no_two_boxes_overlap(layout):
    for part in layout.everything():
        for one, other in itertools.combinations(part.boxes, 2):
            assert apart(one, other, by=0.1), (one.title, other.title)
        for box in part.boxes:
            for one, other in itertools.combinations(box.frames, 2):
                assert apart(one, other, by=0.05)


def test_every_edge_goes_down_from_its_source_to_its_target(layout):
    for part in layout.everything():
        for link in part.links:
            heights = [y for _, y in link.points]
            assert np.diff(heights).min() > -1e-9
            source, target = edges_of(part.boxes[link.source]), edges_of(part.boxes[link.target])
            (x, y), (x_, y_) = link.points[0], link.points[-1]
            assert y == pytest.approx(source[3])
            assert source[0] <= x <= source[2]
            assert y_ == pytest.approx(target[1])
            assert target[0] <= x_ <= target[2]
            assert y + 0.2 < y_


def test_no_edge_runs_through_a_box(layout):
    for part in layout.everything():
        left, top, right, bottom = np.array([edges_of(box) for box in part.boxes]).T[..., None]
        for link in part.links:
            for (x, y), (x_, y_) in itertools.pairwise(link.points):
                across, down = np.linspace(x, x_, 9), np.linspace(y, y_, 9)
                within = (left < across) & (across < right)
                within &= (top + 1e-6 < down) & (down < bottom - 1e-6)
                assert not within.any(), (link, part.boxes[within.any(axis=1).argmax()].title)


def test_bodies_lie_inside_their_frames_and_frames_inside_their_node(layout):
    for part in layout.everything():
        for box in part.boxes:
            for frame in box.frames:
                assert inside(frame, box)
                for inner in frame.layout.boxes:
                    assert inside(inner, frame), (inner.title, frame.title)
                for link in frame.layout.links:
                    assert all(frame.x < x < frame.x + frame.width for x, _ in link.points)


def all_graphs(graph):
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from all_graphs(attribute.g)


def test_every_operator_name_and_value_is_drawn(graph, picture):
    texts = [text.get_text() for text in picture.axes[0].texts]
    for part in all_graphs(graph):
        used = {name for node in part.node for name in node.input}
        for node in part.node:
            assert texts.count(node.op_type) >= sum(n.op_type == node.op_type for n in part.node)
            assert shortened(node.name) in texts or not node.name
            assert all(shortened(name) in texts for name in node.output if name in used)
        for thing in (*part.input, *part.output, *part.initializer):
            assert shortened(thing.name) in texts


def test_everything_is_inside_the_picture_and_words_inside_their_boxes(picture):
    assert picture.get_size_inches()[0] == WIDTH
    (axes,) = picture.axes
    right, bottom = axes.get_xlim()[1], axes.get_ylim()[0]
    for box in picture.layouts[0].boxes:
        left, top, end, low = edges_of(box)
        assert min(left, top) > 0
        assert end < right
        assert low < bottom
    picture.draw_without_rendering()
    boxes = [box for part in picture.layouts[0].everything() for box in part.boxes]
    there = {}
    for text in axes.texts:
        there.setdefault(text.get_text(), []).append(text)
    for box in boxes:
        extents = [
            text.get_window_extent().transformed(axes.transData.inverted())
            for text in there[box.title]
        ]
        left, _, end, _ = edges_of(box)
        assert any(left < min(e.x0, e.x1) and max(e.x0, e.x1) < end for e in extents), box.title


def test_an_if_shows_its_branches_and_what_they_take_from_outside():
    layout = diagram(with_if())
    (node,) = [box for box in layout.boxes if box.frames]
    assert node.title == "If"
    assert sorted(frame.title for frame in node.frames) == ["else_branch", "then_branch"]
    for frame in node.frames:
        kinds = sorted((box.kind, box.title) for box in frame.layout.boxes)
        assert [pair for pair in kinds if pair[0] == "outer"] == [("outer", "w"), ("outer", "x")]
    dashed = {layout.boxes[link.source].title for link in layout.links if link.dashed}
    assert dashed == {"x", "Exp"}
    straight = {layout.boxes[link.source].title for link in layout.links if not link.dashed}
    assert "cond" in straight


def test_a_loop_shows_its_body_with_inputs_and_outputs():
    layout = diagram(with_loop())
    (frame,) = next(box.frames for box in layout.boxes if box.frames)
    assert frame.title == "body"
    kinds = {(box.kind, box.title) for box in frame.layout.boxes}
    assert {("input", "i"), ("input", "going"), ("input", "state"), ("outer", "kernel")} <= kinds
    assert {("output", "go_on"), ("output", "next"), ("operator", "Conv")} <= kinds
    assert ("initializer", "kernel") in {(box.kind, box.title) for box in layout.boxes}


def test_inputs_stand_in_their_order_and_types_below_their_names():
    boxes = {box.title: box for box in diagram(linear()).boxes}
    assert boxes["a"].x < boxes["x"].x < boxes["b"].x
    assert boxes["a"].y == boxes["x"].y == boxes["b"].y
    assert boxes["a"].note == "float[10, 10]"
    assert boxes["Mul"].y < boxes["Add"].y < boxes["output"].y


def test_symbolic_unknown_and_missing_dimensions_are_told():
    inputs = [value("s", ["n", 3]), value("u", [None, 0]), value("m", None)]
    graph = helper.make_graph([helper.make_node("Sum", ["s", "u", "m"], ["y"])], "g", inputs, [])
    notes = [box.note for box in diagram(graph).boxes if box.kind == "input"]
    assert notes == ["float[n, 3]", "float[?, 0]", "float[...]"]


def test_weights_and_constants_stand_just_above_what_uses_them():
    graph = linear()
    graph.node.insert(1, helper.make_node("Constant", [], ["k"], value_float=2.0))
    graph.node[2].input[1] = "k"
    graph.initializer.append(helper.make_tensor("unused", TensorProto.FLOAT, [1], [1.0]))
    boxes = {box.title: box for box in diagram(graph).boxes}
    assert boxes["Constant"].y == boxes["Mul"].y
    assert boxes["unused"].kind == "initializer"


def test_weights_can_be_left_out_and_the_model_is_not_changed(tiny_onnx):
    graph = onnx.load(str(tiny_onnx)).graph
    before = graph.SerializeToString()
    (layout,) = draw(graph, weights=False).layouts
    kinds = [box.kind for box in layout.boxes]
    assert graph.initializer and "initializer" not in kinds
    assert kinds.count("operator") == len(graph.node)
    assert graph.SerializeToString() == before


def test_a_value_from_nowhere_is_shown_as_such():
    graph = linear()
    del graph.input[2]
    (box,) = [box for box in diagram(graph).boxes if box.kind == "outer"]
    assert (box.title, box.note) == ("b", "from nowhere")


def test_nodes_in_a_wrong_order_are_drawn_and_a_circle_is_refused():
    graph = linear()
    nodes = list(graph.node)[::-1]
    del graph.node[:]
    graph.node.extend(nodes)
    boxes = {box.title: box for box in diagram(graph).boxes}
    assert boxes["Mul"].y < boxes["Add"].y
    graph.node[1].input[0] = "output"
    with pytest.raises(InputError, match="in a circle"):
        draw(graph)


def test_several_graphs_stand_beside_each_other_under_their_titles():
    picture = draw(linear(), with_loop(), titles=["left", "right"])
    one, other = picture.layouts
    assert max(edges_of(b)[2] for b in one.boxes) < min(edges_of(b)[0] for b in other.boxes)
    assert {"left", "right"} <= {text.get_text() for text in picture.axes[0].texts}
    with pytest.raises(InputError, match="2 graphs need as many titles"):
        draw(linear(), linear(), titles=["one"])


def test_a_model_and_a_file_are_drawn_like_their_graph(tmp_path):
    model = helper.make_model(linear())
    onnx.save(model, tmp_path / "linear.onnx")
    name, path = model.graph.name, tmp_path / "linear.onnx"
    pictures = [draw(model.graph), draw(model)]
    pictures += [draw(file, titles=[name]) for file in (path, str(path))]
    assert len({picture._repr_png_()[0] for picture in pictures}) == 1
    assert pictures[0].alt.startswith(f"{name}: inputs")
    assert draw(path).alt.startswith("linear.onnx: inputs")
    with pytest.raises(InputError, match=r"gone\.onnx: no such file"):
        draw(tmp_path / "gone.onnx")


def test_a_notebook_shows_a_png_with_its_words():
    picture = draw(linear())
    data, metadata = DisplayFormatter().format(picture)
    assert data["image/png"].startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == picture.alt == describe(linear())
    assert data["text/plain"] == f"<Picture of {picture.alt}>"
    assert picture.alt == (
        "linear_func: inputs a, x, b; c = Mul(a, x); output = Add(c, b); outputs output"
    )


def test_words_of_large_graphs_count_and_those_of_bodies_nest(tiny_onnx):
    words = describe(onnx.load(tiny_onnx).graph)
    assert "MatMul" in words
    assert len(words) < 1000
    assert "with body [body: inputs i, going, state; next = Conv(state, kernel)" in describe(
        with_loop()
    )


def test_a_graph_much_too_large_is_refused():
    nodes = [helper.make_node("Relu", [f"v{n}"], [f"v{n + 1}"]) for n in range(600)]
    graph = helper.make_graph(nodes, "long", [value("v0")], [value("v600")])
    with pytest.raises(InputError, match="600 nodes are too many for one picture"):
        draw(graph)


def test_an_operator_has_a_kind_and_control_flow_is_one():
    assert kind_of("Mul") == kind_of("Add") == "arithmetic and logic"
    assert {kind_of(op) for op in ("If", "Loop", "Scan")} == {"control flow"}
    assert kind_of("Mull") == "other"


def test_what_depends_on_weights_alone_stands_just_above_its_user():
    graph = linear()
    graph.initializer.append(helper.make_tensor("w", TensorProto.FLOAT, [10, 10], [1.0] * 100))
    graph.node.insert(1, helper.make_node("Identity", ["w"], ["copy"]))
    graph.node.append(helper.make_node("Sub", ["output", "copy"], ["rest"]))
    boxes = {box.title: box for box in diagram(graph).boxes}
    assert boxes["Identity"].y == boxes["Add"].y
    assert boxes["w"].y == boxes["Mul"].y


def test_crossings_are_counted_and_undone():
    rows = [[0, 1], [2, 3]]
    segments = [Segment(0, 3), Segment(1, 2)]
    assert crossings(rows, segments) == 1
    order(rows, segments)
    assert crossings(rows, segments) == 0


def test_ports_count_as_places_when_crossings_are_undone():
    rows = [[0, 1], [2]]
    segments = [Segment(0, 2, end=0.1), Segment(1, 2, end=-0.1)]
    assert crossings(rows, segments) == 1
    order(rows, segments)
    assert crossings(rows, segments) == 0


def test_places_keep_the_order_and_the_distance():
    x = places([[0, 1, 2], [3]], [Segment(0, 3), Segment(2, 3)], [1.0, 2.0, 1.0, 1.0], 0.25)
    assert x[1] - x[0] >= 1.75 - 1e-9
    assert x[2] - x[1] >= 1.75 - 1e-9
    assert x[3] == pytest.approx((x[0] + x[2]) / 2)


def odd(nodes, inputs=("x",), outputs=("y",), name="odd"):
    return helper.make_graph(
        nodes, name, [value(i, [1]) for i in inputs], [value(o, [1]) for o in outputs]
    )


@pytest.mark.parametrize(
    "graph",
    [
        odd([], inputs=(), outputs=()),
        odd([helper.make_node("Relu", ["x"], ["y"])], outputs=()),
        odd([helper.make_node("Clip", ["x", "", "x"], ["y"])]),
        odd([helper.make_node("Relu", ["x"], ["y"], name="$a_b^{<i>&")], name="$\\frac{1}"),
        odd([helper.make_node("Op" * 500, ["x"], ["y"])], name="long " * 500),
    ],
    ids=["empty", "no outputs", "a left-out input", "markup", "long names"],
)
def test_an_odd_graph_is_drawn_and_can_be_read(graph):
    png, _ = draw(graph)._repr_png_()
    width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    assert width > 500 and height > 60


def test_what_would_be_too_small_to_read_is_refused():
    beside = [helper.make_node("Relu", ["x"], [f"y{i}"]) for i in range(2000)]
    with pytest.raises(InputError, match="2000 nodes are too many for one picture"):
        draw(odd(beside, outputs=()))


def dense(count):
    """Every node reads all that was made before it."""
    names = ["x", *(f"v{number}" for number in range(count))]
    nodes = [helper.make_node("Sum", names[: n + 1], [names[n + 1]]) for n in range(count)]
    return odd(nodes, outputs=names[-1:])


def test_a_tangle_is_refused_before_it_is_arranged(monkeypatch):
    monkeypatch.setattr(layout_module, "chain", None)  # arranging would call it
    with pytest.raises(InputError) as caught:
        draw(dense(150))
    assert str(caught.value) == (
        "152 boxes and 573,801 pieces of links are more than the 5,000 that a picture holds; cut a "
        "part out with onnx.utils.extract_model, or open the file in Netron with helpers.viewer"
    )


def branches(count, inner):
    """A chain of Ifs, each with one body of so many nodes."""
    body = [helper.make_node("Relu", ["x"], [f"b{number}"]) for number in range(inner)]
    branch = helper.make_graph(body, "b", [], [])
    return odd(
        [helper.make_node("If", [f"v{n}"], [f"v{n + 1}"], then_branch=branch) for n in range(count)]
    )


def with_weights(count, layers):
    """A few Ifs, whose bodies have few nodes and many weights."""
    names = [[f"w{n}_{m}" for m in range(8)] for n in range(layers)]
    body = [helper.make_node("Sum", row, [f"b{n}"]) for n, row in enumerate(names)]
    weights = [TensorProto(name=name, dims=[1], data_type=1) for row in names for name in row]
    branch = helper.make_graph(body, "b", [], [], weights)
    return odd(
        [helper.make_node("If", [f"v{n}"], [f"v{n + 1}"], then_branch=branch) for n in range(count)]
    )


@pytest.mark.parametrize(
    ("graphs", "told"),
    [
        ([branches(30, 3)], None),
        ([branches(200, 20)], "2,640 boxes and 2,400 pieces of links are more than"),
        ([branches(5_001, 0)], "5,001 boxes and 0 "),
        ([with_weights(20, 50)], "boxes and .* more than the 5,000"),
        ([branches(30, 3)] * 15, "boxes and .* pieces of links are more than the 5,000"),
    ],
    ids=["few", "in bodies", "bodies alone", "weights in bodies", "side by side"],
)
def test_a_picture_has_one_allowance_for_its_graphs_and_their_bodies(graphs, told):
    if told is None:
        assert draw(*graphs).layouts
        return
    with pytest.raises(InputError, match=told):
        draw(*graphs)


def test_links_do_not_make_the_axes_work_out_their_limits(monkeypatch):
    # for each curve that takes ten times as long as drawing it, and the limits are known
    monkeypatch.setattr(Axes, "_update_patch_limits", None)
    monkeypatch.setattr(Axes, "update_datalim", None)
    picture = draw(dense(20), with_loop())
    assert len(picture.axes[0].findobj(FancyArrowPatch)) > 200


def test_a_name_that_is_given_twice_is_named():
    nodes = [helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Neg", ["x"], ["y"])]
    with pytest.raises(InputError, match="the name 'y' is given twice"):
        draw(odd(nodes))


@pytest.mark.parametrize("content", [b"", b"no model"])
def test_a_file_that_is_no_model_is_named(tmp_path, content):
    path = tmp_path / "junk.onnx"
    path.write_bytes(content)
    with pytest.raises(InputError, match="no ONNX model"):
        draw(path)
