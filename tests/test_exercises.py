"""The checks of the exercises: right answers pass, typical wrong ones get a line that helps."""

import io
import math
import re
import shutil
from importlib import import_module
from pathlib import Path

import nbformat
import numpy as np
import onnx
import pytest
import torch
from verdict_checks import assert_right, says

from helpers.chapters import NOTEBOOKS, chapter_paths, solution_paths
from helpers.errors import InputError
from helpers.exercises import EXERCISES, check, handout
from helpers.exercises.differing import first_difference
from helpers.exports import export_bert
from helpers.squad import window_starts
from helpers.subgraphs import all_graphs

NUMBERS = [f"{name}.{one}" for name, count in EXERCISES.items() for one in range(1, count + 1)]
parse = onnx.parser.parse_model
pytestmark = pytest.mark.filterwarnings("ignore")  # exporters warn of their age, and of traces
HEAD = '<ir_version: 8, opset_import: ["" : 17]>'


# --- all checks ---------------------------------------------------------------------------------


def test_each_chapter_has_three_to_five_exercises_and_a_check_for_each():
    for name, count in EXERCISES.items():
        module = import_module(f"helpers.exercises.chapter_{name}")
        assert 3 <= count <= 5
        assert list(module.CHECKS) == [f"{name}.{one}" for one in range(1, count + 1)]
        assert set(module.HANDOUTS) <= set(module.CHECKS)


@pytest.mark.parametrize("number", NUMBERS)
def test_none_is_no_answer_yet(number):
    assert says(number, None) == "nothing given yet; write your answer in place of None"


def test_an_unknown_exercise_is_refused_with_those_there_are():
    for number in ("1.2", "00.0", "00.4", "00.01", "99.1", "", "00", "00.1.1", "x"):
        with pytest.raises(InputError, match=r"no such exercise; there are 00\.1 to 00\.3, 01"):
            check(number, 1)
    with pytest.raises(InputError, match=r'^check\(1\.2, answer\): .* as text.*: check\("01\.2"'):
        check(1.2, 1)
    with pytest.raises(InputError, match=r"^handout\('02\.1'\): this exercise starts from nothing"):
        handout("02.1")


@pytest.mark.parametrize("number", [n for n in NUMBERS if n in ("01.3", "01.4", "02.3", "02.4")])
def test_a_handout_is_made_anew_and_no_answer_by_itself(number):
    first, second = handout(number), handout(number)
    assert first == second and first is not second
    says(number, first)


@pytest.mark.parametrize("path", solution_paths(), ids=lambda path: path.stem)
def test_a_solution_notebook_solves_each_exercise_of_its_chapter(path):
    cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    told = [o.data["text/plain"] for c in cells for o in c.outputs if o.output_type[:4] == "exec"]
    right = [line.split(":")[0] for line in told if re.match(r"\d\d\.\d: right\. ", line)]
    assert right == [number for number in NUMBERS if number[:2] == path.name[:2]]


def test_each_chapter_with_exercises_has_its_solutions():
    there = [path.name[:2] for path in chapter_paths()]
    assert [path.name[:2] for path in solution_paths()] == list(EXERCISES)
    assert set(EXERCISES) <= set(there)


@pytest.mark.parametrize(
    "path", [p for p in chapter_paths() if p.name[:2] in EXERCISES], ids=lambda path: path.stem
)
def test_a_chapter_asks_each_of_its_exercises_once_and_links_the_solutions(path):
    cells = nbformat.read(path, as_version=4).cells
    asked = []
    for cell in cells:
        if found := re.search(r'^check\("([\d.]+)", answer\)$', cell.source, re.MULTILINE):
            asked.append(found.group(1))
            assert re.search(r"^answer = None  # \S", cell.source, re.MULTILINE)
            assert cell.outputs[-1].data["text/plain"] == repr(check(asked[-1], None))
    assert asked == [number for number in NUMBERS if number[:2] == path.name[:2]]
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert [n for n in asked if f"**{n}** " not in prose] == []
    assert f"](solutions/{path.name})" in prose
    assert (NOTEBOOKS / "solutions" / path.name).is_file()


# --- 00 -----------------------------------------------------------------------------------------


def test_an_array_that_fits():
    table = handout("00.1")
    assert_right("00.1", table.T.astype(np.float32))
    assert "tensor(double)" in says("00.1", table.T)
    assert "index: 0 Got: 16 Expected: 2" in says("00.1", table.astype(np.float32))
    reshaped = says("00.1", table.reshape(2, 16).astype(np.float32))
    assert "takes the array, but the numbers stand in wrong places: its row 0" in reshaped
    assert says("00.1", table.T.tolist()).startswith("a NumPy array is wanted, and this is list [")


