"""What this machine has of what the course wants, and what each lack costs the reader.

Nothing heavy is imported before it is looked for, so that the check itself runs where a package
is missing or broken.
"""

import importlib.metadata
import platform
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from helpers.environment import cores, machine
from helpers.errors import InputError
from helpers.requirements import Requirement, requirements

__all__ = ["Finding", "check_machine", "findings_table"]


@dataclass(frozen=True)
class Finding:
    """One line of the check.

    Attributes:
        what: what was looked at.
        found: what this machine has.
        wanted: what the course wants.
        cost: what the difference costs the reader; empty where there is none.
    """

    what: str
    found: str
    wanted: str
    cost: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is missing."""
        return not self.cost


def check_machine() -> list[Finding]:
    """Looks at Python, the packages, the providers that sessions really get, and the hardware.

    Returns:
        One entry a thing that was looked at. Whatever is missing is an entry with a cost.
    """
    return [
        *_system(),
        *_stated_packages(),
        _one_onnxruntime(),
        *(_session(device) for device in ("cpu", "cuda")),
        *_hardware(),
    ]


def findings_table(findings: Sequence[Finding]) -> str:
    """The check as text: what was looked at, what is wanted, and a judgement.

    What was found stands there only where it is not what is wanted, with the cost in a line of
    its own; so two machines that lack nothing print the same.
    """
    what, wanted = (max(len(getattr(f, name)) for f in findings) for name in ("what", "wanted"))
    lines = []
    for finding in findings:
        judgement = "ok" if finding.ok else f"no: {finding.found}"
        lines.append(f"{finding.what:{what}}  {finding.wanted:{wanted}}  {judgement}")
        if not finding.ok:
            lines.append(f"{'':{what}}  costs: {finding.cost}")
    return "\n".join(lines)


def _finding(what: str, found: str, wanted: str, ok: bool, cost: str) -> Finding:
    return Finding(what, found, wanted, "" if ok else cost)


def _system() -> list[Finding]:
    """Python's version; operating system and architecture."""
    return [
        _finding(
            "Python",
            platform.python_version(),
            "3.11 or newer",
            sys.version_info >= (3, 11),
            "every chapter: the course and its packages need a newer Python",
        ),
        _finding(
            "system",
            f"{platform.system()} {platform.machine()}",
            "Linux x86_64",
            (platform.system(), platform.machine()) == ("Linux", "x86_64"),
            "make test: some outputs may differ from the stored ones",
        ),
    ]


def _stated_packages() -> list[Finding]:
    """The packages of requirements.txt, or the one line that says why it cannot be read."""
    try:
        return _packages(requirements())
    except (ImportError, InputError, OSError) as error:
        cost = "this check: it cannot tell which packages are missing"
        return [Finding("requirements.txt", f"not read: {error}", "every line read", cost)]


def _packages(needed: Sequence[Requirement]) -> list[Finding]:
    """A line a pinned package, a line a package that is not as wanted, and one for the others."""
    told = [one for one in needed if one.pinned or not one.met]
    findings = [
        _finding(
            one.package,
            one.found or "missing",
            one.wanted.removeprefix("==") or "any version",
            one.met,
            one.cost,
        )
        for one in told
    ]
    if len(told) < len(needed):
        findings.append(Finding("the other packages", "as wanted", "see requirements.txt"))
    return findings


def _one_onnxruntime() -> Finding:
    """Whether one package, and no more, has put the folder `onnxruntime` in place."""
    owners = sorted(set(importlib.metadata.packages_distributions().get("onnxruntime", [])))
    return _finding(
        "import onnxruntime",
        f"from {' and '.join(owners)}" if owners else "missing",
        "from one package",
        len(owners) == 1,
        "every chapter: packages that share a folder overwrite each other's files; uninstall "
        "them all, then install the one in requirements.txt"
        if owners
        else "every chapter: no model runs",
    )


def _session(device: str) -> Finding:
    """The provider that a session gets here when it is asked for a device."""
    costs = {
        "cpu": "every chapter: no model runs; install ONNX Runtime again, alone",
        "cuda": "the figures of a GPU; every chapter runs on the CPU",
    }
    asked, found = f"{device.upper()}ExecutionProvider", _provider(device)
    return _finding(f"a session on {device}", found, asked, found == asked, costs[device])


def _provider(device: str) -> str:
    """The provider that a session on a device really runs on, or `not available`."""
    try:
        import onnx.helper
        import onnxruntime

        from helpers.sessions import open_session

        x, y = (onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1]) for n in "xy")
        node = onnx.helper.make_node("Identity", ["x"], ["y"])
        graph = onnx.helper.make_graph([node], "probe", [x], [y])
        opset = onnx.helper.make_opsetid("", 17)
        model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "probe.onnx"
            onnx.save(model, path)
            onnxruntime.set_default_logger_severity(4)  # it would tell at length of a missing GPU
            try:
                return open_session(path, device=device).get_providers()[0]
            finally:
                onnxruntime.set_default_logger_severity(2)  # warnings, as it starts with
    except Exception:  # whatever an installation with holes may raise
        return "not available"


def _hardware() -> list[Finding]:
    """Main memory, and the cores that this process may use."""
    usable = cores()
    try:
        memory = float(machine()["memory_gib"] or 0)
    except ImportError:  # told above, among the packages
        memory = 0.0
    return [
        _finding(
            "memory",
            f"{memory:.1f} GiB" if memory else "unknown",
            "4 GiB",
            memory >= 3.5,  # the system keeps a part of its 4 for itself
            "chapters 04 and 05 may be stopped halfway, for lack of it",
        ),
        _finding(
            "cores",
            str(usable),
            "2 or more",
            usable >= 2,
            "time: the minutes that the chapters state were taken on 2 cores",
        ),
    ]
