"""What a figure was measured on."""

import os
import platform
import subprocess
import sys

import onnx
import pytest
import torch
import transformers

from helpers import environment
from helpers.environment import cores, hardware, machine, processor_features, versions


def test_the_machine_is_described():
    found = machine()
    assert set(found) == {"cpu", "cores", "memory_gib", "system", "gpu"}
    assert found["cpu"].strip() == found["cpu"] != ""
    assert 0 < found["memory_gib"] < 2**16
    assert found["system"] == f"{platform.system()} {platform.machine()}"
    assert (found["gpu"] is None) == (not torch.cuda.is_available())


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux has affinities")
def test_cores_are_those_that_the_process_may_use(monkeypatch, tmp_path):
    monkeypatch.setattr("helpers.environment._CPU_MAX", tmp_path / "none")
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


@pytest.mark.parametrize(
    ("text", "quota"),
    [("200000 100000", 2), ("350000 100000", 3), ("50000 100000", 1), ("max 100000", 64), ("", 64)],
)
def test_cores_keep_to_a_containers_quota_of_processor_time(monkeypatch, tmp_path, text, quota):
    (tmp_path / "cpu.max").write_text(text + "\n")
    monkeypatch.setattr("helpers.environment._CPU_MAX", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    assert cores() == quota
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    assert cores() == 1


X86 = """processor\t: 0
model name\t: AMD EPYC
cpu family\t: 25
model\t\t: 1
flags\t\t: fpu sse sse2 avx512_vnni fma avx avx2 avx512f avx512bw

processor\t: 1
flags\t\t: amx_int8
"""
ARM = "processor\t: 0\nFeatures\t: fp asimd evtstrm i8mm bf16 asimddp\n"


@pytest.mark.parametrize(
    ("text", "features"),
    [
        (X86, ("avx2", "fma", "avx512f", "avx512_vnni")),
        (ARM, ("asimd", "asimddp", "i8mm", "bf16")),
        ("processor\t: 0\n", ()),
        ("", ()),
        (None, ()),
    ],
)
def test_a_processors_features_are_those_that_linux_lists(monkeypatch, tmp_path, text, features):
    if text is not None:
        (tmp_path / "cpuinfo").write_text(text)
    monkeypatch.setattr("helpers.environment._CPU_INFO", tmp_path / "cpuinfo")
    assert processor_features() == features


def test_a_processors_name_that_says_little_comes_with_its_family(monkeypatch, tmp_path):
    monkeypatch.setattr("helpers.environment._CPU_INFO", tmp_path / "cpuinfo")
    assert machine()["cpu"] == (platform.processor() or platform.machine())
    (tmp_path / "cpuinfo").write_text(X86)
    assert machine()["cpu"] == "AMD EPYC (family 25, model 1)"
    (tmp_path / "cpuinfo").write_text(X86.replace("AMD EPYC", "AMD EPYC 9654"))
    assert machine()["cpu"] == "AMD EPYC 9654"


POLICY = "import os; {}; print(os.environ.get('OMP_WAIT_POLICY'))"


@pytest.mark.parametrize(
    ("first", "before", "after"),
    [
        ("import helpers", None, "PASSIVE"),
        ("import helpers.exports, sys; sys.modules['torch'].nn", None, "PASSIVE"),
        ("import helpers", "ACTIVE", "ACTIVE"),
        ("import sys; sys.modules['torch'] = os; import helpers", None, "None"),  # too late
    ],
)
def test_idle_threads_sleep_whoever_starts_the_program(first, before, after):
    environment = {k: v for k, v in os.environ.items() if k != "OMP_WAIT_POLICY"}
    environment |= {"OMP_WAIT_POLICY": before} if before else {}
    run = subprocess.run(
        [sys.executable, "-c", POLICY.format(first)],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.stdout.strip() == after


def test_a_record_tells_what_decides_the_speed():
    found = hardware()
    assert found | machine() == found
    assert found["features"] == list(processor_features())
    gpu = {"gpu_memory_gib", "driver", "cuda", "cudnn"} if torch.cuda.is_available() else set()
    assert set(found) == set(machine()) | {"features"} | gpu


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.82.07  Wed Aug 27 2025", "580.82.07"),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  575.57  Release", "575.57"),
        ("GCC version:  gcc 12", None),
    ],
)
def test_the_drivers_version_is_read_from_what_the_kernel_tells(
    monkeypatch, tmp_path, text, version
):
    (tmp_path / "version").write_text(text + "\n", encoding="utf-8")
    monkeypatch.setattr(environment, "_DRIVER", tmp_path / "version")
    assert environment._driver() == version


def test_no_driver_and_no_command_is_no_version(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "_DRIVER", tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert environment._driver() is None


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="only POSIX systems tell")
def test_memory_is_told_without_psutil_too(monkeypatch):
    before = machine()["memory_gib"]
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert machine()["memory_gib"] == before


def test_of_two_builds_of_onnx_runtime_the_one_in_use_is_named(monkeypatch):
    import onnxruntime

    given = {"onnxruntime": "0.1.0", "onnxruntime-gpu": onnxruntime.__version__}
    monkeypatch.setattr(
        "helpers.environment.importlib.metadata.version", lambda name: given.get(name, "9.9")
    )
    found = versions()
    assert found["onnxruntime-gpu"] == onnxruntime.__version__
    assert "onnxruntime" not in found
