"""Lets the C library keep freed memory, so that a training step need not ask for fresh pages."""

import ctypes
import sys

__all__ = ["keep_memory"]


def keep_memory() -> None:
    """Makes malloc keep what is freed instead of handing it back; Linux with glibc only."""
    if sys.platform != "linux":
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # a C library without it, such as musl
        return
    # M_MMAP_MAX, M_TRIM_THRESHOLD, M_TOP_PAD
    for option, value in ((-4, 0), (-1, 2**31 - 1), (-2, 1 << 28)):
        mallopt(option, value)
