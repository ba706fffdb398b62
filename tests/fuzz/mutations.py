"""Seeded mutations of byte strings, as a fuzzer makes them but the same in every run."""

import random
from collections.abc import Iterator, Sequence

__all__ = ["mutated"]

_TELLING = (b"\x00", b"\x7f", b"\x80", b"\xff", b"\x80" * 9 + b"\x01", b"\xff\xff\xff\xff\x07")


def mutated(seeds: Sequence[bytes], *, count: int, seed: int) -> Iterator[bytes]:
    """Byte strings that differ from `seeds` in one to four places.

    Args:
        seeds: what is changed; of two, a piece of one may be put into the other.
        count: how many are made.
        seed: of the random numbers.
    """
    chance = random.Random(seed)
    for _ in range(count):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 4)):
            place = chance.randint(0, len(data))
            other = chance.choice(seeds)
            begin = chance.randint(0, len(other))
            new = (
                chance.choice(_TELLING),
                chance.randbytes(chance.randint(0, 3)),
                other[begin : begin + chance.randint(0, 40)],
            )
            data[place : place + chance.randint(0, 3)] = chance.choice(new)
        yield bytes(data)
