"""Reads what SQuAD v1.1 files hold, and tells in one line what is wrong with others."""

import json
import os

import pytest
from builders import CASES, squad_root, write
from memory import bytes_per_byte

from helpers.errors import InputError
from helpers.files import PROJECT
from helpers.squad import read_squad


def test_reads_every_question_in_order_as_written(cases):
    root = json.loads(CASES.read_text(encoding="utf-8"))
    expected = [
        (qa["id"], article["title"], paragraph["context"], qa["question"])
        for article in root["data"]
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
    ]
    assert [(c.id, c.title, c.context, c.question) for c in cases] == expected
    assert len(cases) == 14


@pytest.mark.parametrize(
    ("name", "piece"),
    [
        ("combining", "cafe\u0301"),  # an accent written apart stays apart
        ("combining", "zero\u200bwidth"),
        ("cjk-1", "北京的老钟楼建于1420年。"),
        ("cjk-2", "서울"),
        ("blanks", "Tabs\tand  double  spaces,\nnew lines\r\n"),
        ("signs", "🙂 and 𝔊othic"),
    ],
)
def test_letters_and_blanks_stay_as_written(cases, name, piece):
    assert piece in next(case for case in cases if case.id == name).context


def test_every_answer_stands_where_its_start_says(cases):
    assert sum(len(case.answers) for case in cases) == 17
    for case in cases:
        for text, start in zip(case.answers, case.answer_starts, strict=True):
            assert case.context[start : start + len(text)] == text


def test_several_answers_are_all_kept(cases):
    assert next(case for case in cases if case.id == "marks").answers == (
        "e-mail",
        "the X-ray's e-mail",
    )


def test_no_version_field_and_a_byte_order_mark_are_no_hindrance(tmp_path):
    root = squad_root()
    del root["version"]
    plain = read_squad(write(tmp_path / "plain.json", root))
    marked = read_squad(write(tmp_path / "bom.json", b"\xef\xbb\xbf" + json.dumps(root).encode()))
    assert plain == marked
    assert plain[0].answers == ("Ada Vane",)


def test_a_wrong_offset_is_put_right(tmp_path):
    read = read_squad(write(tmp_path / "f.json", squad_root(start=4)))
    assert read[0].answer_starts == (0,)


@pytest.mark.parametrize(
    ("given", "put_right"), [(-5, 0), (1, 0), (5, 8), (9, 8), (13, 14), (99, 14)]
)
def test_a_wrong_offset_goes_to_the_nearest_place_of_the_answer(tmp_path, given, put_right):
    root = squad_root(context="ana met ana's ana.", answer="ana", start=given)
    assert read_squad(write(tmp_path / "f.json", root))[0].answer_starts == (put_right,)


