"""The bytes of a protobuf message: decoded under the schema's names, and encoded again.

What `decode` accepts, `encode` gives back byte for byte: also fields that the schema does not know,
fields in any order, and numbers that are written longer than need be.
"""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from helpers.errors import InputError
from helpers.varint import WireError, encode_varint, read_tag, read_varint
from helpers.wire_limits import MAX_DEPTH, MAX_FIELDS, Allowance
from helpers.wire_values import Value, WireType, check_value, kind_of_value, read_value, value_bytes

__all__ = ["MAX_DEPTH", "MAX_FIELDS", "Field", "Schema", "WireError", "decode", "encode"]

_MESSAGE = 11  # protobuf's number of the type
_SIZES = {WireType.FIXED64: 8, WireType.FIXED32: 4}


class Schema(Protocol):
    """What `decode` asks of a message descriptor such as `onnx.ModelProto.DESCRIPTOR`.

    Attributes:
        name: the name of the message.
        fields_by_number: {number: a field's descriptor: name, type, message_type, is_repeated}.
    """

    name: str
    fields_by_number: Mapping[int, Any]


@dataclass(frozen=True, slots=True)  # slots: a file may hold millions of fields
class Field:
    """One field as it stands in a file.

    Attributes:
        number: the field's number in its message, 1 to 2**29 - 1.
        name: its name in the schema; empty where the schema has no such field of this wire type.
        kind: its type there: `int64`, `packed float`, `GraphProto`; empty where it has no name.
        wire_type: 0 varint, 1 eight bytes, 2 a length and bytes, 3 group, 5 four bytes.
        offset: where its tag begins, in bytes from the beginning of the file.
        length: how many bytes it takes, with its tag and its length prefix.
        value: what it holds. Bytes stand for what the schema does not know, and for a `string` that
            is not UTF-8. Those of a group end with its end tag.
        raw: None, unless the file spells the field otherwise than `encode` would from the rest:
            then its bytes as they stand, of a message only those before its fields.
    """

    number: int
    name: str
    kind: str
    wire_type: int
    offset: int
    length: int
    value: Value
    raw: bytes | None = field(default=None, repr=False)

    @property
    def nested(self) -> bool:
        """Whether the value is the fields of a message."""
        return isinstance(self.value, tuple) and not self.kind.startswith("packed ")

    def with_value(self, value: Value) -> "Field":
        """This field with another value, to be encoded; `offset` and `length` stay the old ones.

        Args:
            value: of the sort that is there: fields for a message, else a number, text or bytes,
                or a tuple of numbers where they are packed.

        Raises:
            InputError: it is of another sort, or does not fit into the field.
        """
        if not self.nested:
            check_value(self.name or f"field {self.number}", self.kind, self.wire_type, value)
        elif not isinstance(value, tuple) or not all(isinstance(one, Field) for one in value):
            raise InputError(f"{self.name}: it holds a {self.kind}; give a tuple of fields")
        return replace(self, value=value, raw=None)


def decode(data: bytes, schema: Schema) -> tuple[Field, ...]:
    """Decodes a message and all messages in it, at most MAX_DEPTH inside one another.

    Time and memory are bounded by the size of the input: a length prefix counts for nothing before
    it is compared with the bytes that are there. Messages of nothing but messages take the most
    memory, 88 bytes for one of the file; a file of weights takes its size again (Python 3.11;
    `tests/test_wire.py` measures both). Beyond `MAX_FIELDS` nothing is decoded.

    Args:
        data: the bytes of one message, for example of a whole .onnx file.
        schema: its descriptor, for example `onnx.ModelProto.DESCRIPTOR`.

    Returns:
        The fields in the order of the file.

    Raises:
        WireError: the bytes end too soon, contradict themselves, or nest too deep.
        InputError: there are more than `MAX_FIELDS` fields and packed numbers.
    """
    data = data if isinstance(data, bytes) else bytes(memoryview(data))
    return _message(data, 0, len(data), schema, 0, Allowance())


