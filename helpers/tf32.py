"""Whether matrix products on a GPU may round their factors to TF32: the one switch for it."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["tf32"]


@contextmanager
def tf32(allowed: bool) -> Iterator[None]:
    """Lets matrix products on CUDA round to TF32, or forbids it, and sets it back afterwards.

    PyTorch has an old and a new switch for it, and raises where one is read after the other was
    set. Setting the old one sets both, so that whoever reads either (the compiler reads the old
    one) finds the same. It holds for the whole process: what else runs meanwhile rounds as well,
    or does not.

    Args:
        allowed: whether they may.
    """
    products = torch.backends.cuda.matmul
    before = products.fp32_precision
    products.allow_tf32 = allowed
    try:
        yield
    finally:
        products.allow_tf32 = before == "tf32"
        products.fp32_precision = before
