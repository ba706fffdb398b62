"""Hostile .onnx files: for decoder, summaries, pictures, viewer and sessions."""

import io
from pathlib import Path

import onnx
from hostile import Case
from IPython.core.formatters import DisplayFormatter
from onnx import TensorProto, helper
from PIL import Image

from helpers.exports import graph_facts
from helpers.graphs import compare, count_ops, external_files, read_model, summarize
from helpers.nesting import listing, nesting_chart
from helpers.pictures import draw
from helpers.serving import stage
from helpers.sessions import open_session
from helpers.varint import encode_varint
from helpers.viewer import view
from helpers.wire import decode, encode

__all__ = ["CASES", "NAMED", "shown_by_a_notebook"]

MODEL = onnx.ModelProto.DESCRIPTOR
UNKNOWN = b"\xf8\x7f\x01"  # a field of a number that no schema has


def value(name, shape=(2,), kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def many_kinds():
    """Nodes of 2,000 kinds, one of which has a long name."""
    kinds = ["x" * 100_000, *(f"Kind{n}" for n in range(2000))]
    return [helper.make_node(kind, ["x"], [f"y{n}"], domain="d") for n, kind in enumerate(kinds)]


def model(nodes=None, *, weights=(), inputs=("x",), outputs=("y",), name="g"):
    nodes = [helper.make_node("Relu", ["x"], ["y"])] if nodes is None else nodes
    graph = helper.make_graph(nodes, name, [*map(value, inputs)], [*map(value, outputs)], weights)
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def saved(folder: Path, content) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(content if isinstance(content, bytes) else content.SerializeToString())
    return path


def damaged(content: onnx.ModelProto, old: bytes, new: bytes) -> bytes:
    data = content.SerializeToString()
    assert old in data and len(old) == len(new)
    return data.replace(old, new)


def nested_ifs(levels: int, data: bytes = b"") -> bytes:
    """`If` in `If` as bytes: protobuf's own writer would refuse what its reader refuses."""
    for level in reversed(range(levels)):
        number = 7 if level == 0 else (1, 5, 6)[(level - 1) % 3]
        data = encode_varint(number << 3 | 2) + encode_varint(len(data)) + data
    return data


def outside(location: str, *, link: bool = False):
    """A model whose weight lies in `location`; its four bytes stand there, beside the folder."""

    def made(folder: Path) -> Path:
        secret = folder / "sub" / "secret"
        (folder / "sub" / "models").mkdir(parents=True)
        secret.write_bytes(bytes(8))
        place = location.replace("{secret}", str(secret))
        if link:
            (folder / "sub" / "models" / place).symlink_to(secret)
        weight = TensorProto(name="w", dims=[2], data_type=1, data_location=1)
        weight.external_data.add(key="location", value=place)
        node = helper.make_node("Add", ["x", "w"], ["y"])
        return saved(folder / "sub" / "models", model([node], weights=[weight]))

    return made


def staged(made):
    def attempt(folder):
        path, target = made(folder), folder / "target"
        target.mkdir()
        stage(path.parent, [path.name, *external_files(path)], target)
        return sorted(one.name for one in target.rglob("*"))

    return attempt


def named(*locations):
    """A model in a folder of its own with weights under these names."""

    def made(folder):
        weights = []
        for number, place in enumerate(locations):
            weight = TensorProto(name=f"w{number}", dims=[2], data_type=1, data_location=1)
            weight.external_data.add(key="location", value=place.replace("{here}", str(folder)))
            weights.append(weight)
        return saved(folder, model(weights=weights))

    return made


def shown(made):
    def attempt(folder):
        with view(made(folder)) as viewer:
            return "served" if viewer.url else viewer.problem

    return attempt


def decoded(data):
    return lambda folder: encode(decode(data, MODEL)) == data


def of_file(reader, content):
    return lambda folder: reader(saved(folder, content() if callable(content) else content))


def picture(content):
    return lambda folder: type(draw(content())).__name__


def shown_by_a_notebook(content: onnx.ModelProto) -> tuple[dict, dict]:
    """What a cell that ends with a graph's picture outputs: {type: content}, {type: metadata}."""
    return DisplayFormatter().format(draw(content))


def drawn(content: onnx.ModelProto, name: str):
    """Draws a graph of strange names to the last dot, and looks at what a notebook would hold."""

    def attempt(folder):
        data, metadata = shown_by_a_notebook(content)
        with Image.open(io.BytesIO(data["image/png"])) as image:
            inked = sum(image.convert("L").point(lambda dot: dot < 128).histogram()[1:])
        words = metadata["image/png"]["alt"]
        told = "told as it is" if name in words and name in data["text/plain"] else "not told"
        return f"{'drawn' if inked > 500 else 'blank'}, {told}, as {', '.join(sorted(data))}"

    return attempt


def bytes_in_location() -> bytes:
    weights = [TensorProto(name=name, dims=[2], data_type=1, data_location=1) for name in "ab"]
    for weight, place in zip(weights, ("aaaaaaa", "bbbbbbb"), strict=True):
        weight.external_data.add(key="location", value=place)
    return damaged(model(weights=weights), b"bbbbbbb", b"bbb\xffbbb")


def circle(length):
    nodes = [
        helper.make_node("Relu", [f"v{n}"], [f"v{(n + 1) % length}"], name=f"n{n}")
        for n in range(length)
    ]
    return model(nodes, outputs=())


def drawn_bytes(data):
    def attempt(folder):
        chart = nesting_chart(decode(data, MODEL), title="a file")
        chart.savefig(folder / "chart.png", dpi=20)
        return f"a chart, {chart.axes[0].get_xlabel()}"

    return attempt


HUGE = TensorProto(name="w", dims=[1 << 62, 1 << 62], data_type=1)
NEGATIVE = TensorProto(name="w", dims=[-5], data_type=1)
WIDE = TensorProto(name="w", dims=[1 << 62] * 40_000, data_type=1)
LINES = "<script>alert(1)</script>\n$\\frac{$"
FORMULA = "$\\frac{$"
IMAGE = "</title><img src=x onerror=alert(1)>\"'"
QUOTES = '" onerror="alert(1)" x=\'{js} `a` [b](javascript:alert(1))'
AS_TEXT = "read: drawn, told as it is, as image/png, text/plain$"

NAMED = [
    (
        "names with markup, formulas and line ends",
        LINES,
        model([helper.make_node("Relu", ["x"], ["y"], name=LINES)], name=LINES),
    ),
    (
        "an operator's type that is a formula",
        FORMULA,
        model([helper.make_node(FORMULA, ["x"], ["y"])]),
    ),
    (
        "an operator's type that is markup",
        IMAGE,
        model([helper.make_node(IMAGE, ["x"], ["y"], name=IMAGE)]),
    ),
    (
        "values whose names end an attribute",
        QUOTES,
        model([helper.make_node("Relu", [QUOTES], ["y"])], inputs=[QUOTES], name=QUOTES),
    ),
]
"""(What it is, the name in it that is hostile, a model to be drawn)."""

CASES = [
    Case(
        "a length of 2**64 - 1",
        "decoder",
        "refused: byte 1: ",
        decoded(b"\x3a" + b"\xff" * 9 + b"\x01"),
    ),
    Case(
        "a length of 2**31 - 1",
        "decoder",
        "refused: byte 1: ",
        decoded(b"\x3a\xff\xff\xff\xff\x07"),
    ),
    Case(
        "a number without an end",
        "decoder",
        "refused: byte 1: .*10 bytes",
        decoded(b"\x08" + b"\x80" * 40),
    ),
    Case(
        "50,000 messages inside one another",
        "decoder",
        "refused: .*more than 100 messages",
        decoded(nested_ifs(50_000)),
    ),
    Case(
        "50,000 groups inside one another",
        "decoder",
        "refused: .*more than 100 messages",
        decoded(b"\xfb\x7f" * 50_000),
    ),
    Case("a group that another one ends", "decoder", "refused: byte 1: ", decoded(b"\x0b\x14")),
    Case(
        "field number 0 inside a group",
        "decoder",
        "refused: byte 2: a field number of 0",
        decoded(b"\xfb\x7f\x00\x00\xfc\x7f"),
    ),
    Case("wire type 7", "decoder", "refused: byte 1: ", decoded(b"\x0f\x00")),
    Case(
        "a million empty fields",
        "decoder",
        "read: True",
        decoded(b"\x3a\x00" * 1_000_000),
        slow=True,
    ),
    Case("text that is no UTF-8", "decoder", "read: True", decoded(b"\x12\x02\xff\xfe")),
    Case(
        "an empty file", "summaries", "refused: model.onnx: no ONNX model", of_file(summarize, b"")
    ),
    Case(
        "a file of text",
        "summaries",
        "refused: model.onnx: no ONNX model",
        of_file(summarize, b"no model"),
    ),
    Case(
        "a file cut in half",
        "summaries",
        "refused: model.onnx: no ONNX model",
        of_file(summarize, lambda: model().SerializeToString()[:30]),
    ),
    Case(
        "5,000 graphs inside one another",
        "summaries",
        "refused: model.onnx: no ONNX model",
        of_file(summarize, nested_ifs(5_000)),
    ),
    Case(
        "an operator's name that is no UTF-8",
        "summaries",
        "refused: model.onnx: the name",
        of_file(count_ops, lambda: damaged(model(), b"Relu", b"Re\xffu")),
    ),
    Case(
        "a weight of 2**124 numbers",
        "summaries",
        "refused: the tensor 'w' has 2 dimensions and no number of values",
        of_file(lambda path: summarize(path).weights, model(weights=[HUGE])),
    ),
    Case(
        "a weight of 40,000 dimensions",
        "summaries",
        "refused: the tensor 'w' has 40,000 dimensions",
        of_file(lambda path: summarize(path).weights, model(weights=[WIDE])),
    ),
    Case(
        "2,000 names, the longest of 100,000 letters, side by side",
        "summaries",
        "read: [1-9]",
        of_file(lambda path: len(compare(path, path)), model(many_kinds())),
    ),
    Case(
        "a weight of -5 numbers",
        "summaries",
        "refused: the tensor .* no number of values",
        of_file(lambda path: summarize(path).weights, model(weights=[NEGATIVE])),
    ),
    Case(
        "a name of weights that is no UTF-8",
        "summaries",
        "refused: the name .*no text",
        of_file(external_files, bytes_in_location),
    ),
    Case(
        "facts of a file of text",
        "exports",
        "refused: model.onnx: no ONNX model",
        of_file(graph_facts, b"no model"),
    ),
    Case(
        "facts of no file",
        "exports",
        "refused: .*no such file",
        lambda folder: graph_facts(folder / "none.onnx"),
    ),
    Case("a circle of 3 nodes", "pictures", "refused: .*in a circle", picture(lambda: circle(3))),
    Case(
        "a circle of 2,000 nodes",
        "pictures",
        "refused: .*in a circle",
        picture(lambda: circle(2_000)),
    ),
    Case(
        "a node that takes its own output",
        "pictures",
        "refused: .*in a circle",
        picture(lambda: circle(1)),
    ),
    *(Case(what, "pictures", AS_TEXT, drawn(content, name)) for what, name, content in NAMED),
    Case(
        "a value in two places",
        "pictures",
        "refused: .*given twice",
        picture(lambda: model([helper.make_node("Relu", ["x"], ["y"])] * 2)),
    ),
    Case(
        "a text that is half a formula", "nesting", "read: a chart", drawn_bytes(b"\x12\x06$\\a{$ ")
    ),
    Case(
        "a listing of markup and line ends",
        "nesting",
        "read: 2$",
        lambda folder: len(listing(decode(b"\x12\x03<\n>\x12\x01b", MODEL)).splitlines()),
    ),
    Case(
        "a chart of 100 messages inside one another",
        "nesting",
        "read: a chart",
        drawn_bytes(nested_ifs(100)),
    ),
    Case(
        "a chart of 1,300 times 97 messages",
        "nesting",
        "read: a chart, .*; 3,200 shorter bars are left out$",
        drawn_bytes(nested_ifs(97) * 1_300),
        slow=True,
    ),
    Case(
        "a listing of 50,000 fields below 97 messages",
        "nesting",
        "read: 50096$",
        lambda folder: listing(decode(nested_ifs(97, UNKNOWN * 50_000), MODEL)).count("\n"),
    ),
    Case("weights at ../secret", "viewer", r"read: \['model.onnx'\]", staged(outside("../secret"))),
    Case(
        "weights at an absolute path",
        "viewer",
        r"read: \['model.onnx'\]",
        staged(outside("{secret}")),
    ),
    Case(
        "weights behind a link out of the folder",
        "viewer",
        r"read: \['model.onnx'\]",
        staged(outside("w.data", link=True)),
    ),
    Case(
        "weights at ./model.onnx, the model itself",
        "viewer",
        r"read: \['model.onnx'\]",
        staged(named("./model.onnx")),
    ),
    Case(
        "the model as weights, by its absolute path",
        "viewer",
        r"read: \['model.onnx'\]",
        staged(named("{here}/model.onnx")),
    ),
    Case(
        "a name of weights with a zero byte",
        "viewer",
        r"read: \['model.onnx'\]",
        staged(named("w\0.data")),
    ),
    Case(
        "a name of weights of 5,000 letters",
        "viewer",
        r"read: \['model.onnx'\]",
        staged(named("w" * 5_000)),
    ),
    Case(
        "200 names of weights of 4,000 letters",
        "viewer",
        "refused: model.onnx: 200 files of weights",
        shown(named(*(f"{number:04000}" for number in range(200)))),
    ),
    Case(
        "20,000 short names of weights",
        "viewer",
        "refused: model.onnx: 20000 files of weights",
        shown(named(*map(str, range(20_000)))),
    ),
    Case(
        "names of weights with a zero byte, served",
        "viewer",
        "read: served",
        shown(named("w\0.data", "w.data")),
        slow=True,
    ),
    Case(
        "a session: weights at ../secret",
        "sessions",
        "refused: .*cannot open it",
        lambda folder: open_session(outside("../secret")(folder)),
    ),
    Case(
        "a session: weights at an absolute path",
        "sessions",
        "refused: .*cannot open it",
        lambda folder: open_session(outside("{secret}")(folder)),
    ),
    Case(
        "a session: weights behind a link",
        "sessions",
        "refused: .*cannot open it",
        lambda folder: open_session(outside("w.data", link=True)(folder)),
    ),
    Case(
        "a session: a file of text",
        "sessions",
        "refused: .*cannot open it",
        of_file(open_session, b"no model"),
    ),
    Case(
        "a session: a circle",
        "sessions",
        "refused: .*cannot open it",
        of_file(open_session, lambda: circle(3)),
    ),
    Case(
        "a session: a weight of 2**124 numbers",
        "sessions",
        "refused: .*cannot open it",
        of_file(open_session, model([helper.make_node("Add", ["x", "w"], ["y"])], weights=[HUGE])),
    ),
    Case(
        "a session: 5,000 graphs inside one another",
        "sessions",
        "refused: .*cannot open it",
        of_file(open_session, nested_ifs(5_000)),
    ),
    Case(
        "a model of a graph alone, in no opset",
        "summaries",
        "read: ",
        of_file(lambda path: read_model(path).ir_version, b"\x3a\x00"),
    ),
]