def agree(found, expected):
    return found.shape == expected.shape and bool((np.abs(found - expected) <= 1e-6).all())


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda a, b: a.shape == b.shape and (a - b).max() < 1e-6, "off by -0.001 it says True"),
        (lambda a, b: bool(np.abs(a - b).max() < 1e-6), r"shapes \(8,\) and \(2, 8\) it says True"),
        (lambda a, b: a.shape == b.shape and np.allclose(a, b), "near 1000 .* it says True"),
        (lambda a, b: np.array_equal(a, b), "ten-millionth it says False"),
        (lambda a, b: agree(np.nan_to_num(a), np.nan_to_num(b)), "NaN in the same place of both"),
        (
            lambda a, b: a.shape == b.shape and np.allclose(a, b, rtol=0, atol=5e-4),
            "off by 0.000003 it says True",
        ),
        (
            lambda a, b: a.shape == b.shape and bool(np.abs(a - b).mean() <= 1e-6),
            "off by 0.000003 it says True",
        ),
        (
            lambda a, b: a.size == b.size and agree(a.ravel(), b.ravel()),
            r"shapes \(2, 8\) and \(4, 4\) it says True",
        ),
        (
            lambda a, b: not np.isnan(a).any() and agree(a, np.where(np.isnan(b), a, b)),
            "NaN in the second array it says True",
        ),
        (lambda a, b: np.abs(a - b).max(), "True or False is wanted; for two equal arrays .*0.0"),
        (lambda a, b: a.nothing, "raises AttributeError .* for two equal arrays"),
        (lambda a: True, "raises TypeError .* takes 1 positional argument"),
        (agree(np.zeros(1), np.zeros(1)), "a function of two arrays is wanted, and this is bool"),
    ],
)
def test_wrong_comparisons(function, told):
    assert re.search(told, says("00.2", function))


def test_a_right_comparison():
    assert_right("00.2", agree)


def export_small(path, activation, *, train=False, names=("x", "y")):
    layers = torch.nn.Linear(16, 8), activation, torch.nn.Dropout(0.5)
    model = torch.nn.Sequential(*layers).train(train)
    mode = torch.onnx.TrainingMode.TRAINING if train else torch.onnx.TrainingMode.EVAL
    torch.onnx.export(
        model, (torch.ones(2, 16),), str(path), dynamo=False, opset_version=20, training=mode,
        input_names=names[:1], output_names=names[1:], do_constant_folding=not train,
    )  # fmt: skip
    return path


def test_another_activation(tmp_path):
    path = export_small(tmp_path / "gelu.onnx", torch.nn.GELU())
    assert_right("00.3", path)
    assert_right("00.3", str(path))
    relu = export_small(tmp_path / "relu.onnx", torch.nn.ReLU())
    assert "still computes Linear and ReLU" in says("00.3", relu)
    tanh = export_small(tmp_path / "tanh.onnx", torch.nn.Tanh())
    assert "GELU of Linear, on a fresh x: the numbers are wrong, by up to" in says("00.3", tanh)
    named = export_small(tmp_path / "named.onnx", torch.nn.GELU(), names=("a", "b"))
    assert "inputs are ['a'], and ['x'] are wanted" in says("00.3", named)
    train = export_small(tmp_path / "train.onnx", torch.nn.GELU(), train=True)
    assert "gives two outputs" in says("00.3", train)
    other = says("00.3", export_small(tmp_path / "other.onnx", torch.nn.Sequential(
        torch.nn.GELU(), torch.nn.Linear(8, 8)
    )))  # fmt: skip
    assert "one array of 8 x 16 numbers and one of 8 are wanted" in other and "[8, 8]" in other
    two = tmp_path / "two.onnx"
    onnx.save_model(
        onnx.load(path), two, save_as_external_data=True, location="two.data", size_threshold=0
    )
    assert "two.onnx is not alone: it keeps weights in two.data" in says("00.3", two)


