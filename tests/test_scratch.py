"""A folder to work in: private, swept away once nobody holds it, and never before."""

import os

import pytest

from helpers.scratch import held, move_in, scratch


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_it_lies_beside_its_place_and_goes(tmp_path):
    with scratch(tmp_path / "a.onnx") as folder:
        assert folder.parent == tmp_path
        assert names(folder) == []
        (folder / "half").write_text("x")
    assert names(tmp_path) == []


def test_it_goes_when_its_block_fails(tmp_path):
    with pytest.raises(KeyError), scratch(tmp_path / "a.onnx"):
        raise KeyError
    assert names(tmp_path) == []


def test_two_work_towards_one_place_at_once(tmp_path):
    with scratch(tmp_path / "a") as one, scratch(tmp_path / "a") as other:
        assert one != other
        assert len(names(tmp_path)) == 2


def test_what_nobody_holds_is_swept_away_by_the_next(tmp_path):
    left = tmp_path / ".a[1]-abcd1234.part"
    left.mkdir()
    (left / "half").write_text("x")
    stays = [".a[1]-abcd1234", ".a[1]-short.part", ".b-abcd1234.part", "a[1]-abcd1234.part"]
    for name in stays:
        (tmp_path / name).mkdir()
    with scratch(tmp_path / "a[1]"):
        assert not left.exists()
    assert names(tmp_path) == sorted(stays)


def test_a_link_with_such_a_name_is_not_followed(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / ".a-abcd1234.part").symlink_to(tmp_path / "kept")
    with scratch(tmp_path / "a"):
        pass
    assert names(tmp_path) == [".a-abcd1234.part", "kept"]


def test_one_holds_a_folder_at_a_time(tmp_path):
    handle = held(tmp_path)
    assert handle is not None
    assert held(tmp_path) is None
    os.close(handle)
    again = held(tmp_path)
    assert again is not None
    os.close(again)
    assert held(tmp_path / "gone") is None


def test_a_long_name_makes_no_longer_one(tmp_path):
    with scratch(tmp_path / ("x" * 255)) as folder:
        assert len(folder.name) < 120


def test_a_folder_moves_in_and_the_old_one_goes(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "old").touch()
    for name in ("new", "newer"):
        with scratch(tmp_path / "book") as work:
            (work / "site").mkdir()
            (work / "site" / name).touch()
            move_in(work / "site", tmp_path / "book")
        assert names(tmp_path / "book") == [name]
    assert names(tmp_path) == ["book"]


def test_a_folder_that_came_in_between_moves_out(tmp_path, monkeypatch):
    place, replace = tmp_path / "book", os.replace
    between = iter([1])

    def replaced(source, target):
        if target == place and next(between, None):
            place.mkdir()
            (place / "of another").touch()
        replace(source, target)

    monkeypatch.setattr(os, "replace", replaced)
    with scratch(place) as work:
        (work / "site").mkdir()
        (work / "site" / "mine").touch()
        move_in(work / "site", place)
    assert names(place) == ["mine"]


def test_a_folder_that_cannot_move_in_is_told(tmp_path):
    with scratch(tmp_path / "book") as work, pytest.raises(FileNotFoundError):
        move_in(work / "site", tmp_path / "book")


def test_where_the_system_knows_no_locks_it_works_and_sweeps_nothing(tmp_path, monkeypatch):
    (left := tmp_path / ".a-12345678.part").mkdir()
    monkeypatch.setattr("helpers.scratch.fcntl", None)  # as on Windows itself
    with scratch(tmp_path / "a") as folder:
        (folder / "half").write_text("x")
        assert held(left) is None
        assert len(names(tmp_path)) == 2
    assert names(tmp_path) == [left.name]
