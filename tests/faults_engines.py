"""What goes wrong with engines and versions: two wheels, no CUDA, a file that is too new."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import onnx
import torch
from fault import Fault, NotTried

from helpers.files import PROJECT
from helpers.sessions import open_session

__all__ = ["FAULTS"]

CHECK = "from helpers.preflight import *; print(findings_table(check_machine()))"
ON_CPU = "from helpers.sessions import open_session; open_session({!r})"
ON_CUDA = "from helpers.sessions import open_session; open_session({!r}, device='cuda')"
WITHOUT = "import onnxruntime as o; o.get_available_providers = lambda: ['CPUExecutionProvider']; "


def one_node() -> onnx.ModelProto:
    """`y = Identity(x)`, as files of opset 17 have it."""
    make = onnx.helper
    x, y = (make.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]) for name in "xy")
    graph = make.make_graph([make.make_node("Identity", ["x"], ["y"])], "g", [x], [y])
    opsets = [make.make_opsetid("", 17)]
    return make.make_model(graph, opset_imports=opsets, ir_version=8)


def python(code: str, *before: Path, **env: str) -> str:
    """Runs code in a Python that looks into the folders `before` first; gives its lines."""
    path = os.pathsep.join(map(str, [*before, PROJECT]))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **env, "PYTHONPATH": path},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return (done.stdout + done.stderr).strip()


def with_line(told: str, begins: str) -> str:
    """The line that begins so, and the next one, as one."""
    lines = told.splitlines()
    at = next((n for n, line in enumerate(lines) if line.startswith(begins)), None)
    if at is None:
        return f"no line {begins!r} in {told[-200:]!r}"
    return " ".join(" ".join(lines[at : at + 2]).split())


def installed(folder: Path, name: str, version: str, owns: str) -> None:
    """A package as pip leaves it behind: its metadata, and the list of its files."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    (info / "RECORD").write_text(f"{owns}/__init__.py,,\n", encoding="utf-8")


def two_wheels(folder: Path) -> str:
    for name in ("onnxruntime", "onnxruntime-gpu"):
        installed(folder, name, "1.31.1", "onnxruntime")
    onnx.save(one_node(), folder / "m.onnx")
    refused = python(ON_CPU.format(str(folder / "m.onnx")), folder).splitlines()[-1]
    return f"{refused}; checked: {with_line(python(CHECK, folder), 'import onnxruntime')}"


def without_cuda(before: str) -> Callable[[Path], str]:
    """A strict session on CUDA, where there is none, and the environment's check of it."""

    def cause(folder: Path) -> str:
        if not before and torch.cuda.is_available():
            raise NotTried("this machine has CUDA's libraries")
        onnx.save(one_node(), folder / "m.onnx")
        refused = python(before + ON_CUDA.format(str(folder / "m.onnx"))).splitlines()[-1]
        checked = with_line(python(before + CHECK), "a session on cuda")
        return f"{refused}; checked: {checked}"

    return cause


def benchmark_on_cuda(_: Path) -> str:
    if torch.cuda.is_available():
        raise NotTried("this machine has CUDA")
    code = "import sys; from helpers.benchmark import main; from helpers.errors import run_command"
    code += "; sys.argv += ['--device=cuda', '--rungs=ort-fused']; run_command(main)"
    lines = python(code).splitlines()
    return f"{len(lines)} line: {lines[-1]}"


def other_version(package: str) -> Callable[[Path], str]:
    """A package of a version that is not the pinned one; a command tells and goes on."""

    def cause(folder: Path) -> str:
        installed(folder, package, "0.0.1", package)
        start = "from helpers.requirements import tell_other_versions as tell; tell(); print('on')"
        checked = with_line(python(CHECK, folder), f"{package} ")
        return f"{' '.join(python(start, folder).splitlines())}; checked: {checked}"

    return cause


