"""What goes wrong with files: no room, a folder that may not be written to, bytes that changed."""

from fault import Fault

__all__ = ["FAULTS"]

FAULTS: list[Fault] = []
