"""A whole run: what is there already is kept, what is missing is answered, and all is scored."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from helpers.errors import InputError, refusing
from helpers.files import PROJECT, check_writable, sha256
from helpers.models import QuestionAnswerer, load
from helpers.offline import stages
from helpers.offline.manifest import FILES, claim
from helpers.offline.output import ERRORS, is_done, rows_in
from helpers.offline.parity import check_parity
from helpers.offline.plan import Chunk, chunks_of, digests_of
from helpers.offline.settings import Settings
from helpers.offline.shards import shards_in
from helpers.offline.stages import Windows
from helpers.recipes import code_digest, versions_of
from helpers.scoring import BATCH
from helpers.squad import Example, score

__all__ = ["Job", "prepare", "scores_of"]

_BATCHES = {"cpu": BATCH, "cuda": 64}  # windows in one run
_MAKERS = ("onnxruntime", "onnxruntime-gpu", "tokenizers", "transformers")
_MADE = PROJECT / "build" / "score" / "files"


@dataclass(frozen=True)
class Job:
    """A run that may begin.

    Attributes:
        chunks: all of its chunks, in the order of the input.
        missing: those that are still to be answered.
        worker: what an `Answerer` is made from.
        folder: where results go.
    """

    chunks: Sequence[Chunk]
    missing: Sequence[Chunk]
    worker: dict[str, Any]
    folder: Path

    def counted(self, chunks: Sequence[Chunk]) -> int:
        """How many questions are in chunks."""
        return sum(chunk.stop - chunk.start for chunk in chunks)


def prepare(settings: Settings) -> Job:
    """Makes the model's file, cuts the questions into chunks and finds what is done already.

    Raises:
        InputError: something in the settings cannot be used, the folder is another run's, or the
            model's file does not answer as the model does.
    """
    shards = shards_in(settings.questions())
    answerer = load(settings.model)
    worker = _worker(settings, answerer)
    decisive = {
        "precision": settings.precision,
        "device": settings.device,
        "windows": asdict(worker["windows"]),
        "chunk": settings.chunk,
        "model": sha256(worker["model"]),
        "tokenizer": _tokenizer_digest(worker["tokenizer"]),
        "makers": versions_of(_MAKERS),
        "recipe": _recipe(),
    }
    digests = digests_of(shards)
    chunks = chunks_of(shards, digests, decisive, settings.chunk)
    if not chunks:
        raise InputError(f"{settings.squad}: holds no question; give at least one")
    check_writable(settings.folder)
    claim(settings.folder, decisive, digests)
    missing = [chunk for chunk in chunks if not is_done(settings.folder, chunk)]
    if missing:
        check_parity(answerer, worker, Path(missing[0].shard))
    return Job(chunks, missing, worker, settings.folder)


def scores_of(job: Job) -> dict[str, Any]:
    """The official scores of all that was answered, and how much was answered and refused.

    They are computed over all rows in the order of the input, as from one process. It takes the
    memory of the answers: far past a million questions, add up the rows' own scores instead.
    """
    examples, given = [], {}
    for number, row in enumerate(rows_in(job.folder, job.chunks)):
        accepted = tuple(row["accepted"])
        examples.append(Example(str(number), "", "", "", accepted, (0,) * len(accepted)))
        given[str(number)] = row["answer"]
    refused = list(rows_in(job.folder, job.chunks, ERRORS))
    found = score(examples, given) if examples else {"exact_match": None, "f1": None}
    return {"answered": len(examples), "refused": len(refused), **found}


def _worker(settings: Settings, answerer: QuestionAnswerer) -> dict[str, Any]:
    from helpers.model_files import ModelFiles

    if settings.seq > answerer.max_positions:
        raise InputError(
            f"SEQ={settings.seq}: {settings.model} has {answerer.max_positions} positions; "
            f"use SEQ={answerer.max_positions} or less"
        )
    gpu = settings.device == "cuda"
    name = "".join(one if one.isalnum() else "-" for one in Path(settings.model).name)
    folder = _folder_of_files(settings)
    files = ModelFiles(answerer.model, name=name, folder=folder, calibration={}, gpu=gpu)
    what = f"no {settings.precision} file of it can be made"
    with refusing(f"MODEL={settings.model}", what, "give a BERT of the usual kind, as with gelu"):
        path = files.int8_norms_apart if settings.precision == "int8" else files.fused
    return {
        "model": str(path.resolve()),
        "tokenizer": answerer.tokenizer,
        "windows": Windows(settings.seq, settings.stride, _BATCHES[settings.device]),
        "device": settings.device,
        "threads": settings.threads,
    }


def _tokenizer_digest(tokenizer: Any) -> str:
    return hashlib.sha256(tokenizer.backend_tokenizer.to_str().encode()).hexdigest()


def _folder_of_files(settings: Settings) -> Path:
    """Where the model's file is made: for all runs together, or in a read-only project for one."""
    try:
        check_writable(_MADE)
    except InputError:
        return settings.folder / FILES
    return _MADE


def _recipe() -> str:
    """The hash of the code that decides what a chunk's file holds."""
    from helpers import scoring
    from helpers.offline import entries, output, parquet_shards, shards
    from helpers.squad import candidates, decoding, reading, windows, words

    of_squad = (candidates, decoding, reading, windows, words, scoring)
    return code_digest((*of_squad, entries, parquet_shards, shards, output, stages))
