"""A folder is replaced by one of its kind, whole; nothing else is ever taken away."""

import errno
import os
import re
from pathlib import Path

import pytest

from helpers.book.site import _is_site
from helpers.errors import InputError
from helpers.models import EMBEDDED
from helpers.replacing import replacing
from helpers.training.card import is_made

KIND = {"ours": lambda folder: (folder / "config.json").exists(), "kind": "model of ours"}


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
    with replacing(tmp_path / "bert", **KIND) as new:
        (new / "config.json").write_text("new")
    assert files(tmp_path) == ["bert", "bert/config.json"]
    assert (tmp_path / "bert" / "config.json").read_text() == "new"


def test_where_the_block_fails_the_old_one_stays(tmp_path):
    old_one(tmp_path / "bert")
    with pytest.raises(KeyError), replacing(tmp_path / "bert", **KIND) as new:
        (new / "config.json").write_text("half")
        raise KeyError
    assert files(tmp_path) == ["bert", "bert/config.json", "bert/more"]
    assert (tmp_path / "bert" / "config.json").read_text() == "old"


def test_a_link_to_a_folder_is_replaced_and_that_folder_stays(tmp_path):
    old_one(tmp_path / "kept")
    (tmp_path / "bert").symlink_to(tmp_path / "kept")
    with replacing(tmp_path / "bert", **KIND) as new:
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
        (
            of_somebody_else,
            "is no model of ours, and all that it holds would go; name a new",
        ),
    ],
    ids=["a file", "a link to itself", "other files"],
)
def test_what_is_no_such_folder_is_never_taken_away(tmp_path, stands, told):
    place = tmp_path / "bert"
    stands(place)
    with (
        pytest.raises(InputError, match=f"^{re.escape(str(place))}: {told}"),
        replacing(place, **KIND),
    ):
        pytest.fail("it began")
    assert place.is_symlink() or place.is_file() or files(place) == ["letters"]


def test_a_folder_is_meant_by_where_one_stands(tmp_path, monkeypatch):
    of_somebody_else(tmp_path / "home")
    monkeypatch.chdir(tmp_path / "home")
    with pytest.raises(InputError, match="is no model of ours"), replacing(".", **KIND):
        pytest.fail("it began")


def test_a_model_is_ours_by_its_card_and_a_site_by_its_style(tmp_path):
    assert is_made(EMBEDDED)
    for name in ("config.json", "index.html", "thesis.tex"):
        (tmp_path / name).write_text("of somebody else")
    assert not is_made(tmp_path)
    assert not _is_site(tmp_path)
    for card in (b"# Another model\n", b"\xff\xfe", b""):
        (tmp_path / "README.md").write_bytes(card)
        assert not is_made(tmp_path)
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "book.css").touch()
    assert _is_site(tmp_path)


def test_a_folder_that_cannot_be_listed_is_refused(tmp_path, monkeypatch):
    old_one(tmp_path / "bert")

    def forbidden(_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "iterdir", forbidden)
    told = "bert: cannot be listed \\(Permission denied\\); name another place$"
    with pytest.raises(InputError, match=told), replacing(tmp_path / "bert", **KIND):
        pass
    monkeypatch.undo()
    assert files(tmp_path) == ["bert", "bert/config.json", "bert/more"]
