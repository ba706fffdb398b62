"""Any value in a few characters, however large it is, and whatever its class does."""

import reprlib
from typing import Any

__all__ = ["shown"]

_LONGEST = 60  # characters
_DIGITS_A_BIT = 0.30103


class _Short(reprlib.Repr):
    """`repr` that looks at no more of a large thing than it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxset = self.maxdict = 20
        self.maxstring = self.maxother = _LONGEST

    def repr_int(self, thing: int, _: int) -> str:
        digits = int(thing.bit_length() * _DIGITS_A_BIT)  # Python refuses to write very many
        return repr(thing) if digits < _LONGEST else f"of some {digits} digits"

    def repr_bytes(self, thing: bytes, _: int) -> str:
        return repr(bytes(thing[:_LONGEST]))

    repr_bytearray = repr_bytes

    def repr_instance(self, thing: Any, level: int) -> str:
        if isinstance(thing, str | bytes | bytearray):
            return repr(thing[:_LONGEST])
        if hasattr(thing, "SerializeToString") and not isinstance(
            thing, type
        ):  # a model, whose text is longer than its bytes
            return f"of {thing.ByteSize()} bytes"
        return super().repr_instance(thing, level)


_SHORT = _Short()


def shown(thing: object) -> str:
    """A value in at most 60 characters, with its type: `int 3`."""
    try:
        text = " ".join(_SHORT.repr(thing).split())
    except Exception:  # whatever a learner's class does
        text = ""
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
    return f"{type(thing).__name__} {text}".rstrip()
