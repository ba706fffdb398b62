"""What one decoding takes at most: how deep messages stand inside one another, and how many fields.

One file of 2-byte fields takes as long as another of weights that is a thousand times its size, so
the limit is on fields and not on bytes.
"""

from helpers.errors import InputError
from helpers.wire_values import count_numbers

__all__ = ["MAX_DEPTH", "MAX_FIELDS", "Allowance"]

MAX_DEPTH = 100
"""How many messages may stand inside one another below the outermost: protobuf's own limit."""

MAX_FIELDS = 1_000_000
"""How many fields one file may hold; every number of a packed field counts as one.

A BERT of 24 layers, as `helpers.exports` writes it, has 18,827 with its weights, since the bytes of
a weight are one field.
"""


class Allowance:
    """What is left of `MAX_FIELDS` while one file is decoded."""

    def __init__(self) -> None:
        self._left = MAX_FIELDS

    def take(self, count: int = 1) -> None:
        """Counts fields before memory is spent on them.

        Args:
            count: how many.

        Raises:
            InputError: they are more than are left.
        """
        self._left -= count
        if self._left < 0:
            raise InputError(
                f"more than {MAX_FIELDS:,} fields and packed numbers in one file; decode a part of "
                "it, such as one tensor, or read it with onnx.load"
            )

    def take_numbers(self, data: bytes, begin: int, stop: int, kind: str) -> None:
        """Counts the numbers of a packed field before they are read, as `count_numbers` does.

        Raises:
            InputError: they are more than are left.
        """
        self.take(count_numbers(data, begin, stop, kind))
