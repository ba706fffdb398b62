"""The exercises of the chapters: `check("01.2", answer)` says right, or what is wrong."""

from helpers.exercises.dispatch import EXERCISES, check, handout
from helpers.exercises.verdicts import Verdict

__all__ = ["EXERCISES", "Verdict", "check", "handout"]
