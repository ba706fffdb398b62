"""The package's public surface: deliberate, annotated, documented, and without circles."""

import ast
import dataclasses
import graphlib
import importlib
import importlib.util
import inspect
import re
from pathlib import Path

import pytest

import helpers

ROOT = Path(helpers.__file__).parent
TRAINING_STANDS = (ROOT / "training" / "__main__.py").is_file()


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PATHS = {
    module_name(path): path
    for path in sorted(ROOT.rglob("*.py"))
    if TRAINING_STANDS or "training" not in path.relative_to(ROOT).parts
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in PATHS.items()}
WITH_CODE = [
    name for name, tree in TREES.items() if not name.endswith("__main__") and len(tree.body) > 1
]  # more than a docstring
PUBLIC = [
    (name, public)
    for name in WITH_CODE
    for public in getattr(importlib.import_module(name), "__all__", [])
]


def test_the_modules_are_found():
    assert {"helpers.squad.windows", "helpers.models", "helpers.benchmark"} <= set(PATHS)
    assert len(PUBLIC) > 40


@pytest.mark.parametrize("name", PATHS)
def test_a_module_has_a_docstring_and_at_most_200_lines(name):
    assert ast.get_docstring(TREES[name])
    assert len(PATHS[name].read_text(encoding="utf-8").splitlines()) <= 200


@pytest.mark.parametrize("name", WITH_CODE)
def test_what_a_module_defines_without_underscore_is_in_its_all(name):
    listed = getattr(importlib.import_module(name), "__all__", None)
    assert listed is not None, f"{name} has no __all__"
    assert list(listed) == sorted(set(listed), key=listed.index)  # none twice
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    defined = {n.name for n in TREES[name].body if isinstance(n, kinds)}
    assert {n for n in defined if not n.startswith("_")} <= set(listed)
    assert not [public for public in listed if public.startswith("_")]


def documented_constants(tree: ast.Module) -> set[str]:
    """Names that are assigned at the top with a string as the next statement."""
    found = set()
    for one, after in zip(tree.body, tree.body[1:], strict=False):
        says = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        if says and isinstance(after.value.value, str):
            targets = one.targets if isinstance(one, ast.Assign) else [getattr(one, "target", None)]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def home_of(name: str, public: str) -> str:
    """The module that assigns a name; where a package re-exports it, the one it is from."""
    for node in TREES[name].body:
        if isinstance(node, ast.ImportFrom) and public in {alias.name for alias in node.names}:
            return home_of(node.module, public) if node.module in TREES else name
    return name


def functions_of(thing):
    """The function itself, or the methods and properties that a class of ours defines."""
    if inspect.isfunction(thing):
        return [thing]
    members = [m for key, m in vars(thing).items() if not key.startswith("_")]
    members = [m.fget if isinstance(m, property) else getattr(m, "__func__", m) for m in members]
    return [m for m in members if inspect.isfunction(m) and m.__module__.startswith("helpers")]


@pytest.mark.parametrize(("name", "public"), PUBLIC)
def test_each_public_name_exists_is_annotated_and_documented(name, public):
    thing = getattr(importlib.import_module(name), public)
    function = callable(thing) and inspect.isfunction(inspect.unwrap(thing))
    described = documented_constants(TREES[home_of(name, public)])
    if not function and not inspect.isclass(thing):
        assert public in described, f"{name}.{public} has no docstring"
        return
    if not thing.__module__.startswith("helpers"):  # an alias of a type from elsewhere
        assert public in described
        return
    assert inspect.getdoc(thing), f"{name}.{public} has no docstring"
    assert inspect.getdoc(thing).splitlines()[0].rstrip().endswith((".", "::"))
    for function in functions_of(inspect.unwrap(thing)):
        assert inspect.getdoc(function), f"{name}.{public}: {function.__name__} has no docstring"
        signature = inspect.signature(function)
        assert signature.return_annotation is not inspect.Signature.empty, function.__name__
        for parameter in signature.parameters.values():
            if parameter.name not in ("self", "cls"):
                assert parameter.annotation is not inspect.Parameter.empty, parameter.name
    if dataclasses.is_dataclass(thing):
        text = inspect.getdoc(thing)
        for field in dataclasses.fields(thing):
            described = re.search(rf"^ *([\w, ]*, )?{field.name}(, [\w, ]*)?: ", text, re.MULTILINE)
            assert described, f"{public}.{field.name} is not described"


def imports_of(name: str) -> set[str]:
    """The modules of this package that a module names in its import statements, anywhere in it."""
    found = set()
    package = name if PATHS[name].name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = importlib.util.resolve_name("." * node.level + base, package)
            inner = {f"{base}.{alias.name}" for alias in node.names}
            found |= {module for module in inner if module in PATHS} or {base}
    return {module for module in found if module in PATHS and module != name}


def test_imports_form_no_circle():
    graph = {name: imports_of(name) for name in PATHS}
    assert sum(map(len, graph.values())) > 30
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, naming the circle


def test_the_map_names_every_module_in_the_order_of_imports():
    block = helpers.__doc__.split("::", 1)[1]
    order = [
        part.strip()
        for line in block.splitlines()
        if line.strip()
        for part in line.strip().split("  ")[0].split(",")
    ]
    rows = [line for line in block.splitlines() if line.strip()]
    level = {
        part.strip(): number
        for number, line in enumerate(rows)
        for part in line.strip().split("  ")[0].split(",")
    }
    top = {name.split(".")[1] for name in PATHS if name != "helpers"}
    assert top <= set(order), f"missing from the map: {top - set(order)}"
    assert set(order) <= top | {"training"}
    for name in PATHS:
        if name == "helpers":
            continue
        own = name.split(".")[1]
        for module in imports_of(name) - {"helpers"}:
            other = module.split(".")[1]
            assert level[other] <= level[own], f"{own} imports {other}, which stands below it"


def test_there_is_no_drawer_for_everything():
    assert not {"utils", "util", "common", "misc", "helpers"} & {
        n.split(".")[-1] for n in PATHS if "." in n
    }
