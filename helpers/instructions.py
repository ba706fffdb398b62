"""Which instructions of this processor a rung's number format needs."""

from helpers.environment import processor_features

__all__ = ["bf16_needs"]

_BF16 = {"avx512_bf16", "amx_bf16", "bf16"}


def bf16_needs() -> str | None:
    """Why bf16 makes no sense on this processor, in one line; None where it does."""
    features = processor_features()
    if _BF16 & set(features):
        return None
    known = "has no" if features else "is not known to have"
    return f"this processor {known} bf16 instructions, so bf16 would be emulated"
