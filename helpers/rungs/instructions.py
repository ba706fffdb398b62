"""Which instructions of this processor a rung's number format needs."""

from helpers.environment import processor_features

__all__ = ["bf16_needs", "has_vnni"]

_BF16 = {"avx512_bf16", "amx_bf16", "bf16"}
_VNNI = {"avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm"}  # and what ARM has instead


def bf16_needs() -> str | None:
    """Why bf16 makes no sense on this processor, in one line; None where it does."""
    features = processor_features()
    if _BF16 & set(features):
        return None
    known = "has no" if features else "is not known to have"
    return f"this processor {known} bf16 instructions, so bf16 would be emulated"


def has_vnni() -> bool:
    """Whether products of 8-bit numbers are summed up in 32 bits by one instruction.

    Without it (AVX2 alone, say) two neighbouring products are first summed up in 16 bits, which
    overflows where weights use all of their 8 bits: int8 weights then have to keep to 7.
    """
    return bool(_VNNI & set(processor_features()))
