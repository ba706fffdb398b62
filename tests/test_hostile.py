"""What a hostile file may do: nothing but be read, or be refused in one line."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

import hostile_endless
import onnx
import pytest
from faults import CASES
from fuzz.corpus import read_corpus
from fuzz.mutations import mutated
from fuzz.properties import check_decoding
from hostile import Case, happened
from hostile_apart import Limited

from helpers.errors import InputError
from helpers.sessions import open_session

CORPUS = read_corpus()


@pytest.fixture(scope="module")
def limited():
    """A process that reads each input in another one, with the limits that `make faults` has."""
    with Limited() as process:
        yield process


@pytest.mark.parametrize("case", [one for one in CASES if not one.slow], ids=lambda one: one.name)
def test_a_hostile_input_does_what_the_table_says(case, limited, tmp_path):
    told = limited.happened(CASES.index(case), tmp_path)
    assert case.fits(told), told


def test_what_has_no_end_fails_and_not_the_machine(tmp_path):
    with Limited("hostile_endless", seconds=2) as process:
        for number, case in enumerate(hostile_endless.CASES):
            (folder := tmp_path / str(number)).mkdir()
            told = process.happened(number, folder)
            assert case.fits(told), f"{case.name}: {told}"


WRITTEN = {
    ("fusion", "a circle of 3 nodes"): "read: 0$",
    ("fusion", "a value in two places"): "read: 0$",
    ("fusion", "an operator of nobody"): "read: 0$",
    ("dynamic int8", "a value in two places"): "read: dynamic$",
}
"""Makers that write a graph as it was, since they run none: an engine refuses what they wrote."""

REFUSED = {
    ("dynamic int8", "a circle of 3 nodes"): "Graph is not a DAG",
    ("dynamic int8", "an operator of nobody"): "No opset import for domain no.such",
    ("static int8", "a circle of 3 nodes"): "the graph is not acyclic",
    ("static int8", "a value in two places"): "Duplicate definition of name",
    ("static int8", "an operator of nobody"): "No opset import for domain no.such",
}
"""Makers that infer shapes or run the graph, and so see what is wrong with it, and say it."""


@pytest.mark.parametrize(("reader", "name"), [*WRITTEN, *REFUSED])
def test_a_maker_of_files_does_this_and_nothing_else(reader, name, limited, tmp_path):
    (number,) = (n for n, one in enumerate(CASES) if (one.reader, one.name) == (reader, name))
    told = limited.happened(number, tmp_path)
    made = tmp_path / "given" / "out.onnx"
    if (reader, name) in REFUSED:
        assert told.startswith("refused: model.onnx: cannot be quantised (")
        assert REFUSED[reader, name] in told
        assert not made.exists()
    else:
        assert re.match(WRITTEN[reader, name], told), told
        assert made.is_file()
        with pytest.raises(InputError, match=r"out\.onnx: .*cannot open it"):
            open_session(made)


def test_there_are_many_and_no_name_stands_twice():
    assert len({(case.reader, case.name) for case in CASES}) == len(CASES) >= 40


def leave_a_file(folder):
    (folder.parent / "left").touch()


def leave_at_home(folder):
    Path("~/left").expanduser().touch()


def leave_in_temporary(folder):
    tempfile.mkdtemp()


def leave_through_another_process(folder):
    subprocess.run(["mktemp"], check=True, capture_output=True)


def tidy(folder):
    with tempfile.TemporaryDirectory() as work:
        (Path(work) / "a").touch()


def crash(folder):
    raise KeyError("x")


def talk(folder):
    raise InputError("x" * 700)


@pytest.mark.parametrize(
    ("attempt", "told"),
    [
        (leave_a_file, "wrote outside its folder; read: None"),
        (leave_at_home, "wrote outside its folder; read: None"),
        (leave_in_temporary, "wrote outside its folder; read: None"),
        (leave_through_another_process, "wrote outside its folder; read: None"),
        (crash, "crashed: KeyError: \"'x'\""),
        (talk, f"told at length (709 letters); 'refused: {'x' * 71}'"),
    ],
)
def test_the_table_tells_what_must_not_be(attempt, told, tmp_path):
    case = Case("made up", "nobody", "(read|refused): ", attempt)
    assert happened(case, tmp_path) == told
    assert not case.fits(told)


@pytest.mark.parametrize("change", ["x = 2", "x = 1  # and more", None])
def test_the_table_tells_what_changed_in_the_project(change, tmp_path, monkeypatch):
    project, folder = tmp_path / "project", tmp_path / "folder"
    (project / "helpers").mkdir(parents=True)
    folder.mkdir()
    (project / "helpers" / "a.py").write_text("x = 1")
    (project / "build").mkdir()
    monkeypatch.setattr("hostile.PROJECT", project)
    written = project / (f"helpers/{'a' if change else 'new'}.py")

    def attempt(given):
        (project / "build" / "b").touch()  # as other tests and commands do meanwhile
        written.write_text(change or "")

    case = Case("made up", "nobody", "read: ", attempt)
    assert happened(case, folder) == "wrote outside its folder; read: None"


def test_what_is_removed_again_was_written_in_its_place(tmp_path):
    before = dict(os.environ)
    assert happened(Case("made up", "nobody", "read: ", tidy), tmp_path) == "read: None"
    assert before == dict(os.environ)


def test_what_the_fuzzer_kept_comes_back_or_is_refused():
    told = [check_decoding(data, onnx.ModelProto) for data in CORPUS]
    assert 20 < sum(told) < len(told) - 20  # both outcomes occur


def test_what_the_fuzzer_kept_is_small():
    assert len(CORPUS) > 50
    assert sum(map(len, CORPUS)) < 100_000


@pytest.mark.parametrize("message", [onnx.ModelProto, onnx.TensorProto, onnx.AttributeProto])
def test_mutations_of_what_the_fuzzer_kept_come_back_or_are_refused(message):
    told = [check_decoding(data, message) for data in mutated(CORPUS, count=3_000, seed=41)]
    assert 100 < sum(told) < len(told) - 100
