"""The exercises of chapter 08: shares of processors, a chunk's name, batches by tokens, Amdahl."""

import string
from collections.abc import Callable, Mapping, Sequence
from math import isclose, isfinite
from typing import Any
from unittest.mock import patch

from helpers.exercises.packing import batches_of
from helpers.exercises.verdicts import NotYet, called, number, shown, wanted, whole

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
    shares = {}
    for stage, share in given.items():
        value = shares[stage] = number(share, f"num_cpus of {stage} as a number")
        if not (isfinite(value) and value >= _LEAST):
            raise NotYet(
                f"{stage}: {shown(share)} is no share; Ray counts in steps of {_LEAST}, and with 0 "
                "it would start as many as it likes"
            )
    total = sum(count * shares[stage] for stage, count in _STAGES.items())
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
    # what is noticed is a call by this name; `text.__hash__()`, and another name for it, are not
    with patch("builtins.hash", _no_hash):
        return _keys(answer)


def _no_hash(_: object) -> int:
    raise RuntimeError("hash() of a text is another number in every process")


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
        "another model": ({**_SETTINGS, "model": "b2"}, *base[1:]),
        "another size of chunk": ({**_SETTINGS, "chunk": 128}, *base[1:]),
        "another length": ({**_SETTINGS, "seq": 128}, *base[1:]),
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
    return (
        f"{len(others)} changes, {len(others)} other names; the order of settings is none. "
        "Tried in this process only; a call of hash(...) would have been noticed."
    )


def _named(answer: Callable[..., Any], values: Sequence[Any], what: str) -> str:
    key = wanted(called(answer, *values, names=what), str, "a name as text")
    if len(key) != 16 or not set(key) <= set(string.hexdigits.lower()):
        raise NotYet(f"16 hexadecimal digits are wanted, in small letters; this is {shown(key)}")
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
        count = whole(found, f"for {names}: a whole number")
        if count < right:
            told = f"{count} machines take " + (
                f"{serial + parallel / count:.4g} s" if count > 0 else "for ever"
            )
            raise NotYet(f"for {names} it gives {count}: {told}")
        if count > right:
            took = serial + parallel / (count - 1)
            near = "just " if isclose(took, within) else ""
            raise NotYet(f"for {names} it gives {count}: one less is {near}enough")
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
