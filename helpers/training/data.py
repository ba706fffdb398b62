"""Training data, made in every process that the machine has cores for."""

from __future__ import annotations

import multiprocessing
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from multiprocessing import resource_tracker
from pathlib import Path

from tqdm import tqdm

from .encode import Samples, encode
from .form_files import read_forms
from .forms import Forms
from .mixture import clean_passage, core_or_all, training_passage
from .passages import Passage
from .vocabulary import load_tokenizer

__all__ = ["clean_passages", "make_samples", "training_texts"]

CHUNK = 1000  # passages made at a time
LONGEST = (60, 128, 240)  # tokens of a pair at each level
_VOCABULARY_CORE_SHARE = 0.3  # of the passages whose words are counted


def training_texts(forms: Forms, seed: int, count: int) -> list[str]:
    """Make texts to learn a vocabulary from: training passages and their questions."""
    rng = random.Random(seed)

    def make() -> Passage | None:
        drawn = core_or_all(forms, rng, _VOCABULARY_CORE_SHARE)
        return training_passage(drawn, rng, level=2, questions=3)

    made = _many(make, count)
    return [text for p in made for text in (p.text, *(q.text for q in p.questions))]


def clean_passages(forms: Forms, seed: int, count: int) -> list[Passage]:
    """Make passages with held-out names, to score on."""
    rng = random.Random(seed)
    return _many(lambda: clean_passage(forms, rng), count)


def _many(make: Callable[[], Passage | None], count: int) -> list[Passage]:
    out: list[Passage] = []
    while len(out) < count:
        if passage := make():
            out.append(passage)
    return out


@cache
def _forms() -> Forms:
    return read_forms()


def _chunk(seed: int, *, level: int, vocabulary: str, core_share: float) -> Samples:
    rng = random.Random(seed)
    forms, tokenizer = _forms(), load_tokenizer(Path(vocabulary))

    def one() -> Passage | None:
        drawn = core_or_all(forms, rng, core_share)
        return training_passage(drawn, rng, level=level, questions=(2, 3, 5)[level])

    made = _many(one, CHUNK)
    return encode(
        made, tokenizer, rng, longest=LONGEST[level], foreign=0.03, cut=0.08 * (level == 2)
    )


def make_samples(
    vocabulary: Path,
    *,
    seed: int,
    passages: int,
    level: int,
    core_share: float,
    processes: int = 2,
) -> Samples:
    """Make and encode training passages.

    Args:
        vocabulary: The `vocab.txt`.
        seed: Fixes the outcome, whatever the number of processes.
        passages: How many (whole chunks of 1,000).
        level: 0 for passages of a sentence or two, 1 for a few, 2 for whole paragraphs.
        core_share: Share of the passages that are drawn from the core of the forms.
        processes: How many processes work.

    Returns:
        The samples.
    """
    make = partial(_chunk, level=level, vocabulary=str(vocabulary), core_share=core_share)
    seeds = [
        1_000_003 * seed + 1_009 * number + level for number in range(max(1, passages // CHUNK))
    ]
    with _deaf_to_ctrl_c():
        pool = multiprocessing.get_context("spawn").Pool(processes)
    with pool:
        return Samples.joined(
            tqdm(pool.imap(make, seeds), total=len(seeds), desc=f"passages, level {level}")
        )


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """What is started inside never hears of Ctrl-C: it is for the process that waits for them."""
    if not hasattr(signal, "pthread_sigmask"):  # on Windows itself
        yield
        return
    resource_tracker.ensure_running()  # where it starts, it takes the mask away
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
