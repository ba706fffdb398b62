"""Real files come back byte for byte; broken ones are refused with an offset, soon and cheaply."""

import dataclasses
import random
import re
import shutil
import tracemalloc
import warnings

import numpy as np
import onnx
import pytest
import torch
from memory import bytes_per_byte
from onnx import helper

from helpers import varint, wire
from helpers.errors import InputError
from helpers.varint import encode_varint
from helpers.wire import MAX_DEPTH, MAX_FIELDS, Field, WireError, decode, encode

MODEL = onnx.ModelProto.DESCRIPTOR
TENSOR = onnx.TensorProto.DESCRIPTOR
ATTRIBUTE = onnx.AttributeProto.DESCRIPTOR

SMALL = ["linear", "branch", "scripted"]
LARGE = ["bert", "external"]
FILES = [*SMALL, *LARGE]

BRANCH = """
<ir_version: 8, opset_import: ["" : 17, "course" : 1], producer_name: "tests",
 metadata_props: ["note" : "two branches"]>
branch (float[N] x) => (float[N] y)
<float[2] w = {1.5, -2.0}, int64[2] axes = {0, -1}> {
    total = ReduceSum <keepdims = 0> (x)
    zero = Constant <value = float {0.0}> ()
    positive = Greater (total, zero)
    y = If (positive) <
        then_branch = then_graph () => (float[N] t) {
            two = Constant <value_floats = [2.0, 4.0]> ()
            t = LeakyRelu <alpha = 0.5> (x)
        },
        else_branch = else_graph () => (float[N] e) { e = course.halve (x) }
    >
}
<domain: "course", opset_import: ["" : 17]>
halve (v) => (h) { half = Constant <value_float = 0.5> ()  h = Mul (v, half) }
"""


def linear():
    """The model of chapter 02, built as it is built there."""
    a, x, b, output = (
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [10, 10])
        for name in ("a", "x", "b", "output")
    )
    multiply = helper.make_node("Mul", inputs=["a", "x"], outputs=["c"])
    add = helper.make_node("Add", inputs=["c", "b"], outputs=["output"])
    graph = helper.make_graph([multiply, add], "linear_func", [a, x, b], [output])
    opset_17 = onnx.OperatorSetIdProto(version=17)
    return helper.make_model(graph, ir_version=8, opset_imports=[opset_17])


class Fork(torch.nn.Module):
    """A branch on data, with a weight."""

    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(3, 2)

    def forward(self, x):
        y = self.line(x)
        if y.sum() > 0:
            return y * 2
        return y - 10