def test_weights_may_stand_in_constants(tmp_path):
    model = onnx.load(export_small(tmp_path / "gelu.onnx", torch.nn.GELU()))
    for tensor in model.graph.initializer:
        node = onnx.helper.make_node("Constant", [], [tensor.name], value=tensor)
        model.graph.node.insert(0, node)
    model.graph.ClearField("initializer")
    onnx.save(model, tmp_path / "constants.onnx")
    assert_right("00.3", tmp_path / "constants.onnx")
    layers = torch.nn.Linear(16, 8), torch.nn.GELU(), torch.nn.Dropout(0.5)
    frozen = torch.jit.freeze(torch.jit.script(torch.nn.Sequential(*layers).eval()))
    path = tmp_path / "frozen.onnx"
    names = {"input_names": ["x"], "output_names": ["y"]}
    torch.onnx.export(frozen, (torch.ones(2, 16),), str(path), dynamo=False, **names)
    assert_right("00.3", path)


# --- 01 -----------------------------------------------------------------------------------------


def test_the_tag():
    assert_right("01.1", (2047, 0))
    assert says("01.1", (31, 0)) == "the tag of field 31 with wire type 0 is f8 01"
    assert says("01.1", (2047, 2)).endswith("is fa 7f")
    for wrong in [(31, 0), (4095, 0), (1023, 4), ("2047", 0), (2047,), (0, 0), (2047, 8)]:
        assert not re.search(r"\bf8 7f\b|number 2047\b", says("01.1", wrong))


def tensor(**parts):
    return onnx.TensorProto(**{"dims": [3], "data_type": 1, **parts}).SerializeToString()


def test_the_tensor():
    right = tensor(float_data=[1.5, -2, 0.25])
    assert_right("01.2", right)
    numbers = np.float32([1.5, -2, 0.25])
    single = b"".join(b"\x25" + number.tobytes() for number in numbers)  # not packed: legal, too
    assert "instead of 19" in repr(check("01.2", b"\x08\x03\x10\x01" + single))
    assert "dims [] and data_type FLOAT" in says("01.2", tensor(dims=[]))
    assert "its float_data is []" in says("01.2", tensor(raw_data=numbers.tobytes()))
    packed = b"\x08\x03\x10\x01\x22\x0c"
    assert "its float_data is [6.89649e-41, " in says(
        "01.2", packed + numbers.astype(">f4").tobytes()
    )
    assert "byte 6: 3 bytes are no whole number of floats" in says(
        "01.2", b"\x08\x03\x10\x01\x22\x03" + numbers.tobytes()
    )
    assert "12 bytes should follow" in says("01.2", packed + numbers.tobytes()[:-1])
    assert "fields more: [8]" in says("01.2", right + b"\x42\x01a")


def renamed(model, *, nested=True, readers=True):
    for graph in all_graphs(model.graph) if nested else [model.graph]:
        for node in graph.node:
            lists = (node.input, node.output) if readers else (node.output,)
            for names in lists:
                names[:] = ["scaled" if name == "s" else name for name in names]
    return model


def test_the_captured_edge():
    assert_right("01.3", renamed(handout("01.3")))
    assert says("01.3", handout("01.3")) == "no edge in it is called 'scaled'"
    writer = says("01.3", renamed(handout("01.3"), readers=False))
    assert "full check refuses" in writer and "'s'" in writer
    assert "'s'" in says("01.3", renamed(handout("01.3"), nested=False))
    copied = handout("01.3")
    copied.graph.node.insert(2, onnx.helper.make_node("Identity", ["s"], ["scaled"]))
    assert "the name 's' still stands in it, 5 times" in says("01.3", copied)
    other = renamed(handout("01.3"))
    other.graph.node[5].attribute[0].g.node[0].op_type = "Mul"
    assert "the then branch: the numbers are wrong" in says("01.3", other)


def test_the_captured_edge_and_nothing_else():
    named = renamed(handout("01.3"))
    named.graph.name = "other"
    assert says("01.3", named).endswith("something else has changed: graph.name")
    dead = renamed(handout("01.3"))
    dead.graph.node.add(op_type="Exp", input=["x"], output=["unread"])
    assert "graph.node has 7 entries in place of 6" in says("01.3", dead)
    text = onnx.printer.to_text(renamed(handout("01.3")))
    assert_right("01.3", parse(text))
    inner = says("01.3", parse(text.replace("up", "higher")))
    assert inner.endswith("graph.node[5].attribute[0].g.node[0].output[0]")
    without_if = text[: text.index("y = If")]
    without_if += "up = Add(scaled, two) down = Neg(scaled) y = Where(positive, up, down) }"
    assert "graph.node has 8 entries in place of 6" in says("01.3", parse(without_if))
    model, other = handout("01.3"), handout("01.3")
    assert first_difference(model, other) is None
    other.graph.node[0].attribute[0].f = 3
    assert first_difference(other, model) == "graph.node[0].attribute[0].f"
    other.graph.node[0].ClearField("attribute")
    assert first_difference(other, model) == "graph.node[0].attribute has 0 entries in place of 1"


