"""A folder is replaced by one of its kind, whole; nothing else is ever taken away."""

import re

import pytest

from helpers.errors import InputError
from helpers.replacing import replacing


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def old_one(folder):
    folder.mkdir()
    (folder / "config.json").write_text("old")
    (folder / "more").write_text("old")


def nothing(_):
    pass


@pytest.mark.parametrize("stands", [nothing, lambda folder: folder.mkdir(), old_one])
def test_the_new_one_stands_there_alone(tmp_path, stands):
    stands(tmp_path / "bert")
    with replacing(tmp_path / "bert", sign="config.json") as new:
        (new / "config.json").write_text("new")
    assert files(tmp_path) == ["bert", "bert/config.json"]
    assert (tmp_path / "bert" / "config.json").read_text() == "new"


def test_where_the_block_fails_the_old_one_stays(tmp_path):
    old_one(tmp_path / "bert")
    with pytest.raises(KeyError), replacing(tmp_path / "bert", sign="config.json") as new:
        (new / "config.json").write_text("half")
        raise KeyError
    assert files(tmp_path) == ["bert", "bert/config.json", "bert/more"]
    assert (tmp_path / "bert" / "config.json").read_text() == "old"


def test_a_link_to_a_folder_is_replaced_and_that_folder_stays(tmp_path):
    old_one(tmp_path / "kept")
    (tmp_path / "bert").symlink_to(tmp_path / "kept")
    with replacing(tmp_path / "bert", sign="config.json") as new:
        (new / "config.json").write_text("new")
    assert not (tmp_path / "bert").is_symlink()
    assert (tmp_path / "kept" / "config.json").read_text() == "old"


def of_somebody_else(place):
    place.mkdir()
    (place / "letters").write_text("dear")


@pytest.mark.parametrize(
    ("stands", "told"),
    [
        (lambda place: place.write_text("a file"), "is no folder; remove it, or name another"),
        (lambda place: place.symlink_to(place), "is no folder; remove it, or name another"),
        (of_somebody_else, "holds files, but no config.json, and all of them would go; name a new"),
    ],
    ids=["a file", "a link to itself", "other files"],
)
def test_what_is_no_such_folder_is_never_taken_away(tmp_path, stands, told):
    place = tmp_path / "bert"
    stands(place)
    with (
        pytest.raises(InputError, match=f"^{re.escape(str(place))}: {told}"),
        replacing(place, sign="config.json"),
    ):
        pytest.fail("it began")
    assert place.is_symlink() or place.is_file() or files(place) == ["letters"]


def test_a_folder_is_meant_by_where_one_stands(tmp_path, monkeypatch):
    of_somebody_else(tmp_path / "home")
    monkeypatch.chdir(tmp_path / "home")
    with pytest.raises(InputError, match="holds files"), replacing(".", sign="config.json"):
        pytest.fail("it began")