def encode(fields: Iterable[Field]) -> bytes:
    """The bytes of these fields; the length of a message is counted from what it holds."""
    return b"".join(map(_encoded, fields))


def _message(
    data: bytes, at: int, end: int, schema: Schema, depth: int, left: Allowance
) -> tuple[Field, ...]:
    if depth > MAX_DEPTH:
        raise WireError(at, f"more than {MAX_DEPTH} messages inside one another")
    fields = []
    while at < end:
        left.take()
        fields.append(_field(data, at, end, schema, depth, left))
        at += fields[-1].length
    return tuple(fields)


def _field(data: bytes, at: int, end: int, schema: Schema, depth: int, left: Allowance) -> Field:
    start = at
    number, wire_type, at = read_tag(data, at, end)
    known = schema.fields_by_number.get(number)
    value: Value
    if known is not None and known.type == _MESSAGE and wire_type == WireType.LENGTH:
        kind = sys.intern(known.message_type.name)
        begin, stop = _extent(data, at, end, wire_type)
        value = _message(data, begin, stop, known.message_type, depth + 1, left)
        body, last = b"", begin  # its fields are spelled by themselves
    else:
        kind = kind_of_value(known, wire_type)
        if wire_type == WireType.GROUP:
            begin, stop = at, _group_end(data, at, end, number, depth, left)
        else:
            begin, stop = _extent(data, at, end, wire_type)
        left.take_numbers(data, begin, stop, kind)
        value = read_value(data, begin, stop, kind, wire_type)
        body, last = value_bytes(kind, value), stop
    head = _head(number, wire_type, stop - begin)
    shortest = data[start:begin] == head and last - begin == len(body)
    raw = None if shortest and data.startswith(body, begin) else data[start:last]
    name = sys.intern(known.name) if kind else ""  # else protobuf makes a new text each time
    return Field(number, name, kind, wire_type, start, stop - start, value, raw)


def _extent(data: bytes, at: int, end: int, wire_type: int) -> tuple[int, int]:
    """Where a value begins, behind its length prefix, and where it ends."""
    if wire_type == WireType.VARINT:
        return at, read_varint(data, at, end)[1]
    if wire_type == WireType.LENGTH:
        size, begin = read_varint(data, at, end)
    elif wire_type in _SIZES:
        size, begin = _SIZES[wire_type], at
    else:
        raise WireError(at, f"wire type {wire_type} has no place here")
    if size > end - begin:
        raise WireError(at, f"{size} bytes should follow, but the message has {end - begin} left")
    if begin - at > 5:
        raise WireError(at, f"a length written in {begin - at} bytes, where 5 are the most")
    return begin, begin + size


def _group_end(data: bytes, at: int, end: int, number: int, depth: int, left: Allowance) -> int:
    """Where a group ends: an old kind of message, closed by a tag instead of told by a length."""
    opened = [number]
    while opened:
        if depth + len(opened) > MAX_DEPTH:
            raise WireError(at, f"more than {MAX_DEPTH} messages inside one another")
        left.take()
        start = at
        number, wire_type, at = read_tag(data, at, end)
        if wire_type == WireType.GROUP:
            opened.append(number)
        elif wire_type != WireType.GROUP_END:
            at = _extent(data, at, end, wire_type)[1]
        elif opened.pop() != number:
            raise WireError(start, f"group {number} ends without having begun")
    return at


def _encoded(one: Field) -> bytes:
    if one.nested:
        body = encode(one.value)
        return (one.raw or _head(one.number, one.wire_type, len(body))) + body
    if one.raw:
        return one.raw
    body = value_bytes(one.kind, one.value)
    return _head(one.number, one.wire_type, len(body)) + body


def _head(number: int, wire_type: int, size: int) -> bytes:
    """The tag of a field, and the length of its value where one stands before it."""
    prefix = encode_varint(size) if wire_type == WireType.LENGTH else b""
    return encode_varint(number << 3 | wire_type) + prefix
