"""How protobuf writes the values that are no messages: numbers, text, numbers packed together."""

import struct
from enum import IntEnum
from typing import Any

from helpers.errors import InputError
from helpers.varint import WireError, encode_varint, read_varint

__all__ = [
    "Value", "WireType", "check_value", "count_numbers", "kind_of_value", "read_value",
    "value_bytes",
]  # fmt: skip

Value = int | float | str | bytes | tuple[Any, ...]
"""What a field holds; a tuple holds a message's fields, or the numbers of a packed field."""


class WireType(IntEnum):
    """How to find the end of a value without knowing what it means."""

    VARINT = 0
    FIXED64 = 1
    LENGTH = 2
    GROUP = 3
    GROUP_END = 4
    FIXED32 = 5


_KINDS = {  # protobuf's numbers of the types that onnx's schema uses: their names and wire types
    1: ("double", WireType.FIXED64),
    2: ("float", WireType.FIXED32),
    3: ("int64", WireType.VARINT),
    4: ("uint64", WireType.VARINT),
    5: ("int32", WireType.VARINT),
    9: ("string", WireType.LENGTH),
    12: ("bytes", WireType.LENGTH),
    14: ("enum", WireType.VARINT),
}
_FORMATS = {"double": "d", "float": "f"}
_SIGNED = ("int64", "int32", "enum")
_FITTING: dict[str, tuple[type, ...]] = {  # what Python holds for a kind; for all others, an int
    "double": (float, int),
    "float": (float, int),
    "string": (str, bytes),
    "bytes": (bytes,),
}
_GOING_ON = bytes(range(0x80, 0x100))  # the bytes of a varint before its last one
_LENGTHS = {WireType.FIXED64: 8, WireType.FIXED32: 4}


def kind_of_value(known: Any, wire_type: int) -> str:
    """What a schema's field holds when it comes with this wire type.

    Args:
        known: the field's descriptor, with `type` and `is_repeated`; None if the schema has none.
        wire_type: the wire type in the file.

    Returns:
        Such as `int64`, or `packed int64` where many stand behind one length: protobuf reads
        repeated numbers in both forms. Empty where the schema has no meaning for it.
    """
    kind, usual = _KINDS.get(known.type, ("", None)) if known is not None else ("", None)
    if kind and wire_type == usual:
        return kind
    if kind and wire_type == WireType.LENGTH and known.is_repeated:
        return f"packed {kind}"
    return ""


def count_numbers(data: bytes, begin: int, stop: int, kind: str) -> int:
    """How many numbers stand in a packed field, told without reading them; 0 of any other field.

    Args:
        data: the bytes.
        begin: where the numbers begin.
        stop: where they end.
        kind: of `kind_of_value`.
    """
    if not kind.startswith("packed "):
        return 0
    form = _FORMATS.get(kind.removeprefix("packed "))
    if form:
        return (stop - begin) // struct.calcsize(form)
    return len(data[begin:stop].translate(None, _GOING_ON))


def read_value(data: bytes, begin: int, stop: int, kind: str, wire_type: int) -> Value:
    """Reads a value that is no message.

    Args:
        data: the bytes.
        begin: where it begins, behind tag and length prefix.
        stop: where it ends.
        kind: of `kind_of_value`; if empty, a varint becomes a number, all else stays bytes.
        wire_type: the wire type in the file.

    Returns:
        The value; bytes also for a `string` that is not UTF-8.

    Raises:
        WireError: packed numbers that do not fill their bytes.
    """
    if kind.startswith("packed "):
        return _numbers(data, begin, stop, kind.removeprefix("packed "))
    if kind in _FORMATS or wire_type == WireType.VARINT:
        return _numbers(data, begin, stop, kind)[0]
    if kind == "string":
        try:
            return data[begin:stop].decode("utf-8")
        except UnicodeDecodeError:
            pass
    return data[begin:stop]


def value_bytes(kind: str, value: Value) -> bytes:
    """The shortest spelling of a value that is no message, without tag and length prefix.

    Args:
        kind: of `kind_of_value`.
        value: bytes as they are, text, a number, or a tuple of numbers.
    """
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8")
    numbers = value if isinstance(value, tuple) else (value,)
    form = _FORMATS.get(kind.removeprefix("packed "))
    if form:
        return struct.pack(f"<{len(numbers)}{form}", *numbers)
    written = bytearray()  # a list of one text a number would take 56 bytes for each
    for number in numbers:
        written += encode_varint(number)
    return bytes(written)


def check_value(name: str, kind: str, wire_type: int, value: Value) -> None:
    """Refuses a value that the field cannot hold.

    Args:
        name: of the field, for the message.
        kind: of `kind_of_value`.
        wire_type: the wire type in the file; it decides where the kind is empty.
        value: what the field shall hold.

    Raises:
        InputError: it is of another type, or does not fit.
    """
    packed = kind.startswith("packed ")
    known = kind or ("int64" if wire_type == WireType.VARINT else "bytes")
    types = _FITTING.get(known.removeprefix("packed "), (int,))
    values = value if packed and isinstance(value, tuple) else (value,)
    if packed != isinstance(value, tuple) or not all(isinstance(one, types) for one in values):
        wanted = " or ".join(one.__name__ for one in types)
        wanted = f"tuple of {wanted}" if packed else wanted
        raise InputError(f"{name}: {value!r:.60} does not fit a field of {known}; give {wanted}")
    try:
        size = len(value_bytes(kind, value))
    except (InputError, OverflowError, UnicodeEncodeError) as error:
        raise InputError(
            f"{name}: {value!r:.60} does not fit a field of {known} ({error})"
        ) from error
    if not kind and size != _LENGTHS.get(wire_type, size):
        raise InputError(f"{name}: {size} bytes do not fill the field; give {_LENGTHS[wire_type]}")


def _numbers(data: bytes, begin: int, stop: int, kind: str) -> tuple[int | float, ...]:
    """The numbers that stand one behind the other from `begin` to `stop`."""
    if kind in _FORMATS:
        count, rest = divmod(stop - begin, struct.calcsize(_FORMATS[kind]))
        if rest:
            raise WireError(begin, f"{stop - begin} bytes are no whole number of {kind}s")
        return struct.unpack_from(f"<{count}{_FORMATS[kind]}", data, begin)
    numbers = []
    while begin < stop:
        number, begin = read_varint(data, begin, stop)
        negative = kind in _SIGNED and number >> 63
        numbers.append(number - (1 << 64) if negative else number)
    return tuple(numbers)
