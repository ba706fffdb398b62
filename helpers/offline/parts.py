"""What one question costs, part by part: one process, one thread, no engine."""

import time
from pathlib import Path
from typing import Any

from helpers.errors import InputError
from helpers.offline.output import answers_path, write_rows
from helpers.offline.plan import chunks_of, digests_of
from helpers.offline.run import Job, scores_of
from helpers.offline.shards import entries_of
from helpers.offline.stages import scored
from helpers.rungs import onnxruntime_rung
from helpers.scoring import batches_by_length, logits_in_batches
from helpers.squad import Example, answers, featurize

__all__ = ["IN_DRIVER", "IN_WORKERS", "cost_of_parts"]

IN_WORKERS = ("read", "tokenise", "run", "find answers", "score each", "write")
"""What workers do, side by side."""

IN_DRIVER = ("cut into chunks", "score all")
"""What the process that asks for the run does alone, before the workers begin and after them."""


def cost_of_parts(job: Job, *, chunks: int = 10) -> dict[str, Any]:
    """Times each part of the work on a run's first chunks; they are answered anew.

    Args:
        job: a run over one shard, none of it answered yet.
        chunks: how many are taken, at most.

    Returns:
        {"questions", "ms": {part: milliseconds a question}, "open_s": seconds until a session is
        open, "bytes": {"read", "written"} for a question, "model_bytes"}.

    Raises:
        InputError: there is no chunk, or the shard cannot be read.
    """
    taken = job.chunks[:chunks]
    if not taken:
        raise InputError("chunks=0: nothing to time; give questions")
    shard, worker, clock = Path(taken[0].shard), job.worker, _Clock()
    windows = worker["windows"]
    shape = {"max_seq_length": windows.length, "doc_stride": windows.stride}
    start = time.perf_counter()
    rung = onnxruntime_rung(worker["model"], name="parts", device=worker["device"], threads=1)
    open_s = time.perf_counter() - start
    clock.begin()
    chunks_of([shard], digests_of([shard]), {}, job.counted(taken))
    clock.end("cut into chunks", job.counted(job.chunks))
    entries = entries_of(shard)
    clock.end("read", len(entries))
    written = 0
    for chunk in taken:
        examples = [one for one in entries[chunk.start : chunk.stop] if isinstance(one, Example)]
        clock.begin()
        features = featurize(examples, worker["tokenizer"], **shape)
        inputs = features.inputs()
        clock.end("tokenise", len(examples))
        logits = logits_in_batches(rung, inputs, batches_by_length(inputs, windows.batch))
        clock.end("run", len(examples))
        given = answers(examples, features, *logits)
        clock.end("find answers", len(examples))
        rows = scored(examples, given)
        clock.end("score each", len(examples))
        write_rows(job.folder, chunk, rows, [])
        clock.end("write", len(examples))
        written += answers_path(job.folder, chunk).stat().st_size
    asked = job.counted(taken)
    clock.begin()
    scores_of(Job(taken, [], worker, job.folder))
    clock.end("score all", asked)
    return {
        "questions": asked,
        "ms": clock.ms(),
        "open_s": round(open_s, 3),
        "bytes": {
            "read": round(shard.stat().st_size / len(entries), 1),
            "written": round(written / asked, 1),
        },
        "model_bytes": Path(worker["model"]).stat().st_size,
    }


class _Clock:
    """Seconds and questions of each part; a part begins where the one before it ended."""

    def __init__(self) -> None:
        self._taken: dict[str, list[float]] = {}
        self.begin()

    def begin(self) -> None:
        self._since = time.perf_counter()

    def end(self, part: str, questions: int) -> None:
        now = time.perf_counter()
        seconds, counted = self._taken.get(part, [0.0, 0])
        self._taken[part] = [seconds + now - self._since, counted + questions]
        self._since = time.perf_counter()

    def ms(self) -> dict[str, float]:
        """{part: milliseconds a question}."""
        return {part: round(1000 * s / n, 4) for part, (s, n) in self._taken.items()}
