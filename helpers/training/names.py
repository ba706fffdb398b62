"""Invented proper names: people, places, organisations and works, each in training or held out."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Callable

from . import name_parts as parts

__all__ = ["PROPER_TYPES", "given_name", "is_held_out", "nonce", "proper_name", "surname"]


def is_held_out(word: str) -> bool:
    """Say whether a proper name belongs to the held-out part (one in six, by hash)."""
    return zlib.crc32(word.lower().encode()) % 6 == 0


def nonce(rng: random.Random, syllables: int = 2) -> str:
    """Make up a lower-case word of so many syllables."""
    while True:
        word = "".join(rng.choice(parts.ONSET) + rng.choice(parts.VOWEL) for _ in range(syllables))
        word += rng.choice(parts.CODA)
        if 4 <= len(word) <= 5 + 2 * syllables:
            return word.replace("q", "qu") if "qu" not in word else word


def _pick(rng: random.Random, held_out: bool, make: Callable[[], str]) -> str:
    """Call `make` until its word falls into the wanted part."""
    while True:
        word = make()
        if is_held_out(word) == held_out:
            return word


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    return [w for w in words if not is_held_out(w)], [w for w in words if is_held_out(w)]


_MEN, _WOMEN = _split(parts.MEN), _split(parts.WOMEN)
_LAST, _PETS = _split(parts.LAST), _split(parts.PETS)


def _stem(rng: random.Random, held_out: bool, short: bool = False) -> str:
    """Make a capitalised invented word."""
    sizes = (1, 2, 2) if short else (1, 2, 2, 2, 3)
    return _pick(rng, held_out, lambda: nonce(rng, rng.choice(sizes)).capitalize())


def _english(rng: random.Random, held_out: bool) -> str:
    """Make a name of two English parts, such as "Thornwick"."""
    return _pick(rng, held_out, lambda: rng.choice(parts.FRONT) + rng.choice(parts.BACK))


def given_name(rng: random.Random, held_out: bool, woman: bool) -> str:
    """Draw a first name, three in four a real one."""
    if rng.random() < 0.75:
        return rng.choice((_WOMEN if woman else _MEN)[held_out])
    end = rng.choice(
        ["a", "a", "ia", "ine", "e", "eth"] if woman else ["o", "us", "an", "ik", "er", ""]
    )
    return _pick(
        rng, held_out, lambda: nonce(rng, rng.choice((1, 2))).rstrip("aeiou").capitalize() + end
    )


def surname(rng: random.Random, held_out: bool) -> str:
    """Draw a family name: real, of English parts, or invented with an ending from some language."""
    roll = rng.random()
    if roll < 0.2:
        return rng.choice(_LAST[held_out])
    if roll < 0.6:
        return _english(rng, held_out)
    if roll < 0.7:
        return _stem(rng, held_out)
    tail = rng.choice(parts.TAIL)
    name = _pick(
        rng, held_out, lambda: nonce(rng, rng.choice((1, 1, 2))).rstrip("aeiou").capitalize() + tail
    )
    if roll > 0.97:
        name = rng.choice(["van ", "de ", "von ", "O'", "Mac", "al-"]) + name
    return name


def _place(rng: random.Random, held_out: bool) -> str:
    return _english(rng, held_out) if rng.random() < 0.5 else _stem(rng, held_out)


def _thing(rng: random.Random, held_out: bool) -> str:
    """Draw an adjective and a noun; the pair belongs to one part."""
    return _pick(rng, held_out, lambda: f"{rng.choice(parts.ADJ)} {rng.choice(parts.NOUN)}")


# One list of patterns a type. @P place, @L surname, @W woman's and @M man's first name, @N invented
# stem, @T "Adjective Noun", @X pet, @n invented word in small letters. A pattern that stands twice
# is drawn twice as often.
_PATTERNS: dict[str, str] = {
    "town": (
        "@P|@P|@P|@P|@P|@P|@P|Port @P|Saint @W|St @M|@P-on-@P|New @P|Upper @P|@P Bay|San @N|"
        "Great @P|@P Green|Fort @L|@P Hill"
    ),
    "country": "@Nia|@Nia|@Nland|@N|@N|@Nistan|North @N|New @P",
    "region": "North @P|@Pshire|Lower @P|Upper @P|@N|@Nia|East @N|@P Highlands|@P Coast|West @P",
    "river": "@N|@N|@P|@N|@Nen|@Nar",
    "lake": "Lake @P|Lake @N|@P Lake|@P Water|Lake @L|@N Lake",
    "mountain": "Mount @N|Mount @P|@N Peak|@P Fell|Mount @L|@P Hill|@N Horn",
    "island": "@N|@N Island|@P Island|@Ney|Isle of @N|Saint @W|@Pholm",
    "street": (
        "@P Street|@L Street|@P Lane|@L Road|@P Row|@P Road|@L Square|@P Avenue|@W Street|@T Lane"
    ),
    "building": (
        "@P Hall|@L House|@P Castle|@L Tower|@P Abbey|@P Mill|@T House|@L Library|@N Palace|"
        "St @M Church|@P Manor|@P Court"
    ),
    "valley": "@N Valley|@Pdale|@P Valley|Vale of @N|@N Gorge|@P Glen",
    "forest": "@P Forest|@N Forest|@P Wood|@N Woods|Forest of @P|@L Wood",
    "company": (
        "@L & Sons|@L Brothers|@L and @L|@P Engineering|@L Motors|@N|@Nex|@P Steel Company|"
        "@L & Company|@N Systems|@P Mills|@L Foods|@N Electric|@P Shipping Company|"
        "@L Instruments|@T Press"
    ),
    "university": (
        "University of @P|@P University|@L College|@N University|@P Institute of Technology|"
        "Saint @W College"
    ),
    "school": (
        "@P School|@P Grammar School|@L Academy|Saint @W School|@P High School|@L School|"
        "@P Primary School"
    ),
    "newspaper": (
        "@P Gazette|@P Herald|@N Times|@P Chronicle|@P Courier|Daily @N|Evening @T|@P Post|"
        "@N Tribune|@P Observer"
    ),
    "club": (
        "@P United|@P Rovers|@P Athletic|@P City|@N Wanderers|@P Town|@N|@P Harriers|"
        "@P Rangers|Sporting @N"
    ),
    "band": "@T Quartet|@Ts|@N|@Ts|@L Trio|@P Players|@Nx|@M and the @Ts",
    "museum": (
        "@P Museum|@L Museum|Museum of @P|@T Museum|@L Gallery|@P Maritime Museum|"
        "National Museum of @N"
    ),
    "society": (
        "@P Society|@P Historical Society|@L Society|@N Botanical Society|@P Literary Society|"
        "@T Society|@L Trust"
    ),
    "party": "@N Party|@T Party|National @N Party|@N Union|@T Front|Free @N Party|@P League",
    "title": (
        "The @T|The @T|The @T|A @T|@T|Letters from @N|The @L Affair|@Ts|@W|Under the @T|"
        "Songs of the @T|The Road to @P|The House at @P|@M and the @T|Return to @P|"
        "A History of @N|Beyond the @T|The @T of @N"
    ),
    "ship": "@T|@W|@T|Star of @N|@N|Lady @W|@W @L|Queen @W|@P Castle|Spirit of @P",
    "pet": "@X|@X|@X|@N|@W",
    "festival": (
        "@P Festival|@T Festival|Festival of @Ts|@N Fair|@P Music Festival|@T Fair|@N Games|@P Show"
    ),
    "prize": "@L Prize|@L Medal|@T Award|@N Prize|@L Cup|@P Medal|@W @L Award|@T Prize",
    "project": (
        "Project @T|@N Project|Operation @T|@T Initiative|@P Scheme|Project @N|@L Programme|@T Plan"
    ),
    "product": "@N|@Nex|@Nix|@N Max|@Nola|@Nette|@T|@Nor|@N 3|@N-@X",
    "species": "@n|@n|@n|long-tailed @n|spotted @n|grey @n|@n bird|lesser @n|river @n|mountain @n",
    "substance": "@nine|@nite|@nium|@nol|@nide|@n oil|@nene|@n|black @nite|@nane",
    "people": "@Ni|@N|@Nari|@Nese|@Nans|@Nu|@Nek",
}
PROPER_TYPES: tuple[str, ...] = (*_PATTERNS, "given")
"""The slot types whose values are proper names (people are made by `values.person`)."""


def proper_name(kind: str, rng: random.Random, held_out: bool) -> str:
    """Draw a value of a proper-name type from the training or the held-out part.

    Args:
        kind: A type of `PROPER_TYPES`.
        rng: Source of chance.
        held_out: Draw from the held-out part.

    Returns:
        The name, without an article of its own unless it is part of a title.
    """
    if kind == "given":
        return given_name(rng, held_out, rng.random() < 0.5)
    pattern = rng.choice(_CHOICES[kind])
    return re.sub("@(.)", lambda match: _MAKERS[match[1]](rng, held_out), pattern)


_CHOICES = {kind: patterns.split("|") for kind, patterns in _PATTERNS.items()}
_MAKERS: dict[str, Callable[[random.Random, bool], str]] = {
    "P": _place,
    "L": surname,
    "W": lambda rng, held_out: given_name(rng, held_out, True),
    "M": lambda rng, held_out: given_name(rng, held_out, False),
    "N": lambda rng, held_out: _stem(rng, held_out, short=True),
    "n": lambda rng, held_out: _stem(rng, held_out).lower(),
    "T": _thing,
    "X": lambda rng, held_out: rng.choice(_PETS[held_out]),
}
