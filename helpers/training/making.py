"""The whole way from text forms to a saved and scored model."""

from __future__ import annotations

import os
import time
from pathlib import Path

from helpers.environment import machine
from helpers.files import put_in_place
from helpers.replacing import replacing
from helpers.squad import read_squad

from .card import is_made, save_model, score_table, write_card
from .data import make_samples, training_texts
from .encode import Samples
from .exam import write_exam
from .form_files import read_forms
from .forms import Forms
from .plan import Plan
from .vocabulary import train_vocabulary

__all__ = ["make"]

_KIND = "model of make model"
PASSAGES = (40_000, 120_000, 80_000)  # at each level, from the core; as many from all forms
_STEPS = 27_000  # that read so many; fewer steps read fewer, more read them again
EXAM_SEED = 77


def make(
    folder: Path,
    exam: Path,
    *,
    share: float = 1.0,
    seed: int = 1,
    steps: int | None = None,
    device: str = "cpu",
) -> str:
    """Make the model and its exam.

    Args:
        folder: Where the model goes; replaced only at the end.
        exam: Where the exam goes; replaced only at the end, too.
        share: Share of the vocabulary's texts and of the plan's steps.
        seed: Fixes data and training.
        steps: How many steps to train; None takes the plan's, times `share`. The passages are in
            proportion to them, up to all of `PASSAGES`.
        device: Where to train: "cpu" or "cuda".

    Returns:
        The scores, as a table.
    """
    plan = Plan(seed=seed)
    plan = plan.lasting(steps or round(plan.steps * share))
    forms = read_forms()
    with put_in_place(exam) as new_exam, replacing(folder, ours=is_made, kind=_KIND) as sibling:
        vocabulary = sibling / "vocab.txt"
        train_vocabulary(training_texts(forms, seed, max(1000, round(6000 * share))), vocabulary)
        part = min(1.0, plan.steps / _STEPS)
        levels = [_samples(vocabulary, seed, level, part) for level in range(len(PASSAGES))]
        from transformers import (
            AutoTokenizer,
            BertForQuestionAnswering,
        )  # torch comes after the forks
        from transformers.utils.logging import disable_progress_bar

        from .evaluate import score_parts
        from .structure import new_model, small_config
        from .train import train

        size = len(vocabulary.read_text(encoding="utf-8").splitlines())
        began = time.perf_counter()
        trained = train(new_model(small_config(size), seed), levels, plan, device)
        minutes = (time.perf_counter() - began) / 60
        save_model(trained, vocabulary, sibling)
        write_exam(forms, new_exam, seed=EXAM_SEED)
        disable_progress_bar()  # the files are read in a moment
        stored = BertForQuestionAnswering.from_pretrained(sibling).float().eval()
        scores = score_parts(stored, AutoTokenizer.from_pretrained(sibling), read_squad(new_exam))
        write_card(
            sibling,
            stored,
            scores,
            **_counted(forms),
            **_counted(forms.core, "core_"),
            core_share=plan.core_share,
            steps=plan.steps,
            size=plan.size,
            where=_where(device),
            minutes=minutes,
        )
    return "\n".join(
        [
            "| questions | number | exact match | F1 |",
            "| --- | ---: | ---: | ---: |",
            score_table(scores),
        ]
    )


def _samples(vocabulary: Path, seed: int, level: int, share: float) -> tuple[Samples, Samples]:
    """The passages of a level, from the core and from all forms."""
    core, every = (
        make_samples(
            vocabulary,
            seed=seed + number,
            passages=round(PASSAGES[level] * share),
            level=level,
            core_share=core_share,
            processes=os.cpu_count() or 1,
        )
        for number, core_share in enumerate((1.0, 0.0))
    )
    return core, every


def _where(device: str) -> str:
    """The machine in words, for the card."""
    about = machine()
    if device != "cpu":
        return f"one {about['gpu']}"
    return f"{about['cores']} cores of {about['cpu']}"


def _counted(forms: Forms, prefix: str = "") -> dict[str, int]:
    return {
        f"{prefix}domains": len(forms.domains),
        f"{prefix}facts": sum(len(domain.facts) for domain in forms.domains),
        f"{prefix}stories": len(forms.stories),
    }
