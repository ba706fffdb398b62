"""The mixture of passages that a model is trained on, and scored on."""

from __future__ import annotations

import random
from functools import reduce

from .clauses import clauses
from .forms import Forms
from .noise import cloze, rare_words, rough
from .paragraphs import excerpt, paragraph
from .passages import Draft, Passage, build, join
from .profiles import profile

__all__ = ["clean_passage", "core_or_all", "training_passage"]


def core_or_all(forms: Forms, rng: random.Random, core_share: float) -> Forms:
    """Choose what one passage is drawn from: the core, or all forms.

    Args:
        forms: All text forms.
        rng: Source of chance.
        core_share: How often it is the core, 0 to 1.
    """
    return forms.core if rng.random() < core_share else forms


def _story(forms: Forms, rng: random.Random, held_out: bool, drop: float = 0.0) -> Draft:
    return paragraph(rng.choice(forms.stories), rng, held_out, drop) if forms.stories else Draft()


def _profile(forms: Forms, rng: random.Random, held_out: bool, subjects: int, facts: int) -> Draft:
    domain = rng.choice(forms.domains)
    fillers = rng.choice((0, 0, 1, 2)) if facts > 1 else 0
    return profile(domain, rng, held_out, subjects=subjects, facts=facts, fillers=fillers)


def _short(forms: Forms, rng: random.Random) -> Draft:
    roll = rng.random()
    if roll < 0.3:
        return excerpt(_story(forms, rng, False), rng, rng.choice((1, 1, 1, 2)))
    if roll < 0.8:
        return _profile(forms, rng, False, rng.choice((1, 1, 2)), 1)
    return clauses(rng, False, rng.choice((1, 2, 2, 3)))


def _medium(forms: Forms, rng: random.Random) -> Draft:
    roll = rng.random()
    if roll < 0.35:
        return excerpt(_story(forms, rng, False), rng, rng.choice((2, 3, 3, 4)))
    if roll < 0.9:
        return _profile(forms, rng, False, rng.choice((1, 2, 2)), rng.choice((2, 2, 3)))
    return clauses(rng, False, rng.randint(3, 5))


def _long(forms: Forms, rng: random.Random) -> Draft:
    roll = rng.random()
    if roll < 0.26:
        return _story(forms, rng, False, rng.choice((0.0, 0.0, 0.15, 0.3)))
    if roll < 0.38:
        other = _profile(forms, rng, False, 1, rng.randint(1, 3))
        if rng.random() < 0.6:
            other = _part(_story(forms, rng, False), rng)
        return _shuffled([_story(forms, rng, False, 0.15), other], rng)
    if roll < 0.46:
        parts = [excerpt(_story(forms, rng, False), rng, rng.randint(1, 3)) for _ in range(3)]
        return _shuffled(parts, rng)
    if roll < 0.95:
        subjects = rng.choice((1, 2, 2, 3))
        most = 6 if subjects == 1 else 7 // subjects
        return _profile(forms, rng, False, subjects, rng.randint(2, most))
    return clauses(rng, False, rng.randint(3, 7))


def _shuffled(parts: list[Draft], rng: random.Random) -> Draft:
    """Put drafts one after the other in chance order."""
    rng.shuffle(parts)
    return reduce(join, parts)


def _part(draft: Draft, rng: random.Random) -> Draft:
    """Keep a few sentences in a row, and no question."""
    if not draft.sentences:
        return draft
    at = rng.randrange(len(draft.sentences))
    return Draft(draft.sentences[at : at + rng.randint(1, 3)])


def training_passage(
    forms: Forms, rng: random.Random, *, level: int, questions: int
) -> Passage | None:
    """Make a passage for training: names of the training part, seen wordings only, some noise.

    Args:
        forms: The text forms.
        rng: Source of chance.
        level: 0 for a sentence or two, 1 for a few, 2 for whole paragraphs.
        questions: How many questions to keep at most.

    Returns:
        The passage, or nothing where the draw came to no question.
    """
    draft = (_short, _medium, _long)[level](forms, rng)
    draft.asked = [asked for asked in draft.asked if not asked.unseen_wording]
    rng.shuffle(draft.asked)
    draft.asked = draft.asked[:questions]
    if draft.sentences and rng.random() < (0.2, 0.15, 0.15)[level]:
        at = rng.randrange(len(draft.sentences))
        if made := cloze(draft.sentences[at], rng, at):
            draft.asked.append(made)
    if rng.random() < 0.15:
        draft = rare_words(draft, rng, rng.choice((0.05, 0.1, 0.25)))
    draft.asked = [asked._replace(text=rough(asked.text, rng)) for asked in draft.asked]
    passage = build(draft)
    return passage if passage.questions else None


def clean_passage(forms: Forms, rng: random.Random) -> Passage | None:
    """Make a passage for scoring: names of the held-out part, every wording, no noise."""
    if forms.stories and rng.random() < 0.5:
        draft = _story(forms, rng, True)
    else:
        draft = _profile(forms, rng, True, rng.choice((1, 2, 3)), rng.choice((2, 3)))
    passage = build(draft)
    return passage if passage.questions else None