def save_two(folder, threshold=1024):
    folder.mkdir(exist_ok=True)
    names = {"location": "m.data", "size_threshold": threshold}
    onnx.save_model(handout("01.4"), folder / "m.onnx", save_as_external_data=True, **names)
    return folder


def test_the_two_files(tmp_path):
    folder = save_two(tmp_path / "both")
    assert_right("01.4", folder)
    assert_right("01.4", str(folder))
    before = sorted((path.name, path.stat().st_size) for path in folder.iterdir())
    told = says("01.4", save_two(folder))
    assert "m.data has 526,336 bytes, and all weights together have 263,168" in told
    assert before[0] == ("m.data", 263168)
    assert "holds ['m.data', 'm.onnx', 'n.onnx']" in says("01.4", with_more(folder))
    (save_two(tmp_path / "alone") / "m.data").unlink()
    assert "m.onnx cannot be read with its weights" in says("01.4", tmp_path / "alone")
    assert "lie in m.onnx itself" in says("01.4", save_two(tmp_path / "one", threshold=10**9))
    (tmp_path / "empty").mkdir()
    assert "it holds []" in says("01.4", tmp_path / "empty")
    assert "a folder is wanted" in says("01.4", folder / "m.onnx")


def test_a_large_weight_that_stayed_in_the_file_is_noticed_in_whichever_field(tmp_path):
    for field in ("float_data", "Constant"):
        model = handout("01.4")
        first = model.graph.initializer[0]
        if field == "float_data":
            values = onnx.numpy_helper.to_array(first).ravel().tolist()
            first.ClearField("raw_data")
            first.float_data.extend(values)
        else:
            node = onnx.helper.make_node("Constant", [], ["first"], value=first)
            model.graph.node.insert(0, node)
            del model.graph.initializer[0]
        (folder := tmp_path / field).mkdir()
        names = {"location": "m.data", "convert_attribute": False, "size_threshold": 1000}
        onnx.save_model(model, folder / "m.onnx", save_as_external_data=True, **names)
        assert (folder / "m.data").stat().st_size == 1024
        told = "first" if field == "float_data" else "some of them"
        assert f"weights lie in m.onnx itself: {told}" in says("01.4", folder)


def test_a_folder_of_very_many_things_is_not_gone_through(tmp_path, monkeypatch):
    from helpers.exercises import two_files

    save_two(tmp_path)
    for number in range(30):
        (tmp_path / f"{number}.txt").touch()
    monkeypatch.setattr(two_files, "_MOST_ENTRIES", 20)
    looked_at = []
    is_file = Path.is_file
    monkeypatch.setattr(Path, "is_file", lambda path: looked_at.append(path) or is_file(path))
    assert "holds more than 20 things" in says("01.4", tmp_path)
    assert len(looked_at) <= 21


def with_more(folder):
    shutil.copy(folder / "m.onnx", folder / "n.onnx")
    return folder


def test_weights_of_another_model_are_noticed(tmp_path):
    folder = save_two(tmp_path / "other")
    data = (folder / "m.data").read_bytes()
    (folder / "m.data").write_bytes(data[::-1])
    assert "the model of the folder: the numbers are wrong" in says("01.4", folder)


# --- 02 -----------------------------------------------------------------------------------------


def test_the_formula():
    assert_right("02.1", lambda a, x, b: b - a * x)
    assert "lies as far from 0 as the file's does" in says("02.1", lambda a, x, b: a * x - b)
    assert "numbers are wrong, by up to" in says("02.1", lambda a, x, b: a * x + b)
    assert "the result is [10], not [10, 10]" in says("02.1", lambda a, x, b: (b - a * x)[0])
    assert "raises TypeError" in says("02.1", lambda a, x: a * x)
    assert "the result is no array: " in says("02.1", lambda a, x, b: [[1], [1, 2]])
    assert "no array of numbers" in says("02.1", lambda a, x, b: np.full((10, 10), "b - a * x"))


GEMM = HEAD + " g (float[3,4] a, float[5,4] b, float[5] c) => (float[3,5] y) { %s }"