def export_scripted(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scripting is deprecated, and the exporter old
        scripted = torch.jit.script(Fork().eval())
        torch.onnx.export(scripted, (torch.ones(1, 3),), str(path), dynamo=False, opset_version=17)


@pytest.fixture(scope="module")
def files(shipped_onnx, tmp_path_factory) -> dict[str, bytes]:
    """Real .onnx files, by name; `branch` has on purpose what the others lack."""
    folder = tmp_path_factory.mktemp("wire")
    onnx.save_model(linear(), folder / "linear.onnx")
    onnx.save_model(onnx.parser.parse_model(BRANCH), folder / "branch.onnx")
    export_scripted(folder / "scripted.onnx")
    shutil.copy(shipped_onnx, folder / "bert.onnx")
    external = onnx.load(folder / "bert.onnx")
    onnx.save_model(
        external, folder / "external.onnx", save_as_external_data=True, location="external.data"
    )
    return {path.stem: path.read_bytes() for path in folder.glob("*.onnx")}


def accepted_by_protobuf(data, message=onnx.ModelProto):
    try:
        message.FromString(data)
    except Exception as error:
        assert type(error).__name__ == "DecodeError"
        return False
    return True


def assert_equal_to_protobuf(fields, message):
    """Asserts that known fields hold what protobuf reads, in all messages."""
    found: dict[str, list] = {}
    for one in fields:
        several = isinstance(one.value, tuple) and not one.nested
        found.setdefault(one.name, []).extend(one.value if several else [one.value])
    assert set(found) == {known.name for known, _ in message.ListFields()}
    for known, value in message.ListFields():
        values = list(value) if known.is_repeated else [value]
        assert len(values) == len(found[known.name])
        for expected, value in zip(values, found[known.name], strict=True):
            if known.message_type is not None:
                assert_equal_to_protobuf(value, expected)
            else:
                assert value == expected


@pytest.mark.parametrize("name", FILES)
def test_a_real_file_comes_back_byte_for_byte(files, name):
    fields = decode(files[name], MODEL)
    assert encode(fields) == files[name]
    assert_equal_to_protobuf(fields, onnx.ModelProto.FromString(files[name]))


@pytest.mark.parametrize("name", FILES)
def test_fields_know_where_they_stand_and_spare_their_bytes(files, name):
    def check(fields, begin, end):
        for one in fields:
            assert one.offset == begin
            assert one.raw is None
            assert one.name
            begin += one.length
            if one.nested:
                inside = sum(inner.length for inner in one.value)
                check(one.value, begin - inside, begin)
        assert begin == end

    check(decode(files[name], MODEL), 0, len(files[name]))


def test_the_files_are_what_they_are_called(files):
    assert set(files) == set(FILES)
    models = {name: onnx.ModelProto.FromString(data) for name, data in files.items()}
    assert {name: len(models[name].graph.initializer) > 0 for name in FILES} == {
        "linear": False, "branch": True, "scripted": True, "bert": True, "external": True,
    }  # fmt: skip
    assert len(files["linear"]) == 148  # as chapter 02 says
    assert models["scripted"].producer_name == "pytorch"
    assert models["scripted"].graph.node[-1].op_type == "If"
    assert len(files["bert"]) > 6_000_000 > 200_000 > len(files["external"])
    assert b"external.data" in files["external"]


def test_a_field_is_a_frozen_value_with_the_schemas_name(files):
    first, graph, opset = decode(files["linear"], MODEL)
    assert first == Field(1, "ir_version", "int64", 0, 0, 2, 8)
    assert (graph.name, graph.kind, graph.wire_type, graph.offset) == ("graph", "GraphProto", 2, 2)
    node = graph.value[0]
    assert [(one.name, one.value) for one in node.value] == [
        ("input", "a"), ("input", "x"), ("output", "c"), ("op_type", "Mul"),
    ]  # fmt: skip
    assert opset.value[-1].value == 17
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.value = 9


def test_a_changed_field_changes_the_lengths_around_it(files):
    ir_version, graph, opset = decode(files["linear"], MODEL)
    name = next(one for one in graph.value if one.name == "name")
    long = "a" * 200
    inside = tuple(one.with_value(long) if one is name else one for one in graph.value)
    model = onnx.ModelProto.FromString(encode([ir_version, graph.with_value(inside), opset]))
    expected = linear()
    expected.graph.name = long
    assert model == expected


@pytest.mark.parametrize("raw", [False, True])
def test_numbers_packed_and_raw(raw):
    values = np.float32([1.5, -2.25, 1e-40, 3e38])
    tensor = helper.make_tensor(
        "w", onnx.TensorProto.FLOAT, [2, 2], values.tobytes() if raw else values, raw=raw
    )
    data = tensor.SerializeToString()
    last = next(one for one in decode(data, TENSOR) if one.name in ("float_data", "raw_data"))
    assert last.kind == ("bytes" if raw else "packed float")
    assert last.value == (values.tobytes() if raw else tuple(values.tolist()))
    assert encode(decode(data, TENSOR)) == data


LONG_ONE = b"\x81\x80\x00"  # the number 1 in three bytes
VALID = {
    "nothing": b"",
    "an over-long number": b"\x08" + LONG_ONE,
    "an over-long tag": b"\x88\x00\x08",
    "an over-long length": b"\x3a\x83\x00\x12\x01a",
    "an over-long length, and an unknown field": b"\x3a\x84\x80\x00\xf8\x7f\x81\x00",
    "an over-long length of a text": b"\x12\x81\x80\x00p",
    "fields in any order, some twice": b"\x2a\x01x\x08\x07\x12\x01p\x08\x08\x3a\x00\x3a\x00",
    "an unknown number": b"\xf8\x7f\xff\xff\x03",
    "unknown bytes": b"\xfa\x7f\x02\x08\x01",
    "eight unknown bytes": b"\xf9\x7f12345678",
    "four unknown bytes": b"\xfd\x7f1234",
    "an unknown group": b"\xfb\x7f\x08\x01\x13\x14\x12\x01x\xfc\x7f",
    "an over-long end of a group": b"\xfb\x7f\xfc\xff\x00",
    "a known field of another wire type": b"\x0a\x01\x08\x38\x05",
    "a negative number": b"\x08" + b"\xff" * 9 + b"\x01",
    "bits beyond the 64th": b"\x08\x81" + b"\x80" * 8 + b"\x7f",
    "text that is no UTF-8": b"\x12\x02\xff\xfe",
}


@pytest.mark.parametrize("data", VALID.values(), ids=VALID.keys())
def test_valid_bytes_survive_however_they_are_spelled(data):
    assert accepted_by_protobuf(data)
    fields = decode(data, MODEL)
    assert encode(fields) == data
    assert sum(one.length for one in fields) == len(data)


def test_what_the_schema_does_not_know_has_no_name():
    unknown, wrong = decode(b"\xf8\x7f\xff\xff\x03" + b"\x0a\x01\x08", MODEL)
    assert (unknown.number, unknown.name, unknown.kind, unknown.value) == (2047, "", "", 65535)
    assert (wrong.number, wrong.name, wrong.value) == (1, "", b"\x08")


def test_numbers_may_be_packed_or_not_whatever_the_schema_prefers():
    packed, single = decode(b"\x42\x03\x01\xac\x02" + b"\x40\x05", ATTRIBUTE)
    assert (packed.name, packed.kind, packed.value) == ("ints", "packed int64", (1, 300))
    assert (single.name, single.kind, single.value) == ("ints", "int64", 5)
    message = onnx.AttributeProto.FromString(encode((packed, single)))
    assert list(message.ints) == [1, 300, 5]


@pytest.mark.parametrize("pattern", [0x7F800001, 0xFFC12345, 0x7FC00000, 0x80000000])
def test_a_float_that_python_would_change_keeps_its_bytes(pattern):
    number = pattern.to_bytes(4, "little")
    packed = b"\x22\x88\x00" + number * 2
    assert encode(decode(packed, TENSOR)) == packed
    single = b"\x15" + number
    assert encode(decode(single, ATTRIBUTE)) == single


def test_packed_numbers_spelled_too_long_keep_their_bytes():
    data = b"\x3a\x04" + LONG_ONE + b"\x02"
    (field,) = decode(data, TENSOR)
    assert (field.name, field.value, field.raw) == ("int64_data", (1, 2), data)
    assert encode([field]) == data
    assert encode([field.with_value((3,))]) == b"\x3a\x01\x03"


MISFITS = {
    "text for a number": (MODEL, b"\x08\x07", "8", "ir_version: '8' does not fit a field of int64"),
    "a fraction for a number": (MODEL, b"\x08\x07", 8.5, "give int"),
    "a number for a text": (
        MODEL,
        b"\x12\x01a",
        7,
        "producer_name: 7 .* string; give str or bytes",
    ),
    "text for bytes": (TENSOR, b"\x4a\x01a", "a", "raw_data: 'a' .* bytes; give bytes"),
    "text for a fraction": (ATTRIBUTE, b"\x15\x00\x00\x80\x3f", "1", "f: '1' .* give float or int"),
    "a number for packed ones": (TENSOR, b"\x0a\x01\x05", 5, "dims: 5 .* give tuple of int"),
    "a text among packed ones": (TENSOR, b"\x0a\x01\x05", (5, "6"), "dims: .* give tuple of int"),
    "a tuple for one number": (MODEL, b"\x08\x07", (8,), r"ir_version: \(8,\) does not fit"),
    "text for a message": (
        MODEL,
        b"\x3a\x00",
        "graph",
        "graph: .* GraphProto; give a tuple of fields",
    ),
    "a list for a message": (MODEL, b"\x3a\x00", [], "give a tuple of fields"),
    "what is no field": (MODEL, b"\x3a\x00", (7,), "give a tuple of fields"),
    "nothing": (MODEL, b"\x08\x07", None, "ir_version: None does not fit"),
    "too large a number": (
        MODEL,
        b"\x08\x07",
        1 << 64,
        "ir_version: 18446744073709551616 does not",
    ),
    "too large a fraction": (ATTRIBUTE, b"\x15\x00\x00\x80\x3f", 1e300, r"f: 1e\+300 does not fit"),
    "half a letter": (MODEL, b"\x12\x01a", "\ud800", "producer_name: .*surrogates not allowed"),
    "text for an unknown number": (MODEL, b"\xf8\x7f\x01", "a", "field 2047: 'a' .* give int"),
    "too few unknown bytes": (
        MODEL,
        b"\xfd\x7f1234",
        b"123",
        "field 2047: 3 bytes do not fill the field; give 4",
    ),
}


@pytest.mark.parametrize(("schema", "data", "value", "told"), MISFITS.values(), ids=MISFITS.keys())
def test_a_value_that_the_field_cannot_hold_is_refused_in_one_line(schema, data, value, told):
    (field,) = decode(data, schema)
    with pytest.raises(InputError, match=told) as caught:
        field.with_value(value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200
    assert encode([field]) == data


@pytest.mark.parametrize(
    ("schema", "data", "value"),
    [
        (MODEL, b"\x08\x07", -1),
        (MODEL, b"\x12\x01a", "longer"),
        (MODEL, b"\x12\x01a", b"\xff"),
        (TENSOR, b"\x4a\x01a", b""),
        (TENSOR, b"\x0a\x01\x05", (2, -3)),
        (TENSOR, b"\x22\x04\x00\x00\x80\x3f", (1, 0.5)),
        (ATTRIBUTE, b"\x15\x00\x00\x80\x3f", 2),
        (MODEL, b"\xf8\x7f\x01", 300),
        (MODEL, b"\xfd\x7f1234", b"5678"),
    ],
)
def test_a_value_that_the_field_can_hold_is_found_again(schema, data, value):
    (field,) = decode(data, schema)
    (found,) = decode(encode([field.with_value(value)]), schema)
    assert found.value == value


BROKEN = {
    "a tag without a field": (b"\x08", 1),
    "an unterminated number": (b"\x08\xff\xff", 1),
    "a number without an end": (b"\x08" + b"\x80" * 40, 1),
    "a huge length": (b"\x08\x08\x3a\xff\xff\xff\xff\x07", 3),
    "a length of 2**64 - 1": (b"\x3a" + encode_varint(2**64 - 1), 1),
    "a length one too long": (b"\x12\x03ab", 1),
    "a length that leaves its message": (b"\x3a\x02\x12\x02ab", 3),
    "eight bytes cut short": (b"\xf9\x7f1234567", 2),
    "four bytes cut short": (b"\xfd\x7f123", 2),
    "field number 0": (b"\x00\x00", 0),
    "wire type 6": (b"\x0e\x00", 1),
    "wire type 7": (b"\x0f\x00", 1),
    "a group that ends without having begun": (b"\x08\x08\x0c", 3),
    "a group that never ends": (b"\x0b\x08\x01", 3),
    "a group that another one ends": (b"\x0b\x14", 1),
    "a tag of six bytes": (b"\x88\x80\x80\x80\x80\x00\x08", 0),
    "a length of six bytes": (b"\x12\x81\x80\x80\x80\x80\x00a", 1),
    "a field number too large": (encode_varint(1 << 32) + b"\x00", 0),
}


@pytest.mark.parametrize(("data", "offset"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_bytes_are_refused_with_the_offset(data, offset):
    assert not accepted_by_protobuf(data)
    with pytest.raises(WireError) as caught:
        decode(data, MODEL)
    assert caught.value.offset == offset
    assert str(caught.value).startswith(f"byte {offset}: ")
    assert str(caught.value).endswith("copy or export it again")


def test_packed_numbers_must_fill_their_bytes():
    with pytest.raises(WireError, match=r"^byte 2: 7 bytes are no whole number of floats"):
        decode(b"\x22\x07" + bytes(7), TENSOR)


@pytest.fixture()
def steps(monkeypatch) -> list[int]:
    """Where the decoder has begun to read a field, each time that it did."""
    begun = []

    def counted(data, at=0, end=None):
        begun.append(at)
        return varint.read_tag(data, at, end)

    monkeypatch.setattr(wire, "read_tag", counted)
    return begun


def check_hostile(data, steps) -> bool:
    """An error with an offset, or fields that give the bytes back; as protobuf itself decides.

    Returns:
        Whether it was an error.
    """
    steps.clear()
    refused = False
    try:
        fields = decode(data, MODEL)
    except WireError as error:  # an InputError; any other exception fails the test
        refused = True
        assert 0 <= error.offset <= len(data)
        assert str(error).startswith(f"byte {error.offset}: ")
        assert "\n" not in str(error)
        assert not accepted_by_protobuf(data), (error, data[:1000])
    else:
        assert encode(fields) == data
        assert accepted_by_protobuf(data), data[:1000]
    assert len(set(steps)) == len(steps) <= len(data) + 1  # no byte begins a field twice: no hang
    return refused


@pytest.mark.parametrize("name", SMALL)
def test_a_file_cut_off_anywhere_is_refused_or_comes_back(files, name, steps):
    data = files[name]
    for end in range(len(data)):
        check_hostile(data[:end], steps)


@pytest.mark.parametrize("name", SMALL)
def test_a_file_with_any_byte_changed_is_refused_or_comes_back(files, name, steps):
    data = files[name]
    chance = random.Random(17)
    for place in range(len(data)):
        marks = chance.choice((0, 0x7F, 0x80, 0xFF))
        for byte in {marks, data[place] ^ 1, chance.randrange(256)}:
            check_hostile(data[:place] + bytes([byte]) + data[place + 1 :], steps)


def places(data, chance, count):
    """Places in a large file: of its heads (tags and lengths, all messages), and of any byte.

    Nearly every byte of such a file is a weight, where a change breaks nothing.
    """

    def offsets(fields):
        for one in fields:
            yield one.offset
            if one.nested:
                yield from offsets(one.value)

    heads = [at + chance.randrange(4) for at in offsets(decode(data, MODEL))]
    drawn = chance.sample(heads, count) + [chance.randrange(len(data)) for _ in range(count // 4)]
    return sorted({0, len(data) - 1} | {min(at, len(data) - 1) for at in drawn})


@pytest.mark.parametrize("name", LARGE)
def test_a_large_file_cut_off_is_refused_with_the_offset_or_comes_back(files, name, steps):
    data = files[name]
    told = [check_hostile(data[:end], steps) for end in places(data, random.Random(23), 300)]
    assert sum(told) > 250  # between two fields of the outermost message a file may end


@pytest.mark.parametrize("name", LARGE)
def test_a_large_file_with_a_byte_changed_is_refused_or_comes_back(files, name, steps):
    data = files[name]
    chance = random.Random(29)
    told = []
    for place in places(data, chance, 30):
        for byte in {data[place] ^ 1 << chance.randrange(8), chance.choice((0, 0x7F, 0x80, 0xFF))}:
            told.append(check_hostile(data[:place] + bytes([byte]) + data[place + 1 :], steps))
    assert 10 < sum(told) < len(told) - 10  # both outcomes occur


def test_bytes_inserted_removed_and_moved(files, steps):
    chance = random.Random(4)
    for _ in range(3000):
        data = bytearray(files[chance.choice(SMALL)])
        for _ in range(chance.randrange(1, 6)):
            first, last = sorted(chance.sample(range(len(data) + 1), 2))
            piece = bytes(data[first : min(last, first + 9)])
            action = chance.randrange(3)
            if action == 0:
                del data[first : first + len(piece)]
            else:
                place = chance.randrange(len(data) + 1)
                data[place:place] = piece if action == 1 else chance.randbytes(len(piece))
        check_hostile(bytes(data), steps)


def test_random_bytes(steps):
    chance = random.Random(5)
    for _ in range(3000):
        check_hostile(chance.randbytes(chance.randrange(40)), steps)


def nested(levels):
    """A graph inside an attribute inside a node inside a graph, and so on: `levels` messages."""
    data = b""
    for level in reversed(range(levels)):
        number = 7 if level == 0 else (1, 5, 6)[(level - 1) % 3]
        data = encode_varint(number << 3 | 2) + encode_varint(len(data)) + data
    return data


def groups(levels):
    return b"\xfb\x7f" * levels + b"\xfc\x7f" * levels


@pytest.mark.parametrize("made", [nested, groups])
def test_messages_nest_as_deep_as_protobuf_lets_them_and_no_deeper(made):
    data = made(MAX_DEPTH)
    assert accepted_by_protobuf(data)
    assert encode(decode(data, MODEL)) == data
    for levels in (MAX_DEPTH + 1, 5_000, 50_000):
        data = made(levels)
        assert not accepted_by_protobuf(data)
        with pytest.raises(WireError, match="more than 100 messages inside one another") as caught:
            decode(data, MODEL)
        assert 0 < caught.value.offset <= len(data)


def test_a_length_prefix_is_not_believed():
    for size in (2**31 - 1, 2**31, 2**40, 2**63):
        for data in (b"\x3a", b"\x12", b"\x4a", b"\xfa\x7f"):
            tracemalloc.start()
            with pytest.raises(WireError, match=f"{size} bytes should follow, .* has 2 left"):
                decode(data + encode_varint(size) + b"ab", MODEL)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert peak < 100_000


@pytest.mark.parametrize(
    ("data", "times"),
    [
        (b"\x08\x07" * 20_000, 85),
        (b"\x3a\x00" * 20_000, 85),
        (b"\xfa\x7f\x80\x89\x7a" + bytes(2_000_000), 1.1),
    ],
    ids=["numbers", "empty messages", "many bytes"],
)
def test_memory_is_bounded_by_the_size_of_the_input(data, times):
    tracemalloc.start()
    fields = decode(data, MODEL)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert encode(fields) == data
    assert peak < times * len(data)


WORST = nested(64)  # the deepest whose every length takes one byte: a message for 2 bytes


def test_the_most_memory_is_what_the_docstring_says(tmp_path):
    path = tmp_path / "worst.onnx"
    path.write_bytes(WORST * (1_500_000 // len(WORST)))
    found = bytes_per_byte(
        "import onnx; from helpers.wire import decode; schema = onnx.ModelProto.DESCRIPTOR",
        "kept = decode(open(path, 'rb').read(), schema)",
        path,
    )
    (told,) = re.findall(r"(\d+) bytes for one of the file", decode.__doc__)
    assert 0.9 * int(told) < found < 1.02 * int(told)


@pytest.mark.parametrize("number", [b"\x01", b"\x81\x08"], ids=["1 byte", "2 bytes"])
def test_packed_numbers_take_less_memory_than_messages(number):
    data = number * 100_000
    data = b"\x3a" + encode_varint(len(data)) + data  # int64_data
    tracemalloc.start()
    fields = decode(data, TENSOR)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(fields[0].value) == 100_000
    assert peak < 40 * len(data)


def packed(tag, number):
    return lambda count: tag + encode_varint(len(number) * count) + number * count


@pytest.mark.parametrize(
    ("made", "schema", "own"),
    [
        (lambda count: b"\x3a\x00" * count, MODEL, 0),
        (lambda count: b"\xfb\x7f" + b"\x08\x07" * count + b"\xfc\x7f", MODEL, 2),
        (packed(b"\x3a", b"\x81\x08"), TENSOR, 1),
        (packed(b"\x22", b"abcd"), TENSOR, 1),
        (packed(b"\x52", b"abcdefgh"), TENSOR, 1),
    ],
    ids=["messages", "in a group", "integers", "floats", "doubles"],
)
def test_more_fields_than_allowed_are_refused_before_they_take_memory(
    made, schema, own, monkeypatch
):
    monkeypatch.setattr("helpers.wire_limits.MAX_FIELDS", 1_000)
    data = made(1_000 - own)
    assert encode(decode(data, schema)) == data
    with pytest.raises(InputError):
        decode(made(1_001 - own), schema)
    tracemalloc.start()
    with pytest.raises(InputError, match=r"^more than 1,000 fields .* in one file; decode a part"):
        decode(made(100_000), schema)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000  # of which the file is up to 800,000, held twice while it is counted


def test_what_the_course_decodes_is_far_from_the_limit(files, monkeypatch):
    monkeypatch.setattr("helpers.wire_limits.MAX_FIELDS", MAX_FIELDS // 50)
    for data in files.values():
        decode(data, MODEL)
