"""The whole way from text forms to a saved and scored model."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from helpers.files import put_in_place
from helpers.squad import read_squad

from .card import replacing_folder, save_model, score_table, write_card
from .data import make_samples, training_texts
from .exam import write_exam
from .forms import read_forms
from .vocabulary import train_vocabulary

__all__ = ["make"]

PASSAGES = (20_000, 60_000, 40_000)  # at each level
EXAM_SEED = 77


def make(folder: Path, exam: Path, *, share: float = 1.0, seed: int = 1) -> str:
    """Make the model and its exam.

    Args:
        folder: Where the model goes; replaced only at the end.
        exam: Where the exam goes; replaced only at the end, too.
        share: Share of the full amount of passages and steps.
        seed: Fixes data and training.

    Returns:
        The scores, as a table.
    """
    forms = read_forms()
    with put_in_place(exam) as new_exam, replacing_folder(folder) as sibling:
        vocabulary = sibling / "vocab.txt"
        train_vocabulary(training_texts(forms, seed, max(1000, round(6000 * share))), vocabulary)
        levels = tuple(
            make_samples(
                vocabulary,
                seed=seed,
                passages=round(count * share),
                level=level,
                processes=os.cpu_count() or 1,
            )
            for level, count in enumerate(PASSAGES)
        )
        from transformers import (
            AutoTokenizer,
            BertForQuestionAnswering,
        )  # torch comes after the forks
        from transformers.utils.logging import disable_progress_bar

        from .evaluate import score_parts
        from .plan import Plan
        from .structure import new_model, small_config
        from .train import train

        plan = Plan(seed=seed)
        plan = replace(
            plan,
            short_steps=round(plan.short_steps * share),
            medium_steps=round(plan.medium_steps * share),
            steps=round(plan.steps * share),
        )
        size = len(vocabulary.read_text(encoding="utf-8").splitlines())
        trained = train(new_model(small_config(size), seed), levels, plan)
        save_model(trained, vocabulary, sibling)
        write_exam(forms, new_exam, seed=EXAM_SEED)
        disable_progress_bar()  # the files are read in a moment
        stored = BertForQuestionAnswering.from_pretrained(sibling).float().eval()
        scores = score_parts(stored, AutoTokenizer.from_pretrained(sibling), read_squad(new_exam))
        facts = sum(len(domain.facts) for domain in forms.domains)
        write_card(
            sibling,
            stored,
            scores,
            domains=len(forms.domains),
            facts=facts,
            stories=len(forms.stories),
            steps=plan.steps,
            size=plan.size,
        )
    return "\n".join(
        [
            "| questions | number | exact match | F1 |",
            "| --- | ---: | ---: | ---: |",
            score_table(scores),
        ]
    )