def test_gemm_in_parts():
    right = parse(GEMM % "t = Transpose(b) p = MatMul(a, t) y = Add(c, p)")
    assert_right("02.2", right)
    turned = "t = Transpose(a) p = MatMul(b, a) y = Add(p, c)"
    assert "full check refuses" in says("02.2", parse(GEMM % turned))
    assert "Incompatible dimensions" in says("02.2", parse(GEMM % "p = MatMul(a, b) y = Add(p, c)"))
    whole = parse(GEMM % "y = Gemm <transB = 1> (a, b, c)")
    assert "only MatMul, Add and Transpose may do it, and there is ['Gemm']" in says("02.2", whole)
    no_c = parse(GEMM % "t = Transpose(b) y = MatMul(a, t)")
    assert "against Gemm on a [3, 4], b [5, 4] and c [5]: the numbers are wrong" in says(
        "02.2", no_c
    )
    unpinned = onnx.helper.make_model(right.graph)
    assert "Unsupported model IR version" in says("02.2", unpinned)
    upper = parse((GEMM % "t = Transpose(b) p = MatMul(a, t) Y = Add(c, p)").replace("] y", "] Y"))
    assert "outputs are ['Y'], and ['y'] are wanted" in says("02.2", upper)


def mended(*, order=True, wire=True, operator=True, names=True, promise=True):
    model = handout("02.3")
    graph = model.graph
    if operator:
        graph.node[2].op_type = "Relu"
    if wire:
        graph.node[0].input[1] = "b"
    if names:
        graph.node[0].name = "add"
    if order:
        graph.node.sort(key=lambda node: "cdo".index(node.output[0][0]))
    if promise:
        graph.output[0].type.tensor_type.shape.dim[1].dim_value = 10
    return model


@pytest.mark.parametrize(
    ("left", "told"),
    [
        ("order", "topologically sorted, however input 'c'"),
        ("operator", "No Op registered for ReLU"),
        ("promise", r"full check refuses .* in dimension 1: \(10\) vs \(7\)"),
        ("names", "ONNX Runtime refuses the model: .*same node name"),
        ("wire", "legal graph, but of another formula: .* wrong"),
    ],
)
def test_a_model_with_one_mistake_left_hears_of_it(left, told):
    assert_right("02.3", mended())
    assert re.search(told, says("02.3", mended(**{left: False})))


def test_a_promise_that_was_taken_back_is_not_mended():
    model = mended()
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_param = "any"
    assert "output is declared as [10, 'any']; 10 x 10" in says("02.3", model)


PREPARE = HEAD + " p (%s[1,16] %s) => (float[1,16] unit) { f = Constant <%s> () %s }"
TO_255 = "value_float = 255.0"


def joined(body, *, kind="uint8", name="pixels", constant=TO_255):
    prepare = parse(PREPARE % (kind, name, constant, body))
    return onnx.compose.merge_models(prepare, handout("02.4"), io_map=[("unit", "x")])


def test_preparation_in_front():
    cast = "p = Cast <to = 1> (pixels) "
    assert_right("02.4", joined(cast + "unit = Div(p, f)"))
    assert "the pixels reach it undivided" in says("02.4", joined("unit = Cast <to = 1> (pixels)"))
    whole = "g = Cast <to = 2> (f) d = Div(pixels, g) unit = Cast <to = 1> (d)"
    assert "divided as whole numbers" in says("02.4", joined(whole))
    assert "full check refuses" in says("02.4", joined("unit = Div(pixels, f)"))
    by_256 = joined(cast + "unit = Div(p, f)", constant="value_float = 256.0")
    assert "the classifier on pixels from 0 to 255: the numbers are wrong" in says("02.4", by_256)
    floats = joined("unit = Div(pixels, f)", kind="float")
    assert "pixels is a tensor(float); a camera gives bytes" in says("02.4", floats)
    assert "inputs are ['x'], and ['pixels'] are wanted" in says("02.4", handout("02.4"))
    image = joined("p = Cast <to = 1> (image) unit = Div(p, f)", name="image")
    assert "inputs are ['image']" in says("02.4", image)


# --- 03 -----------------------------------------------------------------------------------------


