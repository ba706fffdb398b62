"""What the engine is worth at one machine's size, and what a question costs, part by part.

    python -m helpers.offline.throughput --squad sized --rounds 3

Three ways to the same answers in turns; the parts of the work alone, in fp32 and in int8; and the
engine with other numbers of workers and threads. It takes 25 minutes on 2 cores, and writes
`build/score/throughput.json`, which `data/throughput.schema.json` describes.
"""

import argparse
import importlib.metadata
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from helpers.environment import cores, hardware, versions
from helpers.errors import run_command
from helpers.files import PROJECT, write_json
from helpers.offline.command import score_all
from helpers.offline.parts import cost_of_parts
from helpers.offline.run import prepare
from helpers.offline.settings import Settings
from helpers.offline.ways import compare_ways, steady_rate
from helpers.requirements import tell_other_versions

__all__ = ["main", "rates_by_threads", "record_of"]

_FOLDER = PROJECT / "build" / "score"
_PRECISIONS = ("fp32", "int8")
_FEW = 5120  # questions on which pairs of workers and threads are timed


def rates_by_threads(
    settings: Settings, pairs: Sequence[tuple[int, int]], *, rounds: int, seed: int = 0
) -> list[dict[str, Any]]:
    """The engine's rate with so many workers of so many threads each, in turns.

    Args:
        settings: how it runs besides.
        pairs: (workers, threads).
        rounds: how often each pair is timed.
        seed: seeds the order.

    Returns:
        An entry a pair: {"workers", "threads", "per_s": the median of questions a second,
        "rounds": [questions a second]}.
    """
    found: dict[tuple[int, int], list[float]] = {pair: [] for pair in pairs}
    order = np.random.default_rng(seed)
    for _ in range(rounds):
        for at in order.permutation(len(pairs)):
            workers, threads = pairs[at]
            shutil.rmtree(settings.folder, ignore_errors=True)
            told = score_all(replace(settings, workers=workers, threads=threads))
            found[pairs[at]].append(round(steady_rate(told["ended"], workers), 2))
            print(f"{workers} x {threads}: {found[pairs[at]][-1]} a second", flush=True)
    return [
        {"workers": w, "threads": t, "per_s": round(median(rates), 2), "rounds": rates}
        for (w, t), rates in found.items()
    ]


def _first_questions(path: Path, count: int) -> Path:
    """The first questions of a SQuAD file, by whole passages, as a file of their own."""
    given = json.loads(path.read_text(encoding="utf-8"))
    articles, held = [], 0
    for article in given["data"]:
        for paragraph in article["paragraphs"]:
            if held >= count:
                break
            articles.append({"title": article["title"], "paragraphs": [paragraph]})
            held += len(paragraph["qas"])
    return write_json(_FOLDER / "first.json", {**given, "data": articles})


def record_of(
    settings: Settings, *, rounds: int, pairs: Sequence[tuple[int, int]]
) -> dict[str, Any]:
    """All that is measured, as one record.

    Args:
        settings: how the engine runs; what lies in its folder is removed.
        rounds: how often each way, and each pair, is timed.
        pairs: (workers, threads).

    Returns:
        The record, as `data/throughput.schema.json` describes it.

    Raises:
        InputError: `rounds` is below 1, or something in the settings cannot be used.
    """
    found_ways, found_parts = compare_ways(settings, rounds=rounds), {}
    for precision in _PRECISIONS:
        shutil.rmtree(settings.folder, ignore_errors=True)
        found_parts[precision] = cost_of_parts(prepare(replace(settings, precision=precision)))
    shutil.rmtree(settings.folder, ignore_errors=True)
    least = 3 * settings.chunk * max(workers for workers, _ in pairs)  # three chunks a worker
    first = _first_questions(settings.questions(), max(least, _FEW))
    few = replace(settings, squad=str(first))
    threads = rates_by_threads(few, pairs, rounds=rounds)
    shutil.rmtree(settings.folder, ignore_errors=True)
    kept = ("model", "squad", "precision", "seq", "stride", "chunk", "threads")
    return {
        "schema": 1,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": hardware(),
        "versions": {**versions(), "ray": importlib.metadata.version("ray")},
        "settings": {
            **{name: getattr(settings, name) for name in kept},
            "workers": settings.at_work,
            "threads_in_one_process": cores(),
        },
        "ways": found_ways,
        "parts": found_parts,
        "threads": threads,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """The command `python -m helpers.offline.throughput`.

    Raises:
        InputError: something given to it cannot be used.
    """
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--squad", default="sized", help="as make score takes it")
    parser.add_argument("--model", default="embedded", help="as make score takes it")
    parser.add_argument("--rounds", type=int, default=3, help="how often each way is timed")
    chosen = parser.parse_args(arguments)
    tell_other_versions()
    settings = Settings(squad=chosen.squad, model=chosen.model, out=str(_FOLDER / "throughput"))
    n = cores()
    pairs = list(dict.fromkeys([(1, 1), (1, n), (n, 1), (n, n), (2 * n, 1)]))
    record = record_of(settings, rounds=chosen.rounds, pairs=pairs)
    path = write_json(_FOLDER / "throughput.json", record)
    for name, rate in record["ways"]["per_s"].items():
        print(f"{name:24}{rate:8.1f} questions a second")
    print(f"record: {path}")


if __name__ == "__main__":
    run_command(main)
