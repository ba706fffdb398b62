"""Passages from domains: one to three subjects of a kind, several facts about each."""

from __future__ import annotations

import random
from dataclasses import replace

from .forms import Domain, Fact, draw, is_unseen_wording
from .passages import Asked, Draft
from .templates import Template
from .values import Value, group_of

__all__ = ["profile"]


def profile(
    domain: Domain,
    rng: random.Random,
    held_out: bool,
    *,
    subjects: int,
    facts: int,
    fillers: int = 0,
) -> Draft:
    """Make a passage about subjects of one kind.

    Args:
        domain: The kind of subject and its facts.
        rng: Source of chance.
        held_out: Draw proper names from the held-out part.
        subjects: How many subjects.
        facts: How many facts about each, at most.
        fillers: How many sentences that answer nothing.

    Returns:
        Sentences and questions, each question answerable from one sentence only.
    """
    chosen = rng.sample(
        domain.facts, min(len(domain.facts), facts + (facts > 1 and rng.random() < 0.5))
    )
    used: set[str] = set()
    names = [draw({"S": domain.subject}, rng, held_out, used) for _ in range(subjects)]
    told: list[list[tuple[Fact, dict[str, Value]]]] = []
    for name in names:
        mine = rng.sample(chosen, min(facts, len(chosen)))
        drawn = [(fact, draw(fact.slots, rng, held_out, used)) for fact in mine]
        told.append(
            [
                (fact, {**name, **values})
                for fact, values in drawn
                if name and (values or not fact.slots)
            ]
        )
    how_often = {id(fact): sum(fact is f for one in told for f, _ in one) for fact in chosen}
    draft = Draft()
    if subjects > 1 and rng.random() < 0.3:
        mixed = [item for one in told for item in one]
        rng.shuffle(mixed)
        told, pronouns = [[item] for item in mixed], False
    else:
        pronouns = rng.random() < 0.8
    for one in told:
        for place, (fact, values) in enumerate(one):
            template = rng.choice(fact.say)
            if place and pronouns and rng.random() < 0.7:
                template = _refer(template, domain, values["S"], rng)
            draft.sentences.append(template.render(values, _groups(fact, domain), rng))
            index = len(draft.sentences) - 1
            draft.asked += _questions(fact, domain, values, rng, index, how_often[id(fact)] == 1)
    return _fill(draft, domain, rng, fillers)


def _groups(fact: Fact, domain: Domain) -> dict[str, int]:
    return {**fact.groups, "S": group_of(domain.subject)}


def _questions(
    fact: Fact,
    domain: Domain,
    values: dict[str, Value],
    rng: random.Random,
    index: int,
    only_one: bool,
) -> list[Asked]:
    """Write one seen and one unseen wording for every slot that is asked for."""
    out: list[Asked] = []
    short = values["S"].last and rng.random() < 0.3
    named = {**values, "S": values["S"]._replace(text=values["S"].last)} if short else values
    for label, templates in fact.ask.items():
        fit = [t for t in templates if t.labels or only_one]
        for unseen in (False, True):
            those = [t for t in fit if is_unseen_wording(t) == unseen]
            if those:
                text = rng.choice(those).render(named, _groups(fact, domain), rng)
                out.append(Asked(text, values[label].text, index, unseen))
    return out


def _refer(template: Template, domain: Domain, subject: Value, rng: random.Random) -> Template:
    """Replace a subject at the start of a sentence by a pronoun or a description."""
    parts = list(template.parts)
    if len(parts) < 3 or parts[1] != ("S", "") or parts[0] not in {"", "The "}:
        return template
    owner = isinstance(parts[2], str) and parts[2].startswith("'s")
    if subject.first:
        pronoun = ("Her" if owner else "She") if subject.woman else ("His" if owner else "He")
    elif domain.subject == "people":
        pronoun = "Their" if owner else "They"
    else:
        pronoun = "Its" if owner else "It"
    if rng.random() < 0.6 or domain.subject == "people":
        word = pronoun
    else:
        word = rng.choice(domain.called) + ("'s" if owner else "")
    parts[:2] = ["", word]
    if owner:
        parts[2] = parts[2][2:]
    return replace(template, parts=tuple(parts))


def _fill(draft: Draft, domain: Domain, rng: random.Random, fillers: int) -> Draft:
    """Put sentences between the others that answer nothing."""
    for text in rng.sample(domain.filler, min(fillers, len(domain.filler))):
        at = rng.randint(1, len(draft.sentences))
        draft.sentences.insert(at, text)
        draft.asked = [q._replace(evidence=q.evidence + (q.evidence >= at)) for q in draft.asked]
    return draft