def test_an_input_on_which_the_trace_is_wrong():
    assert_right("03.1", torch.tensor([-1.0, -2.0, 4.0]))
    assert_right("03.1", np.float32([-1, -2, 3.5]))
    assert_right("03.1", torch.tensor([-1.0, -2.0, 4.0], requires_grad=True))
    below = says("03.1", torch.tensor([-1.0, -2.0, -3.0]))
    assert "the file is right for it: file and module both give [-11.0, -12.0, -13.0]" in below
    assert "the file is right" in says("03.1", torch.tensor([-1.0, -2.0, 3.0]))  # a sum of 0
    assert "should stay -1 and -2" in says("03.1", torch.tensor([1.0, 2.0, 3.0]))
    assert "of float32 are wanted" in says("03.1", torch.tensor([-1, -2, 4]))
    assert "3 finite numbers" in says("03.1", torch.tensor([-1.0, -2.0, float("nan")]))
    assert "3 finite numbers" in says("03.1", torch.tensor([-1.0, -2.0]))
    for kind in ({"dtype": torch.bfloat16}, {"device": "meta"}):  # NumPy has neither
        assert "3 finite numbers of float32" in says(
            "03.1", torch.tensor([-1.0, -2.0, 4.0], **kind)
        )
    assert "a tensor, or a NumPy array" in says("03.1", io.StringIO())  # it has a `detach` too


def test_the_baked_number():
    assert_right("03.2", "Constant_1_output_0")
    with_4 = says("03.2", "Constant_2_output_0")
    assert "4 in place of the number of Constant_2_output_0, the file is still wrong" in with_4
    assert "is still wrong" in says("03.2", "Constant_output_0")
    assert "ReduceSum_output_0 is written by ReduceSum" in says("03.2", "ReduceSum_output_0")
    assert says("03.2", "Constant") == "no node writes an edge 'Constant'"
    for name in ("Constant", "Constant_output_0", "Div_output_0"):
        assert "Constant_1" not in says("03.2", name)


class Double(torch.nn.Module):
    def forward(self, x, n):
        for _ in range(int(n)):
            x = x * 2
        return x


class Scaled(torch.nn.Module):
    def forward(self, x):
        return x.sum(dim=1) / math.sqrt(x.shape[1])


def export_old(module, inputs, path, **settings):
    torch.onnx.export(module, inputs, str(path), dynamo=False, opset_version=17, **settings)
    return path


def no_loop_but_power(power):
    """A loop that copies, beside the power that doubles."""
    body = "b (int64 i, bool go, float[m] c) => (bool on, float[m] d) "
    body += "{ on = Identity(go) d = Identity(c) }"
    return parse(
        f"{HEAD} g (float[m] x, int64 n) => (float[m] y) {{ {power} "
        f"copy = Loop <body = {body}> (n, , x) y = Mul(copy, p) }}"
    )


def no_loop_but_scan(power):
    """A scan that copies, beside the power that doubles."""
    body = "b (float[m] c) => (float[m] d) { d = Identity(c) }"
    return parse(
        f"{HEAD} g (float[m] x, int64 n) => (float[m] y) {{ {power} "
        "one_row = Constant <value_ints = [1, -1]> () first = Constant <value_ints = [0]> () "
        f"row = Reshape(x, one_row) rows = Scan <num_scan_inputs = 1, body = {body}> (row) "
        "copy = Squeeze(rows, first) y = Mul(copy, p) }"
    )


def doubling(*, most):
    """A loop that doubles, as many times as asked, but not more than so many."""
    body = "b (int64 i, bool go, float[m] c) => (bool on, float[m] d) "
    body += "{ on = Identity(go) d = Add(c, c) }"
    return parse(
        f"{HEAD} g (float[m] x, int64 n) => (float[m] y) {{ most = Constant <value_int = {most}> "
        f"() rounds = Min(n, most) y = Loop <body = {body}> (rounds, , x) }}"
    )


def in_a_function(model):
    """The same model, whose only node calls a function that has its nodes."""
    inside, outside = onnx.ModelProto(), onnx.ModelProto()
    inside.CopyFrom(model)
    outside.CopyFrom(model)
    names = [[value.name for value in values] for values in (model.graph.input, model.graph.output)]
    function = onnx.helper.make_function(
        "own", "packed", *names, inside.graph.node, model.opset_import
    )
    outside.functions.append(function)
    outside.opset_import.append(onnx.helper.make_opsetid("own", 1))
    outside.graph.ClearField("node")
    outside.graph.node.append(onnx.helper.make_node("packed", *names, domain="own"))
    return outside


