"""What a figure was measured on: the machine and the versions."""

import importlib.metadata
import os
import platform
from pathlib import Path

__all__ = ["cores", "machine", "versions"]

_CPU_MAX = Path("/sys/fs/cgroup/cpu.max")  # a container's share of processor time, in Linux

_PACKAGES = ("torch", "onnx", "onnxruntime", "onnxruntime-gpu", "transformers", "numpy")


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


def machine() -> dict[str, str | int | float | None]:
    """Describes this machine.

    Returns:
        {"cpu": its name, "cores": logical processors usable here, "memory_gib": main memory in GiB,
        "system": operating system and architecture, "gpu": the first GPU's name or None}.
    """
    import psutil
    import torch

    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
    return {
        "cpu": _cpu_name(),
        "cores": cores(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "gpu": gpu,
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
    return found


def _cpu_name() -> str:
    """The processor's name; where a virtual machine hides it, its family and model number."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0]
    except OSError:
        return platform.processor() or platform.machine()
    pairs = (line.partition(":") for line in text.splitlines())
    fields = {key.strip(): value.strip() for key, _, value in pairs}
    name = fields.get("model name") or platform.machine()
    if "cpu family" in fields and not any(letter.isdigit() for letter in name):
        name += f" (family {fields['cpu family']}, model {fields.get('model', '?')})"
    return name
