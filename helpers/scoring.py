"""Scoring a whole file: the same windows one by one, and in sorted batches without padding."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from helpers.busy import busy_share, waited_ns, was_busy
from helpers.errors import InputError
from helpers.rungs import Inputs, Rung, all_logits
from helpers.soundness import check_finite
from helpers.squad import Example, Features, answers, score

__all__ = [
    "BATCH", "PADDING_LOGIT", "WAYS",
    "batches_by_length", "logits_in_batches", "score_file", "score_rung",
]  # fmt: skip

BATCH = 8
"""Windows in one run, where they are sorted.

Measured on a CPU with the embedded model: ONNX Runtime needs the least processor time a window with
4 to 8, PyTorch with 16; at 64 both need more again. Batches of equally many tokens gain nothing.
"""

PADDING_LOGIT = -1e4
"""Stands at tokens that were cut off: no answer begins or ends there."""

WAYS = ("one by one, padded", "one by one, real lengths", "sorted batches, real lengths")
"""Three ways to run the windows of a file; the first one is what the others are compared with."""


def batches_by_length(inputs: Inputs, batch: int) -> list[np.ndarray]:
    """Which windows run together: neighbours in length, so that little of a batch is padding.

    Args:
        inputs: {input name: int64 [windows, length]}, padded on the right.
        batch: windows in one run, at most.

    Returns:
        Window numbers, int64 [batch] each, from the longest windows to the shortest. The longest
        come first, so that an engine asks for its memory once.

    Raises:
        InputError: `batch` is below 1.
    """
    if batch < 1:
        raise InputError(f"batch={batch}: must be at least 1")
    order = np.argsort(-inputs["attention_mask"].sum(axis=1), kind="stable")
    return [order[at : at + batch] for at in range(0, len(order), batch)]


def logits_in_batches(
    rung: Rung, inputs: Inputs, batches: Sequence[np.ndarray], *, cut: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Runs windows batch by batch, and puts their logits where they belong.

    Args:
        rung: what to run; it must take any batch and length.
        inputs: {input name: int64 [windows, length]}, padded on the right.
        batches: window numbers; every window once.
        cut: whether a batch is cut to its longest window.

    Returns:
        (start, end) logits, float32 [windows, length] each, in the windows' order;
        `PADDING_LOGIT` where a batch was cut.
    """
    shape = inputs["input_ids"].shape
    starts, ends = np.full((2, *shape), PADDING_LOGIT, np.float32)
    real = inputs["attention_mask"].sum(axis=1)
    for rows in batches:
        width = int(real[rows].max()) if cut else shape[1]
        feed = {name: array[rows, :width] for name, array in inputs.items()}
        starts[rows, :width], ends[rows, :width] = rung.run(feed)
    return starts, ends


def score_file(
    rung: Rung,
    features: Features,
    examples: Sequence[Example] = (),
    *,
    slug: str,
    batch: int = BATCH,
    repeats: int = 3,
    budget_s: float = math.inf,
    progress: Callable[[], object] = lambda: None,
) -> list[dict[str, Any]]:
    """Scores a whole file in the three ways of `WAYS`, in turn, and times each as a whole.

    What is timed is what the ways differ in: sorting and cutting the windows, running all of
    them, and putting the logits in place. Finding the answers and scoring them is not.

    Args:
        rung: what to run; it must take any batch and length.
        features: the file's windows.
        examples: its questions; empty where the weights are random and answers mean nothing.
        slug: the rung's short name.
        batch: windows in one run, at most, where they are sorted.
        repeats: how often each way is timed, at most; its median counts.
        budget_s: no way is timed again where all runs would take longer than this, in seconds.
        progress: called after every time that a way was timed.

    Returns:
        An entry a way: {"slug", "how", "batch", "seconds", "windows_per_s", "busy" (share of the
        runs on a busy machine, 0 to 1, or None), "same_answers" (share of questions with the same
        answer as the first way's, 0 to 1), "exact_match", "f1" (both in percent)}; the last three
        None without examples.

    Raises:
        InputError: `batch` or `repeats` is below 1, there are no windows, or a logit is NaN or
            infinite.
    """
    if repeats < 1:
        raise InputError(f"repeats={repeats}: must be at least 1")
    if not len(features):
        raise InputError("features: hold no window, so there is nothing to run; give passages")
    inputs = features.inputs()
    for sizes in (1, batch):  # the first run of an engine pays for what later ones do not
        logits_in_batches(rung, inputs, batches_by_length(inputs, sizes)[:2])
    seconds: dict[str, list[float]] = {how: [] for how in WAYS}
    busy: dict[str, list[bool | None]] = {how: [] for how in WAYS}
    logits = {}
    for _ in range(repeats):
        for how in WAYS:
            before, start = waited_ns(), time.perf_counter()
            logits[how] = _run(rung, inputs, how, batch)
            seconds[how].append(time.perf_counter() - start)
            busy[how].append(was_busy(before, waited_ns(), 1000 * seconds[how][-1]))
            progress()
        taken = [sum(times) for times in seconds.values()]
        if sum(taken) * (1 + 1 / len(seconds[WAYS[0]])) > budget_s:
            break
    for pair in logits.values():
        check_finite(rung.name, pair)
    scores = _scores(examples, features, logits)
    return [
        {
            "slug": slug,
            "how": how,
            "batch": min(batch, len(features)) if how == WAYS[2] else 1,
            "seconds": round(float(np.median(seconds[how])), 4),
            "windows_per_s": round(len(features) / float(np.median(seconds[how])), 2),
            "busy": busy_share(busy[how]),
            **found,
        }
        for how, found in zip(WAYS, scores, strict=True)
    ]


def score_rung(rung: Rung, features: Features, examples: Sequence[Example]) -> dict[str, float]:
    """The official scores of what a rung answers, window by window, as it is timed.

    Args:
        rung: what to run.
        features: the file's windows.
        examples: its questions.

    Returns:
        {"exact_match", "f1"}, both in percent, 0 to 100.
    """
    return score(examples, answers(examples, features, *all_logits(rung, features.inputs())))


def _run(rung: Rung, inputs: Inputs, how: str, batch: int) -> tuple[np.ndarray, np.ndarray]:
    if how == WAYS[2]:
        return logits_in_batches(rung, inputs, batches_by_length(inputs, batch))
    one_by_one = list(np.arange(len(inputs["input_ids"]))[:, None])
    return logits_in_batches(rung, inputs, one_by_one, cut=how == WAYS[1])


def _scores(
    examples: Sequence[Example],
    features: Features,
    logits: Mapping[str, tuple[np.ndarray, np.ndarray]],
) -> Iterator[dict[str, float | None]]:
    """For each way, how many answers are those of the first way, and EM and F1."""
    expected: dict[str, str] = {}
    for how in WAYS:
        if not examples:
            yield {"same_answers": None, "exact_match": None, "f1": None}
            continue
        given = answers(examples, features, *logits[how])
        expected = expected or given
        same = float(np.mean([given[name] == expected[name] for name in expected]))
        yield {"same_answers": same, **score(examples, given)}
