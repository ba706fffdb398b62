"""A record that is kept while its run goes on: when it is written, and what it may replace."""

import itertools
import json

import pytest

import helpers.keeping
from helpers.errors import InputError
from helpers.keeping import Keeper

NONE = {"rungs": [], "interrupted": True}
ONE = {"rungs": ["one"], "interrupted": True}


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still unless moved; in seconds."""
    now = [100.0]
    monkeypatch.setattr(helpers.keeping.time, "monotonic", lambda: now[0])
    return now


def record_in(folder):
    return json.loads((folder / "record.json").read_text(encoding="utf-8"))


def test_records_on_the_way_take_a_tenth_of_the_time_at_most(clock, tmp_path):
    made = []

    def make():
        clock[0] += 0.5  # as long as it takes to make one
        made.append(clock[0])
        return ONE | {"at": clock[0]}

    keeper = Keeper(tmp_path)
    for _ in range(1000):
        keeper.keep_on_the_way(make)
        assert record_in(tmp_path)["at"] == made[-1]
        clock[0] += 0.1  # a round
    assert made[0] == 100.5  # at once
    rests = [after - 0.5 - before for before, after in itertools.pairwise(made)]
    assert min(rests) >= 5.0 and max(rests) < 5.2


def test_nothing_is_made_where_nothing_is_kept(clock, tmp_path):
    keeper = Keeper(tmp_path)
    keeper.keep_on_the_way(lambda: clock.append(clock.pop() + 1) or ONE)
    keeper.keep_on_the_way(lambda: 1 / 0)
    assert record_in(tmp_path) == ONE


@pytest.mark.parametrize(
    ("found", "kept"),
    [(NONE, "earlier"), (ONE, ONE), (NONE | {"interrupted": False}, "earlier")],
)
def test_a_run_without_a_rung_replaces_nothing(tmp_path, found, kept):
    for name in ("record.json", "roofline.png"):
        (tmp_path / name).write_text('"earlier"', encoding="utf-8")
    Keeper(tmp_path).keep(found)
    assert record_in(tmp_path) == kept
    assert (tmp_path / "roofline.png").exists() is (kept == "earlier")


def test_its_own_record_is_replaced_by_one_without_a_rung_only_where_all_have_failed(tmp_path):
    keeper = Keeper(tmp_path)
    failed = NONE | {"interrupted": False}
    for found, kept in ((NONE, NONE), (ONE, ONE), (NONE, ONE), (failed, failed)):
        keeper.keep(found)
        assert record_in(tmp_path) == kept


def test_what_an_earlier_run_left_stays_where_the_record_cannot_be_written(tmp_path, monkeypatch):
    for name in ("record.json", "roofline.png"):
        (tmp_path / name).write_text('"earlier"', encoding="utf-8")
    monkeypatch.setattr(helpers.keeping, "write_json", full)
    with pytest.raises(InputError, match="no room"):
        Keeper(tmp_path).keep(ONE)
    assert record_in(tmp_path) == "earlier"
    assert (tmp_path / "roofline.png").exists()


def test_a_run_goes_on_where_its_record_cannot_be_kept_on_the_way(
    clock, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(helpers.keeping, "write_json", full)
    keeper = Keeper(tmp_path)
    for _ in range(3):
        keeper.keep_on_the_way(lambda: ONE)
        clock[0] += 1
    assert capsys.readouterr().out == "not kept on the way: no room\n"


def full(*_):
    raise InputError("no room")


@pytest.mark.parametrize("name", ["record.json", "accuracy.png"])
def test_a_folder_in_the_place_of_a_result_is_refused_at_once(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=f"{name}: is a folder; remove it, or name another"):
        Keeper(tmp_path)
