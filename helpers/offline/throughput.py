"""What the engine is worth at one machine's size: the same questions in three ways, in turns.

    python -m helpers.offline.throughput --squad sized --rounds 3

One by one, as a loop over questions would do it; all at once in one process, with every core; and
`make score`, Ray's start included. It writes `build/score/throughput.json`.
"""

import argparse
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from helpers.environment import cores, hardware, versions
from helpers.errors import InputError, run_command
from helpers.files import PROJECT, write_json
from helpers.offline.cluster import running
from helpers.offline.command import score_all
from helpers.offline.run import prepare
from helpers.offline.settings import Settings
from helpers.rungs import Rung, all_logits, onnxruntime_rung
from helpers.scoring import BATCH, batches_by_length, logits_in_batches
from helpers.squad import Example, answers, featurize, read_squad, score

__all__ = ["WAYS", "compare_ways", "main"]

WAYS = ("one by one", "batches in one process", "engine", "engine's start")
"""What is timed: three ways to the same answers, and an engine that starts and has no work."""

_FOLDER = PROJECT / "build" / "score"


def compare_ways(settings: Settings, *, rounds: int, seed: int = 0) -> dict[str, Any]:
    """Answers a file in every way of `WAYS`, in random order in each round.

    Args:
        settings: how the engine runs; the other ways take its model, precision and windows.
        rounds: how often each way is timed.
        seed: seeds the order.

    Returns:
        {"made", "machine", "versions", "settings", "questions", "rounds": [{way: seconds}],
        "seconds": {way: the median}, "exact_match": {way: percent}, "f1": {way: percent}}.

    Raises:
        InputError: `rounds` is below 1, or something in the settings cannot be used.
    """
    if rounds < 1:
        raise InputError(f"ROUNDS={rounds}: must be at least 1")
    examples = read_squad(settings.questions())
    job = prepare(settings)
    rung = onnxruntime_rung(job.worker["model"], name="one process", threads=cores())
    tokenizer = job.worker["tokenizer"]
    found: dict[str, dict[str, float]] = {}

    def engine() -> None:
        shutil.rmtree(settings.folder, ignore_errors=True)
        told = score_all(settings)
        found["engine"] = {name: told[name] for name in ("exact_match", "f1")}

    def start() -> None:
        with running(cores()):
            pass

    ways: dict[str, Callable[[], object]] = {
        WAYS[0]: lambda: found.update({WAYS[0]: _one_by_one(rung, examples, tokenizer, settings)}),
        WAYS[1]: lambda: found.update({WAYS[1]: _in_batches(rung, examples, tokenizer, settings)}),
        WAYS[2]: engine,
        WAYS[3]: start,
    }
    order = np.random.default_rng(seed)
    taken: list[dict[str, float]] = []
    for number in range(rounds):
        seconds = {}
        for name in order.permutation(WAYS):
            began = time.perf_counter()
            ways[name]()
            seconds[str(name)] = round(time.perf_counter() - began, 3)
        taken.append(seconds)
        told = ", ".join(f"{name} {seconds[name]:.1f} s" for name in WAYS)
        print(f"round {number + 1} of {rounds}: {told}", flush=True)
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": hardware(),
        "versions": versions(),
        "settings": {
            "model": settings.model,
            "precision": settings.precision,
            "seq": settings.seq,
            "stride": settings.stride,
            "chunk": settings.chunk,
            "workers": settings.at_work,
            "threads": settings.threads,
            "threads_in_one_process": cores(),
        },
        "questions": len(examples),
        "rounds": taken,
        "seconds": {name: round(median(one[name] for one in taken), 3) for name in WAYS},
        "exact_match": {name: one["exact_match"] for name, one in found.items()},
        "f1": {name: one["f1"] for name, one in found.items()},
    }


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


def main(arguments: Sequence[str] | None = None) -> None:
    """The command `python -m helpers.offline.throughput`.

    Raises:
        InputError: something given to it cannot be used.
    """
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--squad", default="sized", help="as make score takes it")
    parser.add_argument("--precision", default="fp32", help="fp32 or int8")
    parser.add_argument("--rounds", type=int, default=3, help="how often each way is timed")
    chosen = parser.parse_args(arguments)
    settings = Settings(squad=chosen.squad, precision=chosen.precision)
    settings = replace(settings, out=str(_FOLDER / "throughput"))
    found = compare_ways(settings, rounds=chosen.rounds)
    path: Path = _FOLDER / "throughput.json"
    write_json(path, found)
    seconds = found["seconds"]
    for name in WAYS:
        print(f"{name:24}{seconds[name]:8.1f} s {found['questions'] / seconds[name]:8.1f} a second")
    print(f"record: {path}")


if __name__ == "__main__":
    run_command(main)
