"""The exercises of chapter 08: shares of processors, a chunk's name, batches by tokens, Amdahl."""

import string
from collections.abc import Callable, Mapping, Sequence
from math import isclose, isfinite
from numbers import Real
from typing import Any
from unittest.mock import patch

import numpy as np

from helpers.exercises.packing import batches_of
from helpers.exercises.verdicts import NotYet, called, shown, wanted

__all__ = ["CHECKS", "HANDOUTS"]

_STAGES = {"read": 2, "answer": 16, "write": 2}
_CORES = 16
_LEAST = 1e-4  # Ray counts processors in steps of this


def _machine() -> dict[str, Any]:
    return {"cores": _CORES, "processes": dict(_STAGES)}


def _shares(answer: Any) -> str:
    given = wanted(answer, Mapping, "a dictionary {stage: num_cpus}")
    if set(given) != set(_STAGES):
        raise NotYet(f"the stages are {', '.join(_STAGES)}, and this names {shown(list(given))}")
    for stage, share in given.items():
        value = float(wanted(share, Real, f"num_cpus of {stage} as a number"))
        if not (isfinite(value) and value >= _LEAST):
            raise NotYet(
                f"{stage}: {shown(share)} is no share; Ray counts in steps of {_LEAST}, and with 0 "
                "it would start as many as it likes"
            )
    total = sum(count * float(given[stage]) for stage, count in _STAGES.items())
    if total > _CORES:
        raise NotYet(
            f"together the processes ask for {total:g} of {_CORES} cores: some never start, and "
            "those that wait for them wait for ever"
        )
    return f"All {sum(_STAGES.values())} processes can live at once; they ask for {total:g} cores."


_SETTINGS = {"model": "a1", "precision": "fp32", "chunk": 256, "seq": 384}
_DIGEST = "9f" * 32


def _key(answer: Any) -> str:
    if not callable(answer):
        raise NotYet(f"a function of settings, digest, start, stop is wanted: {shown(answer)}")
    with patch("builtins.hash", _no_hash):
        return _keys(answer)


def _no_hash(_: object) -> int:
    raise RuntimeError("hash() of a text is another number in every process: use a digest")


def _keys(answer: Callable[..., Any]) -> str:
    base = (_SETTINGS, _DIGEST, 12, 34)
    key = _named(answer, base, "the chunk from 12 to 34")
    if _named(answer, base, "the same chunk again") != key:
        raise NotYet("the same chunk asked for twice has two names")
    turned = dict(reversed(_SETTINGS.items()))
    if _named(answer, (turned, *base[1:]), "settings in another order") != key:
        raise NotYet("settings in another order are the same settings, and give another name")
    others = {
        "another precision": ({**_SETTINGS, "precision": "int8"}, *base[1:]),
        "another size of chunk": ({**_SETTINGS, "chunk": 128}, *base[1:]),
        "two settings with their values swapped": (
            {**_SETTINGS, "chunk": 384, "seq": 256}, *base[1:],
        ),
        "a setting more": ({**_SETTINGS, "stride": 128}, *base[1:]),
        "another shard": (_SETTINGS, "8e" * 32, 12, 34),
        "another start": (_SETTINGS, _DIGEST, 13, 34),
        "another stop": (_SETTINGS, _DIGEST, 12, 35),
        "questions 1 to 234 in place of 12 to 34": (_SETTINGS, _DIGEST, 1, 234),
        "questions 123 to 4 in place of 12 to 34": (_SETTINGS, _DIGEST, 123, 4),
        "a setting as a text in place of a number": (
            {**_SETTINGS, "chunk": "256"}, *base[1:],
        ),
    }  # fmt: skip
    for what, values in others.items():
        if _named(answer, values, what) == key:
            raise NotYet(f"{what} gives the same name, so old answers would be taken for new ones")
    return f"{len(others)} changes, {len(others)} other names; the order of settings is none."


def _named(answer: Callable[..., Any], values: Sequence[Any], what: str) -> str:
    key = wanted(called(answer, *values, names=what), str, "a name as text")
    if len(key) != 16 or not set(key) <= set(string.hexdigits.lower()):
        raise NotYet(f"16 hexadecimal digits are wanted, in small letters, and this is {key!r:.40}")
    return key


def _machines(answer: Any) -> str:
    if not callable(answer):
        raise NotYet(f"a function of three times is wanted, and this is {shown(answer)}")
    cases = {
        (10, 100, 60): 2,
        (10, 100, 110): 1,
        (10, 100, 35): 4,
        (10, 100, 11): 100,
        (10, 100, 200): 1,
        (0, 90, 30): 3,
        (10, 100, 10): None,
        (10, 100, 3): None,
        (0.5, 6.25, 1.5): 7,
    }
    for (serial, parallel, within), right in cases.items():
        names = f"serial={serial}, parallel={parallel}, within={within}"
        found = called(answer, serial, parallel, within, names=names)
        if right is None:
            if found is not None:
                raise NotYet(
                    f"for {names} it gives {shown(found)}: no number of machines shortens the "
                    "serial part; None is wanted"
                )
            continue
        number = wanted(found, int | np.integer, f"for {names}: a whole number")
        if number < right:
            told = f"{number} machines take " + (
                f"{serial + parallel / number:.4g} s" if number > 0 else "for ever"
            )
            raise NotYet(f"for {names} it gives {number}: {told}")
        if number > right:
            took = serial + parallel / (number - 1)
            near = "just " if isclose(took, within) else ""
            raise NotYet(f"for {names} it gives {number}: one less is {near}enough")
    return f"{len(cases)} cases; below the serial part no number of machines helps."


CHECKS: dict[str, Callable[[Any], str]] = {
    "08.1": _shares,
    "08.2": _key,
    "08.3": batches_of,
    "08.4": _machines,
}
"""{exercise: its check}; a check returns words for a right answer, and raises `NotYet`."""

HANDOUTS: dict[str, Callable[[], Any]] = {"08.1": _machine}
"""{exercise: what makes the thing that it starts from}."""
