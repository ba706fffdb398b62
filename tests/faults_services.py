"""What goes wrong around the project: network, ports, browser, engines, kernels, versions."""

from fault import Fault

__all__ = ["FAULTS"]

FAULTS: list[Fault] = []
