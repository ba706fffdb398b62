"""What must hold of the wire decoder for any bytes whatever; for the fuzzer and for the tests."""

from typing import Any

from helpers.wire import WireError, decode, encode

__all__ = ["check_decoding"]

# No field may have it. Protobuf refuses it in messages, and passes over it in a group that the
# schema does not know (the fuzzer found it with 08 08 08 08 7b 01 ... 7c); ours refuses it in both.
_IN_GROUPS = "a field number of 0"


def check_decoding(data: bytes, message: Any) -> bool:
    """Decoded, the bytes come back, or are refused in one line; protobuf accepts the same ones.

    Args:
        data: any bytes.
        message: the class of protobuf whose schema they are read under.

    Returns:
        Whether they were accepted.

    Raises:
        AssertionError: they come back changed, the error is not one line with an offset, or
            protobuf decides otherwise. Any other exception is the decoder's own fault.
    """
    try:
        fields = decode(data, message.DESCRIPTOR)
    except WireError as error:
        line = str(error)
        assert 0 <= error.offset <= len(data), line
        assert line.startswith(f"byte {error.offset}: "), line
        assert "\n" not in line and len(line) < 300, line
        if _IN_GROUPS not in line:
            assert not _accepted(data, message), f"protobuf accepts it: {line}"
        return False
    assert encode(fields) == data, "it comes back changed"
    assert _accepted(data, message), "protobuf refuses it"
    return True


def _accepted(data: bytes, message: Any) -> bool:
    try:
        message.FromString(data)
    except Exception as error:  # DecodeError, whose class depends on protobuf's build
        assert type(error).__name__ == "DecodeError", error
        return False
    return True
