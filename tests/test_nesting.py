"""The lines, the sizes and the picture of a decoded file tell what is in it."""

import onnx
import pytest
from test_wire import BRANCH

from helpers import nesting
from helpers.errors import InputError
from helpers.nesting import listing, nesting_chart, sizes
from helpers.varint import encode_varint
from helpers.wire import decode

LINEAR = """
<ir_version: 8, opset_import: ["" : 17]>
linear_func (float[10,10] a, float[10,10] x, float[10,10] b) => (float[10,10] output) {
    c = Mul(a, x)
    output = Add(c, b)
}"""


def fields_of(text):
    data = onnx.parser.parse_model(text).SerializeToString()
    return decode(data, onnx.ModelProto.DESCRIPTOR), data


@pytest.mark.parametrize("text", [LINEAR, BRANCH])
@pytest.mark.parametrize("depth", [0, 1, 2, 3, 100])
def test_every_byte_counts_once_at_every_depth(text, depth):
    fields, data = fields_of(text)
    found = sizes(fields, depth=depth)
    assert sum(found.values()) == len(data)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert max(name.count(".") for name in found) == min(depth, max_dots(fields))


def max_dots(fields):
    return max(1 + max_dots(one.value) if one.nested and one.value else 0 for one in fields)


def test_the_sizes_of_the_linear_model():
    fields, data = fields_of(LINEAR)
    graph = onnx.parser.parse_model(LINEAR).graph
    found = sizes(fields, depth=1)
    assert found["ir_version"] == 2
    assert found["graph.node"] == sum(2 + node.ByteSize() for node in graph.node)
    assert found["graph.name"] == 2 + len("linear_func")
    assert sizes(fields, depth=0) == {"graph": len(data) - 8, "opset_import": 6, "ir_version": 2}


def test_unknown_fields_have_their_number_for_a_name():
    fields = decode(b"\xf8\x7f\x01\xfa\x7f\x02ab", onnx.ModelProto.DESCRIPTOR)
    assert sizes(fields) == {"field 2047": 8}
    assert listing(fields).splitlines() == [
        "0  f8 7f 01        field 2047 = 1",
        "3  fa 7f 02 61 62  field 2047 = 2 bytes",
    ]


def test_a_listing_shows_offset_bytes_and_name_of_every_field():
    fields, data = fields_of(LINEAR)
    lines = listing(fields).splitlines()
    assert lines[0].split("  ")[-1] == "ir_version = 8"
    assert lines[2].strip().startswith("5  0a ")
    assert "input = 'a'" in lines[3]
    shown = [bytes.fromhex(line[5:28].split("  ")[0].replace(" ...", "")) for line in lines]
    for line, piece in zip(lines, shown, strict=True):
        assert data[int(line[:3]) :].startswith(piece)
    assert len(lines) == (1 + 1 + 3) + 2 * (1 + 5) + 1 + 4 * 10  # opset, two nodes, name, values
    assert len(listing(fields, depth=0).splitlines()) == 3


def test_a_listing_is_short_where_a_value_is_long():
    tensor = onnx.helper.make_tensor("w" * 60, 1, [4], [1.0] * 4)
    fields = decode(tensor.SerializeToString(), onnx.TensorProto.DESCRIPTOR)
    text = listing(fields, width=3)
    assert "float_data = 4 numbers" in text
    assert f"name = '{'w' * 39}..." in text
    assert "22 10 00 ..." in text
    assert listing(()) == ""


def path_of(bar):
    return bar.get_paths()[0].get_extents()


def test_the_picture_has_a_bar_a_field_as_wide_as_its_bytes():
    fields, data = fields_of(LINEAR)
    axes = nesting_chart(fields, title="linear").axes[0]
    boxes = [path_of(bar) for bar in axes.collections]
    assert len(boxes) == len(listing(fields).splitlines())
    assert (boxes[1].x0, boxes[1].x1, boxes[1].y0) == (2, 2 + fields[1].length, 0)
    assert (
        max(box.y0 for box in boxes) == 6
    )  # graph, input, type, tensor_type, shape, dim, dim_value
    assert axes.get_xlim() == (0, len(data))
    assert axes.get_title(loc="left") == "linear"


def test_names_fit_their_bars():
    chart = nesting_chart(fields_of(LINEAR)[0], title="linear")
    axes = chart.axes[0]
    chart.draw_without_rendering()
    bars = [axes.transData.transform_bbox(path_of(bar)) for bar in axes.collections]
    names = [(text.get_text(), text.get_window_extent()) for text in axes.texts if text.get_text()]
    assert len(names) > 20
    for name, box in names:
        inside = [b for b in bars if b.x0 - 0.2 <= box.x0 and box.x1 <= b.x1 + 0.2]
        assert any(b.ymin - 1 <= box.y0 and box.y1 <= b.ymax + 1 for b in inside), name


def test_bars_too_narrow_to_be_seen_are_left_out():
    graph = onnx.GraphProto(name="n")
    graph.initializer.add(raw_data=bytes(2_000_000))
    fields = decode(graph.SerializeToString(), onnx.GraphProto.DESCRIPTOR)
    axes = nesting_chart(fields, title="t").axes[0]
    assert [text.get_text() for text in axes.texts] == ["initializer", "raw_data"]


def nested(levels):
    """Graphs in nodes in graphs, and so on."""
    data = b"\xf8\x7f\x01"
    for level in reversed(range(levels)):
        number = 7 if level == 0 else (1, 5, 6)[(level - 1) % 3]
        data = encode_varint(number << 3 | 2) + encode_varint(len(data)) + data
    return data


def test_a_picture_has_the_longest_bars_and_tells_how_many_are_left_out(monkeypatch):
    fields = decode(nested(90) * 10, onnx.ModelProto.DESCRIPTOR)
    whole = nesting_chart(fields, title="t")
    assert len(whole.axes[0].collections) == 91 * 10
    monkeypatch.setattr(nesting, "_BARS", 50)
    chart = nesting_chart(fields, title="t")
    bars = [path_of(bar) for bar in chart.axes[0].collections]
    assert len(bars) == 50
    lengths = sorted(one.x1 - one.x0 for one in map(path_of, whole.axes[0].collections))
    assert sorted(bar.x1 - bar.x0 for bar in bars) == lengths[-50:]
    assert chart.axes[0].get_xlabel() == "byte of the file; 860 shorter bars are left out"
    assert chart.alt.endswith("; 860 shorter bars are left out.")


def test_no_fields_make_no_picture():
    with pytest.raises(InputError, match="an empty file has nothing to draw"):
        nesting_chart(decode(b"", onnx.ModelProto.DESCRIPTOR), title="t")


def test_the_picture_is_told_in_words():
    fields, _ = fields_of(LINEAR)
    alt = nesting_chart(fields, title="linear").alt
    assert alt == (
        "Bars below bars. linear, up to 6 messages inside one another. Bytes: graph.input 63, "
        "graph.node 41, graph.output 26, graph.name 13, graph 3, ir_version 2 and less."
    )
    assert nesting_chart(fields[:1], title="t").alt == (
        "Bars below bars. t, up to 0 messages inside one another. Bytes: ir_version 2."
    )
