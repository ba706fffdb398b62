"""The check of a machine names what is missing, and what that costs."""

import importlib.metadata
import platform
import subprocess
import sys

import pytest
import torch

from helpers import preflight
from helpers.preflight import Finding, check_machine, findings_table
from helpers.requirements import Requirement


@pytest.fixture(scope="module")
def here():
    return {finding.what: finding for finding in check_machine()}


def test_a_machine_with_the_pins_lacks_a_gpu_at_most(here):
    optional = {"a session on cuda", "system", "memory", "cores"}
    assert [what for what, finding in here.items() if not finding.ok and what not in optional] == []
    assert here["Python"].found == platform.python_version()
    assert here["torch"].found.startswith(here["torch"].wanted)
    assert here["the other packages"].ok


def test_the_providers_are_those_that_sessions_get(here):
    assert here["a session on cpu"].found == "CPUExecutionProvider"
    cuda = here["a session on cuda"]
    assert cuda.wanted == "CUDAExecutionProvider"
    if not torch.cuda.is_available():
        assert cuda.found == "not available"
        assert "every chapter runs on the CPU" in cuda.cost


def test_each_pin_has_a_line_and_what_is_not_as_wanted_another():
    needed = [
        Requirement("torch", "==2.13.0", ("all",), "models", "2.13.0+cpu", True),
        Requirement("onnx", "==1.23.2", ("all",), "the format", "1.19.0", False),
        Requirement("numpy", ">=2,<3", ("01",), "arrays", "2.4.0", True),
        Requirement("wget", ">=3.2", ("04",), "files", None, False),
        Requirement("tqdm", "", ("tests",), "bars", None, False),
    ]
    assert preflight._packages(needed) == [
        Finding("torch", "2.13.0+cpu", "2.13.0"),
        Finding("onnx", "1.19.0", "1.23.2", "every chapter (the format)"),
        Finding("wget", "missing", ">=3.2", "chapter 04 (files)"),
        Finding("tqdm", "missing", "any version", "make test (bars)"),
        Finding("the other packages", "as wanted", "see requirements.txt"),
    ]
    assert preflight._packages(needed[1:2]) == [
        Finding("onnx", "1.19.0", "1.23.2", "every chapter (the format)")
    ]


@pytest.mark.parametrize(
    ("owners", "found", "ok"),
    [
        (["onnxruntime-gpu"], "from onnxruntime-gpu", True),
        (["onnxruntime", "onnxruntime"], "from onnxruntime", True),  # told twice, installed once
        (["onnxruntime-gpu", "onnxruntime"], "from onnxruntime and onnxruntime-gpu", False),
        ([], "missing", False),
    ],
)
def test_two_packages_in_one_folder_are_named(monkeypatch, owners, found, ok):
    monkeypatch.setattr(
        importlib.metadata, "packages_distributions", lambda: {"onnxruntime": owners}
    )
    finding = preflight._one_onnxruntime()
    assert (finding.found, finding.ok) == (found, ok)
    assert ("uninstall them all" in finding.cost) == (len(owners) == 2 and not ok)


@pytest.mark.parametrize(
    ("memory", "cores", "lacking"),
    [(3.8, 2, []), (64.0, 32, []), (2.0, 2, ["memory"]), (16.0, 1, ["cores"])],
)
def test_little_memory_and_few_cores_have_a_cost(monkeypatch, memory, cores, lacking):
    monkeypatch.setattr(preflight, "machine", lambda: {"memory_gib": memory})
    monkeypatch.setattr(preflight, "cores", lambda: cores)
    findings = preflight._hardware()
    assert [finding.what for finding in findings if not finding.ok] == lacking


PROGRAM = """
import sys, types
sys.modules.update({names!r})
if "onnxruntime" in {holes!r}:
    sys.modules["onnxruntime"] = types.ModuleType("onnxruntime")
from helpers.preflight import check_machine, findings_table
print(findings_table(check_machine()))
"""


@pytest.mark.parametrize(
    ("missing", "holes"),
    [
        (["onnx", "onnxruntime", "torch", "psutil"], []),
        ([], ["onnxruntime"]),
    ],
)
def test_the_check_runs_where_a_package_is_missing_or_has_holes(missing, holes):
    program = PROGRAM.format(names=dict.fromkeys(missing), holes=holes)
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    (at,) = [i for i, line in enumerate(lines) if line.startswith("a session on cpu")]
    assert lines[at].endswith("no: not available")
    assert "no model runs; install ONNX Runtime again" in lines[at + 1]
    assert any(line.startswith("memory") and "unknown" in line for line in lines) == bool(missing)


def test_the_check_runs_where_requirements_cannot_be_read():
    program = PROGRAM.format(names={"packaging": None}, holes=[])
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    (line,) = [line for line in run.stdout.splitlines() if line.startswith("requirements.txt")]
    assert "not read" in line and "packaging" in line


def test_the_table_tells_what_was_found_only_where_it_is_not_what_is_wanted():
    table = findings_table(
        [
            Finding("Python", "3.12.1", "3.11 or newer"),
            Finding("a session on cuda", "not available", "CUDA", "the figures of a GPU"),
        ]
    )
    assert table.splitlines() == [
        "Python             3.11 or newer  ok",
        "a session on cuda  CUDA           no: not available",
        "                   costs: the figures of a GPU",
    ]


def test_the_table_of_this_machine_names_no_more_than_judgements(here):
    table = findings_table([finding for finding in here.values() if finding.ok])
    assert all(line.endswith("  ok") for line in table.splitlines())


def test_a_missing_gpu_is_told_in_the_finding_alone(capfd):
    finding = preflight._session("cuda")
    assert finding.ok == torch.cuda.is_available()
    told = capfd.readouterr()
    assert (told.out, told.err) == ("", "")
