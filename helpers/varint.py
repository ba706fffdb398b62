"""Varints: how protobuf writes whole numbers, 7 bits in a byte, and the error of broken bytes."""

from helpers.errors import InputError

__all__ = ["WireError", "encode_varint", "read_tag", "read_varint"]


class WireError(InputError):
    """Bytes that are no protobuf message.

    Attributes:
        offset: the byte, counted from 0, at which it shows.
    """

    def __init__(self, offset: int, what: str) -> None:
        super().__init__(
            f"byte {offset}: {what}; the file is cut short or damaged: copy or export it again"
        )
        self.offset = offset


def encode_varint(number: int) -> bytes:
    """Writes a whole number in groups of 7 bits, lowest first, in as few bytes as will do.

    Args:
        number: from -2**63 to 2**64 - 1. A negative one is written as 2**64 more, in 10 bytes.

    Raises:
        InputError: it does not fit into 64 bits.
    """
    if not -(1 << 63) <= number < 1 << 64:
        raise InputError(f"{number}: a varint holds 64 bits; use a number that fits into them")
    number &= (1 << 64) - 1
    groups = []
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*groups, number])


def read_varint(data: bytes, at: int = 0, end: int | None = None) -> tuple[int, int]:
    """Reads a whole number; it may be written in more bytes than need be.

    What the tenth byte holds beyond the 64th bit is dropped, as protobuf does.

    Args:
        data: the bytes.
        at: where it begins.
        end: where the message ends that it stands in; None: with the bytes.

    Returns:
        The number, 0 to 2**64 - 1, and where the next byte is.

    Raises:
        WireError: it does not end within the message and within 10 bytes.
    """
    number = 0
    last = min(at + 10, len(data) if end is None else end)
    for place in range(at, last):
        number |= (data[place] & 0x7F) << 7 * (place - at)
        if data[place] < 0x80:
            return number & (1 << 64) - 1, place + 1
    if last == at + 10:
        raise WireError(at, "a number that goes on after 10 bytes")
    raise WireError(at, f"the message ends at byte {last}, within a number or before it")


def read_tag(data: bytes, at: int = 0, end: int | None = None) -> tuple[int, int, int]:
    """Reads a tag, the varint in front of every field: 8 times its number, plus its wire type.

    Args:
        data: the bytes.
        at: where it begins.
        end: where the message ends that it stands in; None: with the bytes.

    Returns:
        The field's number, 1 to 2**29 - 1, its wire type, 0 to 7, and where the next byte is.

    Raises:
        WireError: as `read_varint`; or it has more than 5 bytes, or no field can have the number.
    """
    tag, after = read_varint(data, at, end)
    if after - at > 5:
        raise WireError(at, f"a tag of {after - at} bytes, where 5 are the most")
    if not 1 <= tag >> 3 < 1 << 29:
        raise WireError(at, f"a field number of {tag >> 3}")
    return tag >> 3, tag & 7, after