@pytest.mark.parametrize(
    ("context", "answer"),
    [
        ("בעיר עכו נבנה מגדל בשנת 1420.", "מגדל"),  # written from right to left
        ("بني البرج سنة 1420.", "سنة 1420"),
        ("first\r\nsecond\rthird", "second"),  # a new line of two characters stays two
        ("𝔊oth 🙂🙂 and boats", "boats"),  # letters outside of the first 65536 count as one
        ("a\x00b boats\x1f", "boats\x1f"),
    ],
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_starts_count_characters_whatever_the_letters(tmp_path, context, answer, ascii_only):
    root = squad_root(context=context, answer=answer, start=context.index(answer))
    text = json.dumps(root, ensure_ascii=ascii_only)  # 🙂 as \ud83d\ude42, or as it is
    (read,) = read_squad(write(tmp_path / "f.json", text.encode("utf-8")))
    assert read.context == context
    assert read.answer_starts == (context.index(answer),)


def test_the_second_place_of_an_answer_is_kept(tmp_path):
    root = squad_root(context="Ada met Ada.", answer="Ada", start=8)
    assert read_squad(write(tmp_path / "f.json", root))[0].answer_starts == (8,)


def test_other_keys_and_a_missing_title_are_no_hindrance(tmp_path):
    root = squad_root(is_impossible=False)
    del root["data"][0]["title"]
    assert read_squad(write(tmp_path / "f.json", root))[0].title == ""


TWICE = squad_root()
TWICE["data"] = TWICE["data"] * 2
HALF_TITLE = squad_root()
HALF_TITLE["data"][0]["title"] = "weirs \ud83d"

BAD = {
    "not JSON": ('{"data": [', ["not JSON"]),
    "an empty file": ("", ["not JSON"]),
    "far too deep": ("[" * 100_000, ["not JSON"]),
    "a number of 5000 digits": ('{"data": ' + "9" * 5000 + "}", ["not JSON"]),
    "not text": (b"\xff\xfe\x00\x81", ["cannot be read as text"]),
    "a list": ([], ["'data'", "SQuAD v1.1"]),
    "a number": (7, ["'data'", "SQuAD v1.1"]),
    "no data": ({"rows": []}, ["'data'", "SQuAD v1.1"]),
    "data of another type": ({"data": {"a": 1}}, ["'data'", "list"]),
    "articles without paragraphs": ({"data": [{"title": "x"}]}, ["data[0]", "'paragraphs'"]),
    "articles that are text": ({"data": ["x"]}, ["data[0]", "'paragraphs'"]),
    "a paragraph without context": (
        {"data": [{"paragraphs": [{"qas": []}]}]},
        ["data[0].paragraphs[0]", "'context'"],
    ),
    "a question without id": (squad_root(id=None), ["qas[0]", "'id'"]),
    "a question without text": (squad_root(question=3), ["qas[0]", "'question'"]),
    "a start that is text": (squad_root(start="0"), ["answers[0]", "'answer_start'"]),
    "a start that is a truth value": (squad_root(start=True), ["answers[0]", "'answer_start'"]),
    "an answer not in its context": (squad_root(answer="Tom"), ["'Tom'", "'q1'", "correct"]),
    "an empty answer": (squad_root(answer=""), ["''", "'q1'"]),
    "a blank answer": (squad_root(answer=" ", start=3), ["' '", "'q1'", "correct"]),
    "no answers": (squad_root(answers=[]), ["'q1'", "v2.0"]),
    "no questions": ({"data": []}, ["no questions"]),
    "half a letter": (squad_root(question="Who is \ud83d?"), ["'question'", "data[0]"]),
    "half a letter in an id": (squad_root(id="\udc00"), ["'id'", "qas[0]"]),
    "half a letter in a title": (HALF_TITLE, ["'title'", "data[0]"]),
    "an id twice": (TWICE, ["'q1'", "twice"]),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_told_in_one_line_with_file_and_remedy(tmp_path, name):
    content, pieces = BAD[name]
    path = write(tmp_path / "squad.json", content)
    with pytest.raises(InputError) as caught:
        read_squad(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    for piece in pieces:
        assert piece in message
    assert any(word in message for word in ("give", "must be", "correct", "needs", "make each"))


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.json: no such file; give the path"):
        read_squad(tmp_path / "nowhere.json")
    with pytest.raises(InputError, match="is no plain file; give the path"):
        read_squad(tmp_path)


EMPTY = {
    "empty objects": ("{}", ""),
    "lists in lists and an emoji": ("[" * 400 + "]" * 400, ',"\U0001f642"'),
}


@pytest.mark.parametrize("kind", EMPTY)
def test_a_file_takes_no_more_memory_than_the_readme_says(tmp_path, kind):
    filling, letter = EMPTY[kind]
    path, data = tmp_path / "squad.json", json.dumps(squad_root()["data"])
    parts = ",".join([filling] * (4_000_000 // len(filling)))
    path.write_text(f'{{"x":[{parts}{letter}],"data":{data}}}', encoding="utf-8")
    found = bytes_per_byte("from helpers.squad import read_squad", "kept = read_squad(path)", path)
    assert 20 < found < 54
    assert "53 bytes of memory" in (PROJECT / "README.md").read_text(encoding="utf-8")


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "squad.json").open("wb") as file:
        file.truncate(50_000_001)
    with pytest.raises(
        InputError, match=r"squad\.json: has 50,000,001 bytes, 50,000,000 are read at most"
    ):
        read_squad(tmp_path / "squad.json")


def test_devices_and_pipes_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(InputError, match="is no plain file"):
            read_squad(path)
