# ruff: noqa: SIM905 (word lists read better as text)
"""Passages of plain clauses, who did what to whom, of real and made-up words, with near twins."""

from __future__ import annotations

import random
from typing import NamedTuple

from .names import nonce
from .passages import Asked, Draft
from .pools import POOLS
from .values import value

__all__ = ["clauses"]

# base, past, participle
_VERBS = [
    tuple(v.split("/"))
    for v in """
        paint/painted/painted follow/followed/followed hide/hid/hidden break/broke/broken
        steal/stole/stolen find/found/found repair/repaired/repaired sell/sold/sold
        buy/bought/bought praise/praised/praised watch/watched/watched carry/carried/carried
        burn/burned/burned see/saw/seen choose/chose/chosen design/designed/designed
        build/built/built visit/visited/visited help/helped/helped blame/blamed/blamed
        thank/thanked/thanked draw/drew/drawn lose/lost/lost win/won/won clean/cleaned/cleaned
        lift/lifted/lifted defend/defended/defended write/wrote/written keep/kept/kept
        invent/invented/invented open/opened/opened destroy/destroyed/destroyed
        teach/taught/taught feed/fed/fed catch/caught/caught discover/discovered/discovered
        measure/measured/measured bury/buried/buried rescue/rescued/rescued
        borrow/borrowed/borrowed study/studied/studied reject/rejected/rejected
        admire/admired/admired fear/feared/feared call/called/called
        remember/remembered/remembered move/moved/moved drop/dropped/dropped
    """.split()
]
_ADJ = """
    old young tall small red green clever lazy rich poor blind lame quiet loud brave shy cheerful
    strange famous careful foreign kind proud broken heavy empty new white black golden silver
    wooden long narrow famous hungry tired wet dry blue bright dusty round square cheap rare
""".split()
_AT = [f"{word} the @" for word in ("in", "near", "behind", "beside", "at", "under", "outside")]
_SITE = """
    garden market kitchen station harbour church library bridge field forest tower school cellar
    yard castle barn mill inn orchard theatre museum street valley square temple gate
""".split()
_WHEN = [
    "in the morning",
    "after lunch",
    "at midnight",
    "during the storm",
    "before the war",
    "in the winter",
    "at dawn",
    "last week",
    "on a cold evening",
    "after the fair",
]


class _Clause(NamedTuple):
    who: str
    verb: tuple[str, ...]
    what: str
    where: str
    when: str


def _thing(rng: random.Random, kinds: tuple[str, ...]) -> str:
    noun = (
        nonce(rng, rng.choice((1, 2)))
        if rng.random() < 0.3
        else rng.choice(POOLS[rng.choice(kinds)])
    )
    words = [rng.choice(_ADJ)] if rng.random() < 0.6 else []
    return " ".join(["the", *words, noun])


def _clause(rng: random.Random, held_out: bool) -> _Clause:
    if rng.random() < 0.4:
        who = value(rng.choice(("person", "given")), rng, held_out).text
    else:
        who = _thing(rng, ("occupation", "animal", "bird"))
    what = _thing(rng, ("furniture", "garment", "vehicle", "tool", "instrument", "animal", "tree"))
    verb = rng.choice(_VERBS)
    if rng.random() < 0.3:
        stem = nonce(rng, 1) if rng.random() < 0.5 else nonce(rng, 2)
        verb = (stem, stem + "ed", stem + "ed")
    where = rng.choice(_AT).replace("@", rng.choice(_SITE)) if rng.random() < 0.4 else ""
    if where and rng.random() < 0.3:
        where = "in " + value("town", rng, held_out).text
    return _Clause(who, verb, what, where, rng.choice(_WHEN) if rng.random() < 0.25 else "")


def _twin(clause: _Clause, rng: random.Random, held_out: bool) -> _Clause:
    """Make a clause that shares a part or two with another and differs in the rest."""
    other = _clause(rng, held_out)
    shared = rng.choice([("verb",), ("verb",), ("who",), ("what",), ("where", "verb")])
    twin = other._replace(**{name: getattr(clause, name) for name in shared})
    if rng.random() < 0.3 and clause.who.count(" ") == 2 and clause.who.startswith("the "):
        adjective = rng.choice([a for a in _ADJ if a not in clause.who])
        twin = twin._replace(who=f"the {adjective} {clause.who.split()[-1]}")
    return twin


def _sentence(c: _Clause, rng: random.Random) -> str:
    tail = " ".join(part for part in (c.where, c.when) if part)
    if rng.random() < 0.3:
        text = f"{c.what} was {c.verb[2]} by {c.who} {tail}"
    elif tail and rng.random() < 0.3:
        text = f"{tail}, {c.who} {c.verb[1]} {c.what}"
    else:
        text = f"{c.who} {c.verb[1]} {c.what} {tail}"
    text = text.strip()
    return text[0].upper() + text[1:] + "."


def _ask(c: _Clause, rng: random.Random, alone: dict[str, bool]) -> list[tuple[str, str]]:
    """Write the questions that only this clause answers."""
    base, past, done = c.verb
    out: list[tuple[str, str]] = []
    if alone["what"]:
        out.append(
            (
                rng.choice(
                    [
                        f"Who {past} {c.what}?",
                        f"By whom was {c.what} {done}?",
                        f"{c.what.capitalize()} was {done} by whom?",
                    ]
                ),
                c.who,
            )
        )
    if alone["who"]:
        out.append(
            (
                rng.choice(
                    [
                        f"What did {c.who} {base}?",
                        f"What was {done} by {c.who}?",
                        f"What was it that {c.who} {past}?",
                    ]
                ),
                c.what,
            )
        )
    if alone["what"] and c.where:
        place = c.where.split(" ", 1)[1]
        out.append(
            (
                rng.choice([f"Where did {c.who} {base} {c.what}?", f"Where was {c.what} {done}?"]),
                place,
            )
        )
    return out


def clauses(rng: random.Random, held_out: bool, size: int) -> Draft:
    """Make a passage of clauses.

    Args:
        rng: Source of chance.
        held_out: Draw proper names from the held-out part.
        size: How many sentences.

    Returns:
        The sentences and their questions.
    """
    made = [_clause(rng, held_out)]
    while len(made) < size:
        made.append(
            _twin(rng.choice(made), rng, held_out)
            if rng.random() < 0.75
            else _clause(rng, held_out)
        )
    rng.shuffle(made)
    draft = Draft([_sentence(c, rng) for c in made])
    for index, c in enumerate(made):
        alone = {
            name: sum((getattr(c, name), c.verb) == (getattr(o, name), o.verb) for o in made) == 1
            for name in ("who", "what")
        }
        draft.asked += [Asked(text, answer, index) for text, answer in _ask(c, rng, alone)]
    return draft
