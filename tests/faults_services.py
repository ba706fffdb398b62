"""What goes wrong around the project: network, ports, browser, engines, kernels, versions."""

import faults_engines
import faults_hub
import faults_kernels
import faults_network
import faults_viewers

__all__ = ["FAULTS"]

FAULTS = [
    *faults_network.FAULTS,
    *faults_hub.FAULTS,
    *faults_viewers.FAULTS,
    *faults_engines.FAULTS,
    *faults_kernels.FAULTS,
]
