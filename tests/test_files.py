"""A file is whole or absent."""

import hashlib
import json
import os
import stat
import warnings

import pytest

from helpers import files
from helpers.errors import InputError
from helpers.files import (
    PROJECT,
    expanded,
    fresh_folder,
    put_in_place,
    sha256,
    write_json,
    writing_to,
)


def test_the_project_is_the_folder_of_helpers_and_its_makefile():
    assert (PROJECT / "helpers" / "files.py").is_file()
    assert (PROJECT / "Makefile").is_file()


def test_a_fresh_folder_is_empty_each_time_and_lies_in_build(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "PROJECT", tmp_path)
    for _ in range(2):
        folder = fresh_folder("chapter-01")
        assert folder == tmp_path / "build" / "chapter-01"
        assert list(folder.iterdir()) == []
        (folder / "inner").mkdir()
        (folder / "inner" / "model.onnx").write_text("old")


def test_a_fresh_folder_that_cannot_be_made_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "PROJECT", tmp_path)
    (tmp_path / "build").write_text("a file")
    with pytest.raises(InputError, match=r"build/chapter-01: cannot write there"):
        fresh_folder("chapter-01")


def test_a_file_appears_only_when_the_block_ends_well(tmp_path):
    path = tmp_path / "deep" / "er" / "result.txt"
    with put_in_place(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
        assert temporary.parent.parent == path.parent  # the same disk: the renaming is atomic
        assert temporary.name == "result.txt"
    assert path.read_text() == "new"
    assert [p.name for p in path.parent.iterdir()] == ["result.txt"]


def test_a_block_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "result.txt"
    path.write_text("old")
    with pytest.raises(KeyError), put_in_place(path) as temporary:
        temporary.write_text("half of the n")
        raise KeyError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_readers_of_an_old_file_never_see_half_a_new_one(tmp_path):
    path = tmp_path / "result.txt"
    path.write_text("old")
    with path.open() as reader:
        with put_in_place(path) as temporary:
            temporary.write_text("new")
            assert path.read_text() == "old"
        assert reader.read() == "old"
    assert path.read_text() == "new"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_result_is_readable_by_everyone(tmp_path):
    write_json(tmp_path / "a.json", {})
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == 0o644


def test_a_folder_that_may_not_be_written_to_is_named(tmp_path):
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        why = "root may write everywhere: run the tests as another user to check this"
        warnings.warn(f"not checked: a read-only folder ({why})", stacklevel=1)
        pytest.skip(why)
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(InputError, match=rf"^{tmp_path}: cannot write there"):
            write_json(tmp_path / "a.json", {})
    finally:
        tmp_path.chmod(0o755)


def test_a_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match=r"taken: cannot write there .*choose a folder"):
        write_json(tmp_path / "taken" / "a.json", {})


def test_json_reads_back_and_keeps_its_letters(tmp_path):
    value = {"name": "Zoë 京", "numbers": [1, 2.5, None]}
    text = write_json(tmp_path / "a.json", value).read_text(encoding="utf-8")
    assert json.loads(text) == value
    assert "Zoë 京" in text


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_say_is_refused_and_leaves_nothing(tmp_path, value):
    with pytest.raises(ValueError):
        write_json(tmp_path / "new" / "a.json", {"p50": value})
    assert list(tmp_path.iterdir()) == []


def test_sha256(tmp_path):
    data = bytes(range(256)) * 5000
    (tmp_path / "a").write_bytes(data)
    assert sha256(tmp_path / "a") == hashlib.sha256(data).hexdigest()


def test_the_tilde_is_the_home_folder_and_a_stranger_has_none(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert expanded("~/a b/c.json") == tmp_path / "a b" / "c.json"
    assert expanded("a/b").as_posix() == "a/b"
    with pytest.raises(InputError, match=r"^~nosuchuser/x: .*; write the path out in full$"):
        expanded("~nosuchuser/x")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\n    ", "\u2028", "\n\n"])
def test_an_error_is_one_line_and_keeps_the_blanks_of_its_value(line_end):
    error = InputError(f"/a  b/c\t.json: no such file;{line_end}give another\n")
    assert str(error) == "/a  b/c\t.json: no such file; give another"


def test_what_fails_where_the_folder_is_not_there_yet_keeps_its_own_words(tmp_path):
    with pytest.raises(RuntimeError, match="404 Not Found"), writing_to(tmp_path / "none"):
        raise RuntimeError("404 Not Found")
