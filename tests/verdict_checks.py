"""What the tests of the exercises share: a right answer is told so, and a wrong one in one line."""

import re

from helpers.exercises import check


def says(number, answer):
    """What a check says of a wrong answer: one line, of a length that can be read."""
    verdict = check(number, answer)
    assert not verdict.right and not verdict, verdict
    assert "\n" not in repr(verdict) and len(repr(verdict)) < 500
    assert repr(verdict) == f"{number}: {verdict.words}"
    return verdict.words


def assert_right(number, answer):
    verdict = check(number, answer)
    assert verdict.right and bool(verdict), verdict
    assert re.fullmatch(rf"{number}: right\. \S[^\n]+\.", repr(verdict))
