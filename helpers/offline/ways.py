"""Three ways to answer one file, timed in turns: a loop, batches in one process, the engine."""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np

from helpers.environment import cores
from helpers.errors import InputError
from helpers.offline.cluster import running
from helpers.offline.command import score_all
from helpers.offline.run import prepare
from helpers.offline.settings import Settings
from helpers.ratios import paired_ratio
from helpers.rungs import Rung, all_logits, onnxruntime_rung
from helpers.scoring import BATCH, batches_by_length, logits_in_batches
from helpers.squad import Example, answers, featurize, read_squad, score

__all__ = ["WAYS", "compare_ways", "steady_rate"]

WAYS = ("one by one", "batches in one process", "engine", "engine's start")
"""What is timed: three ways to the same answers, and an engine that starts and has no work."""


def steady_rate(ended: Sequence[tuple[float, int]], workers: int) -> float:
    """Questions a second once every worker has begun, to the end of the run.

    Args:
        ended: (seconds, questions) of every chunk, as `score_all` tells them.
        workers: how many there were; the first chunk of each is not counted, since the worker's
            own start is in it.

    Raises:
        InputError: there are not twice as many chunks as workers.
    """
    if len(ended) < 2 * workers:
        raise InputError(
            f"{len(ended)} chunks for {workers} workers: too few for a rate; give more questions"
        )
    begun = ended[workers - 1][0]
    return sum(questions for _, questions in ended[workers:]) / (ended[-1][0] - begun)


def compare_ways(settings: Settings, *, rounds: int, seed: int = 0) -> dict[str, Any]:
    """Answers a file in every way of `WAYS`, in random order in each round.

    Args:
        settings: how the engine runs; the other ways take its model, precision and windows. What
            lies in its folder is removed.
        rounds: how often each way is timed.
        seed: seeds the order.

    Returns:
        {"questions", "rounds": [{way: seconds}], "seconds": {way: the median}, "per_s": {way:
        questions a second}, "steady_per_s": the engine's once all workers have begun,
        "begin_s": seconds of the engine's run before that, less what its workers had answered by
        then, "engine_times_faster": {"whole run" and "steady": {other way: {"median", "low",
        "high"} of the rounds' ratios}}, "exact_match": {way: percent}, "f1": {way: percent}}.

    Raises:
        InputError: `rounds` is below 1, or something in the settings cannot be used.
    """
    if rounds < 1:
        raise InputError(f"ROUNDS={rounds}: must be at least 1")
    examples = read_squad(settings.questions())
    shutil.rmtree(settings.folder, ignore_errors=True)
    job = prepare(settings)
    rung = onnxruntime_rung(job.worker["model"], name="one process", threads=cores())
    tokenizer = job.worker["tokenizer"]
    scores: dict[str, dict[str, float]] = {}
    steady: list[float] = []
    begin: list[float] = []

    def engine() -> None:
        shutil.rmtree(settings.folder, ignore_errors=True)
        told = score_all(settings)
        scores["engine"] = {name: told[name] for name in ("exact_match", "f1")}
        rate = steady_rate(told["ended"], settings.at_work)
        steady.append(rate)
        until, _ = told["ended"][settings.at_work - 1]  # Ray stands; its start is timed alone
        answered = sum(questions for _, questions in told["ended"][: settings.at_work])
        begin.append(told["prepared"] + until - answered / rate)

    def start() -> None:
        with running(cores()):
            pass

    ways: dict[str, Callable[[], object]] = {
        WAYS[0]: lambda: scores.update({WAYS[0]: _one_by_one(rung, examples, tokenizer, settings)}),
        WAYS[1]: lambda: scores.update({WAYS[1]: _in_batches(rung, examples, tokenizer, settings)}),
        WAYS[2]: engine,
        WAYS[3]: start,
    }
    taken = _in_turns(ways, rounds, seed)
    rates = {name: [len(examples) / one[name] for one in taken] for name in WAYS[:3]}
    return {
        "questions": len(examples),
        "rounds": taken,
        "seconds": {name: round(median(one[name] for one in taken), 3) for name in WAYS},
        "per_s": {name: round(median(those), 2) for name, those in rates.items()},
        "steady_per_s": round(median(steady), 2),
        "begin_s": round(median(begin), 2),
        "engine_times_faster": {
            part: {name: _ratio(ours, rates[name]) for name in WAYS[:2]}
            for part, ours in (("whole run", rates["engine"]), ("steady", steady))
        },
        "exact_match": {name: one["exact_match"] for name, one in scores.items()},
        "f1": {name: one["f1"] for name, one in scores.items()},
    }


def _in_turns(
    ways: Mapping[str, Callable[[], object]], rounds: int, seed: int
) -> list[dict[str, float]]:
    """The seconds that each way takes in each round."""
    order = np.random.default_rng(seed)
    taken: list[dict[str, float]] = []
    for number in range(rounds):
        seconds = {}
        for name in order.permutation(list(ways)):
            began = time.perf_counter()
            ways[name]()
            seconds[str(name)] = round(time.perf_counter() - began, 3)
        taken.append(seconds)
        told = ", ".join(f"{name} {seconds[name]:.1f} s" for name in ways)
        print(f"round {number + 1} of {rounds}: {told}", flush=True)
    return taken


def _ratio(fast: Sequence[float], slow: Sequence[float]) -> dict[str, float]:
    """How many times the one rate is the other, in the same rounds."""
    found = paired_ratio(fast, slow)
    return {name: round(one, 3) for name, one in zip(("median", "low", "high"), found, strict=True)}


def _shape(settings: Settings) -> dict[str, int]:
    return {"max_seq_length": settings.seq, "doc_stride": settings.stride}


def _one_by_one(
    rung: Rung, examples: Sequence[Example], tokenizer: Any, settings: Settings
) -> dict[str, float]:
    """A loop over questions, each padded to the full window."""
    given: dict[str, str] = {}
    for example in examples:
        features = featurize([example], tokenizer, **_shape(settings))
        given |= answers([example], features, *all_logits(rung, features.inputs()))
    return score(examples, given)


def _in_batches(
    rung: Rung, examples: Sequence[Example], tokenizer: Any, settings: Settings
) -> dict[str, float]:
    """All windows at once, sorted by length."""
    features = featurize(examples, tokenizer, **_shape(settings))
    inputs = features.inputs()
    logits = logits_in_batches(rung, inputs, batches_by_length(inputs, BATCH))
    return score(examples, answers(examples, features, *logits))
