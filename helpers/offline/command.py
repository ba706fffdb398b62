"""The command: scores a whole file, or a folder of them, and can be killed and started again."""

import re
import time
from collections.abc import Sequence
from typing import Any

from tqdm import tqdm

from helpers.environment import cores
from helpers.errors import InputError, reason_of
from helpers.offline.cluster import check_cluster, running
from helpers.offline.output import ERRORS
from helpers.offline.pipeline import answered, workers_that_fit
from helpers.offline.run import Job, prepare, scores_of
from helpers.offline.settings import Settings, read_arguments
from helpers.requirements import tell_other_versions

__all__ = ["main", "score_all"]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command `python -m helpers.offline`.

    Raises:
        InputError: something given to it cannot be used.
    """
    settings = read_arguments(arguments, description=__doc__.split("\n")[0])
    tell_other_versions()
    found = score_all(settings)
    speed = f", {found['asked'] / found['seconds']:.1f} a second" if found["asked"] else ""
    print(f"{found['asked']} questions in {found['seconds']:.1f} s, Ray's start included{speed}")
    if found["refused"]:
        print(f"{found['refused']} refused, with reasons: {settings.folder / ERRORS}")
    if found["answered"]:
        scores = f"exact match {found['exact_match']:.2f}, F1 {found['f1']:.2f}"
        print(f"{found['answered']} answered: {scores}")
    print(f"results: {settings.folder}")


def score_all(settings: Settings) -> dict[str, Any]:
    """Answers what is missing of a run, and scores all of it.

    Returns:
        {"asked" (questions answered or refused now), "prepared" (seconds before the engine was
        asked for), "seconds" (of the engine, its start included), "ended" ((seconds, questions) of
        every chunk, from the moment when Ray stood, as they ended), "answered", "refused",
        "exact_match", "f1" (both in percent, None where nothing was answered)}.

    Raises:
        InputError: something in the settings cannot be used, or a worker cannot do its work.
    """
    check_cluster()
    begun = time.perf_counter()
    job = prepare(settings)
    done = len(job.chunks) - len(job.missing)
    if done:
        print(f"{done} of {len(job.chunks)} chunks are there already")
    start = time.perf_counter()
    ended = _answer(job, settings) if job.missing else []
    told = {"asked": job.counted(job.missing), "seconds": time.perf_counter() - start}
    return {**told, "prepared": start - begun, "ended": ended, **scores_of(job)}


def _answer(job: Job, settings: Settings) -> list[tuple[float, int]]:
    """Runs the pipeline, with a bar that counts questions; says when how many were done."""
    total = job.counted(job.missing)
    gpus = int(settings.device == "cuda")
    with (
        running(max(cores(), settings.at_work)),
        tqdm(total=total, desc="questions", ncols=80, mininterval=0.5) as bar,
    ):
        workers = workers_that_fit(settings.workers, threads=settings.threads, gpus=gpus)
        start, ended = time.perf_counter(), []
        try:
            for told in answered(job.missing, job.folder, job.worker, workers=workers, gpus=gpus):
                bar.update(told["answered"] + told["refused"])
                ended.append((time.perf_counter() - start, told["answered"] + told["refused"]))
        except Exception as error:  # Ray wraps what a worker raises, in one of many kinds
            raise InputError(_reason(error)) from error
    return ended


def _reason(error: Exception) -> str:
    """What a worker raised. Ray sends its traceback as a text, in which ours is the last line."""
    own = re.findall(rf"{InputError.__name__}: (.+)", str(error))
    return own[-1] if own else f"a worker failed: {reason_of(error.__cause__ or error)}"
