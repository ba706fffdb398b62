"""The repository as a stranger finds it: pins, one list of versions, no traces of one machine."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from helpers.files import PROJECT


def listed_files() -> list[Path]:
    """Every file that is in git, or would be with the next `git add`."""
    if shutil.which("git") is None or not (PROJECT / ".git").exists():
        pytest.skip("this is no git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        check=True,
    ).stdout
    paths = [PROJECT / name for name in filter(None, listed.decode().split("\0"))]
    return [path for path in paths if path.is_file()]


def text_files() -> dict[Path, str]:
    """Those of them that are text."""
    contents = {path: path.read_bytes() for path in listed_files()}
    return {path: data.decode("utf-8") for path, data in contents.items() if b"\0" not in data}


def test_no_file_names_a_folder_of_this_machine():
    files = text_files()
    assert len(files) > 40
    here = re.compile(re.escape(str(PROJECT)) + r"(?![\w-])")
    home = re.compile(r"/home/(?!user\b|you\b|me\b)[a-z][\w-]+/|/Users/[A-Za-z][\w-]+/|/root/")
    source = {name: text for name, text in files.items() if name.name != Path(__file__).name}
    assert [str(name) for name, text in source.items() if here.search(text)] == []
    assert [str(name) for name, text in source.items() if home.search(text)] == []


def test_no_notebook_installs_anything():
    installs = re.compile(r"pip install|conda install|apt(-get)? install")
    notebooks = {n: t for n, t in text_files().items() if n.suffix == ".ipynb"}
    assert [str(name) for name, text in notebooks.items() if installs.search(text)] == []


def test_no_weights_are_pickled_and_no_file_is_large():
    files = listed_files()
    assert [p.name for p in files if p.suffix in (".bin", ".pt", ".pth", ".pkl")] == []
    assert [p.name for p in files if p.stat().st_size > 4 * 2**20] == []


def requirements() -> dict[str, str]:
    lines = (PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    stated = [line.split("#")[0].strip() for line in lines]
    names = [re.match(r"[\w-]+", line) for line in stated]
    return {m.group(): line for m, line in zip(names, stated, strict=True) if m}


@pytest.mark.parametrize(
    "name", ["torch", "onnx", "onnxruntime", "onnxruntime-gpu", "transformers"]
)
def test_what_stored_outputs_depend_on_is_pinned_exactly(name):
    assert re.match(rf"{name}==[\d.]+( ;|$)", requirements()[name])


def test_netron_has_a_lower_bound_only():
    assert re.fullmatch(r"netron>=[\d.]+", requirements()["netron"])


def test_every_requirement_says_what_it_is_for():
    lines = (PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if line.strip() and not line.startswith("#"):
            assert "#" in line, f"{line} says nothing"
    sections = [line for line in lines if line.startswith("# ---")]
    assert any("chapter" in line for line in sections)


def test_the_two_onnxruntimes_are_never_both_installed():
    gpu, cpu = requirements()["onnxruntime-gpu"], requirements()["onnxruntime"]
    markers = pytest.importorskip("packaging.markers")
    for system in ("linux", "win32", "darwin"):
        for machine in ("x86_64", "AMD64", "aarch64", "arm64"):
            where = {"sys_platform": system, "platform_machine": machine}
            chosen = [
                markers.Marker(line.split(";", 1)[1].strip()).evaluate(where) for line in (gpu, cpu)
            ]
            wanted = system in ("linux", "win32") and machine in ("x86_64", "AMD64")
            assert chosen == [wanted, not wanted], where


def test_conda_and_ci_use_the_same_doors():
    conda = (PROJECT / "environment.yml").read_text(encoding="utf-8")
    assert "-r requirements.txt" in conda
    assert "==" not in conda
    assert "make test" in (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    assert (PROJECT / ".ci" / "run").stat().st_mode & 0o111


def test_every_file_of_data_is_in_its_readme():
    readme = (PROJECT / "data" / "README.md").read_text(encoding="utf-8")
    names = {p.name for p in (PROJECT / "data").iterdir()} - {"README.md", "downloads"}
    assert names >= {"record.schema.json", "article-a10.json"}
    assert [name for name in sorted(names) if name not in readme] == []
