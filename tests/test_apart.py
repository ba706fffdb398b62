"""Work in a process of its own: what comes back, and what is said where it dies."""

import os

import pytest

from helpers.apart import ProcessDied, apart


def test_a_result_comes_back_from_another_process():
    assert apart(os.getpid) != os.getpid()
    assert apart(sorted, [3, 1, 2], reverse=True) == [3, 2, 1]


def test_an_error_comes_back_as_it_was_raised():
    with pytest.raises(ValueError, match="invalid literal for int"):
        apart(int, "seven")


def test_a_process_that_dies_is_named_with_the_remedy():
    with pytest.raises(ProcessDied, match=r"_exit: .* memory; close other programs"):
        apart(os._exit, 9)
