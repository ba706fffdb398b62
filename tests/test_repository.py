"""The repository as a stranger finds it: pins, one list of versions, no traces of one machine."""

import ast
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
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
    home = re.compile(r"/home/(?!user\b|you\b|me\b)[a-z][\w-]+/|/Users/[A-Za-z][\w-]+/|/roo[t]/")
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


def test_ruff_is_pinned_to_the_version_that_is_installed():
    assert requirements()["ruff"] == f"ruff=={importlib.metadata.version('ruff')}"


NEEDED_BY = re.compile(r"# ((?:(?:\d\d|all|model|score|tests|pages|setup) ?)+): \S")


def needed_by() -> dict[str, set[str]]:
    """{package: who needs it}, as the lines of requirements.txt say: chapters, or make targets."""
    lines = (PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    told = {}
    for line in lines:
        if line.strip() and not line.startswith("#"):
            said = NEEDED_BY.search(line)
            assert said, f"{line} does not say which chapters need it"
            told[re.match(r"[\w-]+", line).group().lower()] = set(said.group(1).split())
    return told


def test_every_requirement_says_which_chapters_need_it():
    told = needed_by()
    assert set(told) == {name.lower() for name in requirements()}
    assert told["torch"] == {"all"}
    assert {"04", "05"} <= told["transformers"]


PACKAGES = {  # by the name they are imported by, where the package is called otherwise
    "yaml": "pyyaml",
    "PIL": "pillow",
    "IPython": "ipykernel",
    "onnxruntime": "onnxruntime-gpu",
}


def imported(source: str) -> set[str]:
    """The packages from elsewhere that a source imports itself, by their names in pip."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module)
    tops = {name.split(".")[0] for name in names} - set(sys.stdlib_module_names)
    own = {"helpers", "fuzz", *(path.stem for path in (PROJECT / "tests").rglob("*.py"))}
    return {PACKAGES.get(name, name) for name in tops - own}


def code_of(notebook: str) -> str:
    cells = json.loads(notebook)["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")


def test_whatever_is_imported_is_required():
    sources = {name: text for name, text in text_files().items() if name.suffix == ".py"}
    found = {package for text in sources.values() for package in imported(text)}
    assert {"torch", "pyyaml", "jsonschema", "onnxruntime-gpu"} <= found
    assert found - {"atheris"} <= set(requirements())  # the fuzzer alone, which says so


def test_whatever_a_chapter_imports_is_marked_for_it():
    told = needed_by()
    folders = ("notebooks", "notebooks/solutions")
    patterns = [f"{folder}/[0-9][0-9]*.ipynb" for folder in folders]
    notebooks = {n: t for n, t in text_files().items() if any(map(n.match, patterns))}
    assert {name.parent.name for name in notebooks} == {"notebooks", "solutions"}
    for name, text in notebooks.items():
        for package in imported(code_of(text)):
            assert told[package] & {"all", name.name[:2]}, f"{package} for {name.name}"


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


def test_data_and_its_readme_name_the_same_files():
    readme = (PROJECT / "data" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \|", readme, re.MULTILINE)
    assert len(rows) == len(set(rows))
    there = {
        f"{path.name}/" if path.is_dir() else path.name
        for path in (PROJECT / "data").iterdir()
        if not path.name.startswith(".")  # what is being written just now
    }
    assert there >= {"record.schema.json", "article-a10.json"}
    optional = {"downloads/", "README.md"}
    assert set(rows) - optional == there - optional
