"""Numbers gone bad: the check of the answers comes before any time."""

from fault import Fault

__all__ = ["FAULTS"]

FAULTS: list[Fault] = []