def every_command(folder: Path) -> str:
    """Each command tells of onnx 0.0.1, and then that its input is missing."""
    installed(folder, "onnx", "0.0.1", "onnx")
    told = {}
    for module, *arguments in COMMANDS:
        code = f"import runpy, sys; sys.argv = ['-m', *{arguments}]; "
        code += f"runpy.run_module('{module}', run_name='__main__')"
        first, *_, last = python(code, folder).splitlines()
        right = first.startswith("note: onnx 0.0.1, but") and last.startswith("error: ")
        told[module] = "told first" if right else f"{first} ... {last}"
    return ", ".join(sorted(set(told.values()))) + f" by {len(told)} commands"


def old_python(_: Path) -> str:
    """A chapter's import, and a command, of which all is told that is printed."""
    old = "import sys; sys.version_info = (3, 10, 4); "
    chapter = python(f"{old}import helpers").splitlines()[-1]
    command = f"{old}sys.argv[:1] = ['-m']; import helpers.benchmark"
    return f"{chapter}; a command: {python(command)}"


def too_new(**changes: int) -> Callable[[Path], str]:
    def cause(folder: Path) -> str:
        model = one_node()
        model.ir_version = changes.get("ir_version", model.ir_version)
        model.opset_import[0].version = changes.get("opset", model.opset_import[0].version)
        onnx.save(model, folder / "m.onnx")
        return str(open_session(folder / "m.onnx"))

    return cause


OLD = r"ImportError: (Python 3\.10 is too old .*); a command: error: \1$"
CUDA = r"helpers.errors.InputError: device='cuda': CUDAExecutionProvider is not to be had \({}\); "
CUDA += r"install .*; checked: a session on cuda CUDAExecutionProvider no: not available costs: .*"
NEWER = r"refused: m.onnx: ONNX Runtime cannot open it \(.*{}.*\); it is newer than ONNX Runtime .*"

COMMANDS = (
    ("helpers.benchmark", "--squad=none.json"),
    ("helpers.book", "none"),
    ("helpers.offline", "--squad=none.json"),
    ("helpers.offline.throughput", "--squad=none.json"),
    ("helpers.report", "none"),
    ("helpers.training", "--steps=5"),
)  # and helpers.chapters, whose input is the chapters

FAULTS = [
    Fault(
        "engines",
        "both packages of ONNX Runtime are installed",
        r"helpers.errors.InputError: .*onnxruntime and onnxruntime-gpu are both installed there, "
        r"over each other, .*: pip uninstall -y onnxruntime onnxruntime-gpu, then install one; "
        r"checked: "
        r"import onnxruntime from one package no: from onnxruntime and onnxruntime-gpu costs: .*"
        r"uninstall them all.*",
        two_wheels,
    ),
    Fault(
        "engines",
        "CUDA is asked of a package without it",
        CUDA.format("this onnxruntime was built without it"),
        without_cuda(WITHOUT),
    ),
    Fault(
        "engines",
        "CUDA's libraries are missing",
        CUDA.format("the session came up on CPUExecutionProvider"),
        without_cuda(""),
    ),
    Fault(
        "engines",
        "make bench DEVICE=cuda without a GPU",
        r"1 line: error: .*cuda.*; .*",
        benchmark_on_cuda,
    ),
    Fault("versions", "Python 3.10", OLD, old_python),
    *(
        Fault(
            "versions",
            f"another {package} than the pinned one",
            rf"on note: {package} 0\.0\.1, but the course is written for .*make setup installs it; "
            rf"checked: {package} .* no: 0\.0\.1 costs: .*",
            other_version(package),
        )
        for package in ("onnx", "torch")
    ),
    Fault(
        "versions",
        "onnx of another version, each command",
        "told first by 6 commands$",
        every_command,
    ),
    *(
        Fault(
            "versions",
            f"a file whose {what} is newer than ONNX Runtime",
            NEWER.format(told),
            too_new(**{field: 99}),
            slow=False,
        )
        for what, field, told in [
            ("IR", "ir_version", "IR version: 99, max supported IR version: "),
            ("opset", "opset", "Opset 99 is under development"),
        ]
    ),
]
