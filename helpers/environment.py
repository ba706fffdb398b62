"""What a figure was measured on: the machine and the versions."""

import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Any

__all__ = ["cores", "hardware", "in_jupyter", "machine", "processor_features", "versions"]

_CPU_MAX = Path("/sys/fs/cgroup/cpu.max")  # a container's share of processor time, in Linux

_CPU_INFO = Path("/proc/cpuinfo")

_DRIVER = Path("/proc/driver/nvidia/version")

_FEATURES = (  # instructions for matrix products: x86's by their names in Linux, then ARM's
    *("avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "amx_bf16"),
    *("asimd", "asimddp", "i8mm", "bf16"),
)

_PACKAGES = (
    "torch",
    "onnx",
    "onnxruntime",
    "onnxruntime-gpu",
    "transformers",
    "numpy",
    "openvino",
    "nncf",
    "tensorrt",
    "triton",
)


def cores() -> int:
    """How many logical processors this process may use, at least 1.

    A core that runs two threads counts as two. `taskset` may allow fewer than the machine has, and
    so may a container's quota of processor time (cgroup v2), which is rounded down.
    """
    if hasattr(os, "sched_getaffinity"):
        allowed = len(os.sched_getaffinity(0))
    else:
        allowed = os.cpu_count() or 1
    try:
        quota, period = _CPU_MAX.read_text(encoding="ascii").split()
        return max(1, min(allowed, int(quota) // int(period)))
    except (OSError, ValueError):  # no such file, or "max": no quota
        return allowed


def in_jupyter() -> bool:
    """Whether Jupyter's server runs this notebook, so that somebody may use what is live in it.

    False where `make run` or a test runs it. The server sets `JPY_SESSION_NAME` for its kernels.
    """
    return "JPY_SESSION_NAME" in os.environ


def machine() -> dict[str, str | int | float | None]:
    """Describes this machine.

    Returns:
        {"cpu": its name, "cores": logical processors usable here, "memory_gib": main memory in GiB,
        "system": operating system and architecture, "gpu": the first GPU's name or None}.
    """
    import torch

    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
    return {
        "cpu": _cpu_name(),
        "cores": cores(),
        "memory_gib": round(_memory_bytes() / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "gpu": gpu,
    }


def hardware() -> dict[str, Any]:
    """Describes this machine as a record does: `machine`, and what decides how fast it computes.

    Returns:
        What `machine` gives and "features": the processor's, as `processor_features` gives them.
        With a CUDA device also "gpu_memory_gib", "driver" (its version, None where the system
        does not tell), and "cuda" and "cudnn", the versions that PyTorch brings (None where it
        cannot load the latter).
    """
    import torch

    found: dict[str, Any] = {**machine(), "features": list(processor_features())}
    if not torch.cuda.is_available():
        return found
    memory = torch.cuda.get_device_properties(0).total_memory / 2**30
    return found | {
        "gpu_memory_gib": round(memory, 1),
        "driver": _driver(),
        "cuda": torch.version.cuda,
        "cudnn": _cudnn(),
    }


def versions() -> dict[str, str]:
    """{package: version} of Python and of the packages that figures depend on, if installed."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    if "torch" in found:
        import torch

        found["torch"] = torch.__version__  # with the build, as in +cu130, which its metadata lacks
    if {"onnxruntime", "onnxruntime-gpu"} <= set(found):
        import onnxruntime  # both bring this module, and the one that Python finds first counts

        for package in ("onnxruntime", "onnxruntime-gpu"):
            if found[package] != onnxruntime.__version__:
                del found[package]
    return found


def processor_features() -> tuple[str, ...]:
    """The instruction sets of this processor that decide how fast matrix products are.

    Returns:
        Of avx2, fma, avx512f, avx512_vnni, avx_vnni, avx512_bf16, amx_int8, amx_bf16 (x86) and
        asimd, asimddp, i8mm, bf16 (ARM) those that Linux lists, in this order. Empty where the
        system does not tell.
    """
    fields = _cpu_fields()
    listed = (fields.get("flags") or fields.get("Features") or "").split()
    return tuple(name for name in _FEATURES if name in listed)


def _cudnn() -> str | None:
    import torch

    try:
        return str(torch.backends.cudnn.version())
    except Exception:  # another version than PyTorch was built with, or no device that uses it
        return None


def _memory_bytes() -> int:
    """Main memory; by the system's own word where psutil is not installed."""
    try:
        import psutil
    except ImportError:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return psutil.virtual_memory().total


def _driver() -> str | None:
    """The NVIDIA driver's version, from the kernel or from its own command."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        text = _DRIVER.read_text(encoding="utf-8")
    except OSError:
        try:
            text = subprocess.run(command, capture_output=True, text=True, timeout=10).stdout
        except (OSError, subprocess.SubprocessError):
            return None
    version = re.search(r"\b\d{3,}\.\d+(\.\d+)?\b", text)
    return version[0] if version else None


def _cpu_fields() -> dict[str, str]:
    """What Linux says about the first processor; nothing on other systems."""
    try:
        text = _CPU_INFO.read_text(encoding="utf-8").split("\n\n")[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in text.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _cpu_name() -> str:
    """The processor's name; where a virtual machine hides it, its family and model number."""
    fields = _cpu_fields()
    if not fields:
        return platform.processor() or platform.machine()
    name = fields.get("model name") or platform.machine()
    if "cpu family" in fields and not any(letter.isdigit() for letter in name):
        name += f" (family {fields['cpu family']}, model {fields.get('model', '?')})"
    return name
