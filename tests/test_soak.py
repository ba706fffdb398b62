"""What counts as left behind by a run of the course."""

from soak import grown, main

FIRST = {"memory, MB": 100, "handles": 6, "processes": 0}


def test_more_than_after_the_first_time_has_grown_but_memory_may_by_a_tenth():
    assert grown(FIRST, {**FIRST, "memory, MB": 110}) == []
    assert grown(FIRST, {**FIRST, "memory, MB": 111, "handles": 5}) == ["memory, MB"]
    assert grown(FIRST, {**FIRST, "handles": 7, "processes": 1}) == ["handles", "processes"]


def test_one_time_compares_nothing_and_is_refused(capsys):
    assert main(1, []) == 2
    assert capsys.readouterr().err == "error: SOAK=1: must be at least 2, to compare\n"