def test_a_loop(tmp_path):
    example = (torch.ones(3), torch.tensor(3))
    script = torch.jit.script(Double())
    names = {"input_names": ["x", "n"], "output_names": ["y"]}
    free = {"dynamic_axes": {"x": {0: "size"}, "y": {0: "size"}}}
    right = export_old(script, example, tmp_path / "script.onnx", **names, **free)
    assert_right("03.3", right)
    assert_right("03.3", onnx.load(right))
    traced = export_old(torch.jit.trace(Double(), example), example, tmp_path / "t.onnx", **free)
    assert "inputs are ['x.1'], and x and n are wanted: who uses n?" in says("03.3", traced)
    fixed = export_old(script, example, tmp_path / "fixed.onnx", **names)
    assert "stops at inputs of x [1], n []: Got invalid dimensions" in says("03.3", fixed)
    power = "f = Cast <to = 1> (n) two = Constant <value_float = 2.0> () p = Pow(two, f)"
    no_loop = parse(f"{HEAD} g (float[m] x, int64 n) => (float[m] y) {{ {power} y = Mul(x, p) }}")
    assert "right numbers, but no Loop is in the file" in says("03.3", no_loop)
    beside = no_loop_but_power(power)
    assert "they are not the loop's work" in says("03.3", beside)
    assert "right numbers, but no Loop is in the file" in says("03.3", no_loop_but_scan(power))
    assert "3 numbers, doubled 12 times: the numbers are wrong" in says("03.3", doubling(most=5))
    assert "2 numbers, doubled 70 times: the numbers are wrong" in says("03.3", doubling(most=64))
    assert_right("03.3", doubling(most=10**9))
    assert_right("03.3", in_a_function(doubling(most=10**9)))
    added = parse(f"{HEAD} g (float[m] x, int64 n) => (float[m] y) {{ y = Identity(x) }}")
    assert "3 numbers, doubled 1 times: the numbers are wrong" in says("03.3", added)


SCALED = """
g (float[rows,columns] x) => (float[rows] y) {
    one = Constant <value_ints = [1]> ()
    s = ReduceSum <keepdims = 0> (x, one)
    size = Shape <start = 1> (x)
    f = Cast <to = 1> (size)
    root = Sqrt (f)
    y = Div (s, root)
}
"""


def test_a_size_that_stays_open(tmp_path):
    assert_right("03.4", parse(HEAD + SCALED))
    grid = (torch.ones(2, 4),)
    names = {"input_names": ["x"], "dynamic_axes": {"x": {0: "rows", 1: "columns"}}}
    traced = export_old(torch.jit.trace(Scaled(), grid), grid, tmp_path / "trace.onnx", **names)
    assert "x of 3 x 9: the numbers are wrong" in says("03.4", traced)
    fixed = export_old(torch.jit.trace(Scaled(), grid), grid, tmp_path / "fixed.onnx")
    assert re.search(r"stops at inputs of \S+ \[3, 9\]: Got invalid", says("03.4", fixed))
    mean = parse(HEAD + SCALED.replace("Sqrt", "Identity"))
    assert "x of 2 x 4: the numbers are wrong" in says("03.4", mean)


# --- 04 -----------------------------------------------------------------------------------------


def test_a_tokens_place():
    from helpers.exercises.chapter_04 import _windows

    windows, token = _windows()
    column = int(windows.first_position[1] + token - windows.first_token[1])
    assert_right("04.1", (1, column))
    assert_right("04.1", (np.int64(1), np.int64(column)))
    assert re.fullmatch(
        r"in window 1, column \d+, stands '\S+'", says("04.1", (1, token - windows.first_token[1]))
    )
    assert f"in window 0, column {column}, stands" in says("04.1", (0, column))
    assert "2 windows of 128 columns, both counted from 0" in says("04.1", (2, 0))
    assert "2 windows of 128 columns" in says("04.1", (0, -1))
    assert "a pair (window, column) is wanted, and this is int 1" in says("04.1", 1)


def own_starts(tokens, room, doc_stride):
    at = 0
    while at < tokens:
        yield at
        if at + room >= tokens:
            return
        at += min(room, doc_stride)


