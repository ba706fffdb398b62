"""Counts as text."""

from helpers.display.counts import counted


def test_counts_stand_with_their_names_and_their_sum_comes_first():
    assert counted({"MatMul": 2, "Add": 1}) == "2 MatMul, 1 Add"
    assert counted({"MatMul": 2, "Add": 1}, of="nodes") == "3 nodes: 2 MatMul, 1 Add"


def test_a_line_folds_between_entries_alone():
    told = counted({"com.microsoft.Attention": 5, "pre-norm": 1, "x" * 40: 7}, width=26)
    assert told == f"5 com.microsoft.Attention,\n1 pre-norm,\n7 {'x' * 40}"
