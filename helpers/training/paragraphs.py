"""Passages from stories: whole paragraphs, with sentences left out at random."""

from __future__ import annotations

import random

from .forms import Story, draw, is_unseen_wording
from .passages import Asked, Draft, find_answer
from .templates import read_marks

__all__ = ["excerpt", "paragraph"]


def paragraph(story: Story, rng: random.Random, held_out: bool, drop: float = 0.0) -> Draft:
    """Make a passage from a story.

    Args:
        story: The story's form.
        rng: Source of chance.
        held_out: Draw proper names from the held-out part.
        drop: Chance of each sentence but the first to be left out.

    Returns:
        Its sentences, and of each question one seen and one unseen wording. A question stays only
        if all places of its answer stayed.
    """
    values = draw(story.slots, rng, held_out, set())
    if len(values) < len(story.slots):
        return Draft()
    full = [template.render(values, story.groups, rng) for template in story.text]
    kept = [s for i, s in enumerate(full) if not i or rng.random() >= drop]
    all_text, text = (read_marks(" ".join(part)).text for part in (full, kept))
    draft = Draft(kept)
    for wordings, answer in story.qa:
        written = _answer(read_marks(answer.render(values, story.groups, rng)).text, all_text)
        places = len(find_answer(text, written))
        if places and (len(kept) == len(full) or places == len(find_answer(all_text, written))):
            for unseen in (False, True):
                those = [t for t in wordings if is_unseen_wording(t) == unseen]
                if those:
                    question = rng.choice(those).render(values, story.groups, rng)
                    draft.asked.append(Asked(question, written, -1, unseen))
    return draft


def _answer(written: str, text: str) -> str:
    """Write an answer as it stands in the text (rendering made its first letter a capital)."""
    spans = find_answer(text, written)
    return text[slice(*spans[0])] if spans else written


def excerpt(draft: Draft, rng: random.Random, size: int) -> Draft:
    """Keep a few sentences in a row and the questions whose answers stand nowhere else.

    Args:
        draft: A story's sentences and questions.
        rng: Chooses the question around which to cut.
        size: How many sentences, at most.

    Returns:
        The excerpt; empty where no question fits.
    """
    plain = [read_marks(s).text for s in draft.sentences]
    places = {
        q.answer: [i for i, s in enumerate(plain) if find_answer(s, q.answer)] for q in draft.asked
    }
    single = [q for q in draft.asked if len(places[q.answer]) == 1]
    if not single:
        return Draft()
    at = max(0, places[rng.choice(single).answer][0] - rng.randrange(size))
    asked = [
        q._replace(evidence=places[q.answer][0] - at)
        for q in single
        if at <= places[q.answer][0] < at + size
    ]
    return Draft(draft.sentences[at : at + size], asked)
