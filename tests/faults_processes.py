"""What goes wrong with processes: killed, interrupted, or two that do the same at once."""

from fault import Fault

__all__ = ["FAULTS"]

FAULTS: list[Fault] = []