def old_rule(tokens, room, doc_stride):
    return [s for s in range(0, tokens, doc_stride) if s == 0 or s - doc_stride + room < tokens]


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (old_rule, r"tokens=325, room=100, doc_stride=128 .*: passage token 100 is in no window"),
        (lambda t, r, d: list(range(0, t, min(r, d))), "before the last one reaches the end"),
        (lambda t, r, d: list(range(0, t, r)), "begin 100 tokens apart"),
        (lambda t, r, d: window_starts(t, r, d) or [0], "a passage without tokens needs no window"),
        (lambda t, r, d: list(range(t)), "reaches the end already"),
        (lambda t, r, d: [0], "passage token 100 is in no window"),
        (lambda t, r, d: [-r, *window_starts(t, r, d)], "the first window begins at token 0"),
        (
            lambda t, r, d: [range(0, 100)],
            "for tokens=325.* a list of whole numbers is wanted, and this is range",
        ),
        (
            lambda t, r, d: len(window_starts(t, r, d)),
            "for tokens=325.* a list of whole numbers is wanted, .* int 4",
        ),
        (lambda t, r, d: [s + 0.9 for s in window_starts(t, r, d)], "and this is float 0.9"),
        (lambda t, r, d: window_starts(t, r, d)[::-1], "first window begins at token 0"),
        (lambda t, r, d: [0, *window_starts(t, r, d)], "begins behind the one before"),
        (lambda t, r, d: window_starts(t, r, min(r, d) // 2 or 1), "windows, and fewer would do"),
        (lambda t, r, d: range(10**12), "in this are over 1,000 things: range"),
        (lambda t, r, d: 1 / 0, "raises ZeroDivisionError .* for tokens=325, room=100"),
        ([0, 100, 200, 300], "a function of three numbers is wanted, and this is list"),
    ],
)
def test_wrong_arithmetic_of_windows(function, told):
    assert re.search(told, says("04.2", function))


def fullest(tokens, room, doc_stride):
    """As few windows as do, the last one full too."""
    return sorted(
        {max(0, min(at, tokens - room)) for at in window_starts(tokens, room, doc_stride)}
    )


def even(tokens, room, doc_stride):
    """As few windows as do, at even distances."""
    count = len(window_starts(tokens, room, doc_stride))
    far = max(0, tokens - room)
    return [far * one // max(1, count - 1) for one in range(count)]


def test_right_arithmetic_of_windows():
    assert even(325, 100, 128) == [0, 75, 150, 225] and fullest(325, 100, 128)[-1] == 225
    assert_right("04.2", even)
    assert_right("04.2", fullest)
    assert_right("04.2", lambda *sizes: np.array(window_starts(*sizes), np.int32))
    assert_right("04.2", window_starts)
    assert_right("04.2", own_starts)


@pytest.fixture(scope="module")
def embedded(shipped, tmp_path_factory):
    """The embedded model at opset 17."""
    path = tmp_path_factory.mktemp("embedded") / "bert.onnx"
    export_bert(shipped.model, path, opset=17)
    return path


def relabelled(path, *, inputs, readers):
    """The file with the labels of mask and segments changed round, at both places or at one."""
    other = {"segment_ids": "input_mask", "input_mask": "segment_ids"}
    model = onnx.load(path)
    if inputs:
        for value in model.graph.input:
            value.name = other.get(value.name, value.name)
    for node in model.graph.node if readers else ():
        node.input[:] = [other.get(name, name) for name in node.input]
    return model


def test_an_export_at_opset_17(shipped, embedded, tmp_path):
    assert_right("04.3", embedded)
    older = tmp_path / "older.onnx"
    export_bert(shipped.model, older, opset=14)
    assert "opset 14, asked for 17" in says("04.3", older)
    fixed = onnx.load(embedded)
    for value in (*fixed.graph.input, *fixed.graph.output):
        for dim, size in zip(value.type.tensor_type.shape.dim, (1, 128), strict=True):
            dim.dim_value = size
    onnx.save(fixed, tmp_path / "fixed.onnx")
    assert "input_ids has dimensions (1, 128)" in says("04.3", tmp_path / "fixed.onnx")
    swapped = relabelled(embedded, inputs=False, readers=True)
    onnx.save(swapped, tmp_path / "swapped.onnx")
    assert "as input_mask for the segments, and back" in says("04.3", tmp_path / "swapped.onnx")
    spoilt = onnx.load(embedded)
    weight = max(spoilt.graph.initializer, key=lambda tensor: len(tensor.raw_data))
    values = onnx.numpy_helper.to_array(weight) * np.float32(1.01)
    weight.raw_data = values.tobytes()
    onnx.save(spoilt, tmp_path / "spoilt.onnx")
    assert "start and end differ from PyTorch's on 1 windows" in says(
        "04.3", tmp_path / "spoilt.onnx"
    )


def test_labels_changed_back(embedded, tmp_path):
    swapped = tmp_path / "swapped.onnx"
    onnx.save(relabelled(embedded, inputs=False, readers=True), swapped)
    assert_right("04.4", relabelled(swapped, inputs=True, readers=True))
    for half in ({"inputs": True, "readers": False}, {"inputs": False, "readers": False}):
        told = says("04.4", relabelled(swapped, **half))
        assert "takes what is fed as input_mask for the segments" in told
    lost = onnx.load(swapped)
    lost.graph.input[1].name = "mask"
    assert "full check refuses" in says("04.4", lost)
