"""What a figure was measured on."""

import os
import platform
import subprocess
import sys

import onnx
import pytest
import torch
import transformers

from helpers.environment import cores, machine, versions


def test_the_machine_is_described():
    found = machine()
    assert set(found) == {"cpu", "cores", "memory_gib", "system", "gpu"}
    assert found["cpu"].strip() == found["cpu"] != ""
    assert 0 < found["memory_gib"] < 2**16
    assert found["system"] == f"{platform.system()} {platform.machine()}"
    assert (found["gpu"] is None) == (not torch.cuda.is_available())


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux has affinities")
def test_cores_are_those_that_the_process_may_use():
    assert cores() == len(os.sched_getaffinity(0))
    program = (
        "import os; from helpers.environment import cores; "
        "os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); print(cores())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "1"


def test_versions_are_those_that_run():
    found = versions()
    assert found["python"] == platform.python_version()
    assert found["torch"] == torch.__version__
    assert found["onnx"] == onnx.__version__
    assert found["transformers"] == transformers.__version__
    assert ("onnxruntime" in found) != ("onnxruntime-gpu" in found)  # never both
