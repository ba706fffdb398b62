"""What a hostile file may do: nothing but be read, or be refused in one line."""

import onnx
import pytest
from faults import CASES
from fuzz.corpus import read_corpus
from fuzz.mutations import mutated
from fuzz.properties import check_decoding
from hostile import Case, happened

from helpers.errors import InputError

CORPUS = read_corpus()


@pytest.mark.parametrize("case", [one for one in CASES if not one.slow], ids=lambda one: one.name)
def test_a_hostile_input_does_what_the_table_says(case, tmp_path):
    told = happened(case, tmp_path)
    assert case.fits(told), told


def test_there_are_many_and_no_name_stands_twice():
    assert len({(case.reader, case.name) for case in CASES}) == len(CASES) >= 40


def leave_a_file(folder):
    (folder.parent / "left").touch()


def crash(folder):
    raise KeyError("x")


def talk(folder):
    raise InputError("x" * 700)


@pytest.mark.parametrize(
    ("attempt", "told"),
    [
        (leave_a_file, "wrote outside its folder; read: None"),
        (crash, "crashed: KeyError: \"'x'\""),
        (talk, f"told at length (709 letters); 'refused: {'x' * 71}'"),
    ],
)
def test_the_table_tells_what_must_not_be(attempt, told, tmp_path):
    case = Case("made up", "nobody", "(read|refused): ", attempt)
    assert happened(case, tmp_path) == told
    assert not case.fits(told)


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
