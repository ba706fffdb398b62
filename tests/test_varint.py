"""Whole numbers and tags on the wire, against protobuf itself."""

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.errors import InputError
from helpers.varint import WireError, encode_varint, read_tag, read_varint


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "00"),
        (1, "01"),
        (127, "7f"),
        (128, "80 01"),
        (300, "ac 02"),
        (2**64 - 1, "ff" * 9 + "01"),
    ],
)
def test_numbers_are_written_in_groups_of_seven_bits(number, written):
    assert encode_varint(number) == bytes.fromhex(written)


@given(st.integers(-(2**63), 2**64 - 1))
def test_what_is_written_is_read(number):
    data = encode_varint(number)
    assert len(data) == (10 if number < 0 else max(1, -(-number.bit_length() // 7)))
    assert read_varint(b"\xff" + data + b"\x01", 1) == (number % 2**64, 1 + len(data))


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_int64_is_written_as_protobuf_writes_it(number):
    message = onnx.AttributeProto(i=number).SerializeToString()
    assert message == bytes([3 << 3]) + encode_varint(number)


@given(st.integers(0, 2**14), st.integers(0, 6))
def test_a_number_may_be_written_longer_than_need_be(number, zeros):
    data = encode_varint(number)
    longer = data[:-1] + bytes([data[-1] | 0x80]) + b"\x80" * zeros + b"\x00"
    assert read_varint(longer) == (number, len(longer))


def test_bits_beyond_the_64th_are_dropped():
    assert read_varint(b"\xff" * 9 + b"\x7f") == (2**64 - 1, 10)


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1])
def test_a_number_of_more_than_64_bits_is_refused(number):
    with pytest.raises(InputError, match=rf"^{number}: a varint holds 64 bits"):
        encode_varint(number)


@pytest.mark.parametrize(
    ("data", "at", "end", "said"),
    [
        (b"", 0, None, "byte 0: the message ends at byte 0"),
        (b"\x01\x80", 1, None, "byte 1: the message ends at byte 2"),
        (b"\x80\x80\x01", 0, 2, "byte 0: the message ends at byte 2"),
        (b"\x01", 1, None, "byte 1: the message ends at byte 1"),
        (b"\x80" * 30, 3, None, "byte 3: a number that goes on after 10 bytes"),
    ],
)
def test_a_broken_number_is_refused_with_its_offset(data, at, end, said):
    with pytest.raises(WireError) as caught:
        read_varint(data, at, end)
    assert str(caught.value).startswith(said)
    assert caught.value.offset == at


def test_a_tag_is_a_number_and_a_wire_type():
    assert read_tag(b"\x3a") == (7, 2, 1)
    assert read_tag(b"\xff" + encode_varint((2**29 - 1) << 3 | 5), 1) == (2**29 - 1, 5, 6)


@pytest.mark.parametrize("tag", [0, 7, 1 << 32])
def test_a_tag_without_a_possible_field_number_is_refused(tag):
    with pytest.raises(WireError, match=rf"^byte 0: a field number of {tag >> 3};"):
        read_tag(encode_varint(tag))


def test_a_tag_has_at_most_five_bytes():
    assert read_tag(b"\x88\x80\x80\x80\x00") == (1, 0, 5)
    with pytest.raises(WireError, match=r"^byte 0: a tag of 6 bytes, where 5 are the most"):
        read_tag(b"\x88\x80\x80\x80\x80\x00")
