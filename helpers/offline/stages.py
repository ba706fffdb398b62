"""What is done to a chunk, stage by stage: read its questions, answer them, write the answers.

Rows pass between the stages as the engine carries them: plain values, questions as JSON.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.errors import InputError
from helpers.files import sha256
from helpers.offline.entries import Entry, Refused
from helpers.offline.output import write_rows
from helpers.offline.plan import Chunk
from helpers.offline.shards import entries_of
from helpers.squad import Example

if TYPE_CHECKING:
    import numpy as np
    from transformers import PreTrainedTokenizerBase

    from helpers.squad import Features

__all__ = ["Answerer", "Windows", "chunk_of", "read_chunk", "scored", "write_chunk"]

Row = dict[str, Any]


@dataclass(frozen=True)
class Windows:
    """How passages are cut and run.

    Attributes:
        length: tokens of a window, at most.
        stride: tokens by which windows advance, at most.
        batch: windows in one run, at most.
    """

    length: int
    stride: int
    batch: int


def chunk_of(row: Mapping[str, Any]) -> Chunk:
    """The chunk that a row is of."""
    return Chunk(**{field.name: row[field.name] for field in fields(Chunk)})


def read_chunk(row: Row) -> Row:
    """The first stage: a chunk's questions, and what its shard holds in place of one.

    Raises:
        InputError: the shard cannot be read, or has changed.
    """
    chunk = chunk_of(row)
    entries = _entries(chunk.shard, chunk.digest)[chunk.start : chunk.stop]
    examples = [asdict(one) for one in entries if isinstance(one, Example)]
    refused = [asdict(one) for one in entries if isinstance(one, Refused)]
    return asdict(chunk) | {"examples": json.dumps(examples), "refused": json.dumps(refused)}


@lru_cache(maxsize=1)  # the chunks of a shard mostly come one after the other
def _entries(shard: str, digest: str) -> list[Entry]:
    entries = entries_of(Path(shard))
    if sha256(shard) != digest:
        raise InputError(
            f"{shard}: has changed since the run began, or is another one here; start it again"
        )
    return entries


class Answerer:
    """The second stage: a worker that opens one session, and answers chunk after chunk with it.

    Args:
        model: the .onnx file.
        tokenizer: the model's tokenizer.
        windows: how passages are cut and run.
        device: `cpu` or `cuda`.
        threads: threads inside one operator.

    Raises:
        InputError: the session cannot be had on that device.
    """

    def __init__(
        self,
        model: str,
        tokenizer: "PreTrainedTokenizerBase",
        windows: Windows,
        *,
        device: str = "cpu",
        threads: int = 1,
    ) -> None:
        from helpers.rungs import onnxruntime_rung

        self.tokenizer, self.windows = tokenizer, windows
        self.rung = onnxruntime_rung(model, name="worker", device=device, threads=threads)

    def __call__(self, row: Row) -> Row:
        """Answers the questions of a chunk.

        Args:
            row: what `read_chunk` gives.

        Returns:
            The chunk, its rows for `answers` and those for `errors`, as JSON.
        """
        from helpers.squad import answers

        given = [_example(one) for one in json.loads(row["examples"])]
        examples, features, too_long = self._windows(given)
        answered = scored(examples, answers(examples, features, *self._logits(features)))
        refused = json.dumps([*json.loads(row["refused"]), *too_long])
        return asdict(chunk_of(row)) | {"answered": json.dumps(answered), "refused": refused}

    def _logits(self, features: "Features") -> tuple["np.ndarray", "np.ndarray"]:
        """The windows' logits, from sorted batches without padding, as chapter 06 runs them."""
        from helpers.scoring import batches_by_length, logits_in_batches
        from helpers.soundness import check_finite

        inputs = features.inputs()
        logits = logits_in_batches(self.rung, inputs, batches_by_length(inputs, self.windows.batch))
        if len(features):
            check_finite(self.rung.name, logits)
        return logits

    def _windows(
        self, examples: list[Example]
    ) -> tuple[list[Example], "Features", list[dict[str, str]]]:
        """The questions that leave room for their passages, their windows, and the others."""
        refused: list[dict[str, str]] = []
        while True:
            try:
                return examples, self._features(examples), refused
            except InputError:  # of one question at least: each is tried alone
                told = {example.id: self._reason(example) for example in examples}
                if not any(told.values()):  # all of them together are too much
                    raise
                refused = [asdict(Refused(name, why)) for name, why in told.items() if why]
                examples = [example for example in examples if not told[example.id]]

    def _reason(self, example: Example) -> str | None:
        """Why a question has no windows; None where it has."""
        try:
            self._features([example])
        except InputError as error:
            return str(error)
        return None

    def _features(self, examples: Sequence[Example]) -> "Features":
        from helpers.squad import featurize

        shape = {"max_seq_length": self.windows.length, "doc_stride": self.windows.stride}
        return featurize(examples, self.tokenizer, **shape)


def write_chunk(row: Row, *, folder: str) -> Row:
    """The last stage: puts a chunk's results in place.

    Args:
        row: what `Answerer` gives.
        folder: the run's folder.

    Returns:
        The chunk's key, and how many questions were answered and refused.
    """
    answered, refused = (json.loads(row[name]) for name in ("answered", "refused"))
    write_rows(Path(folder), chunk_of(row), answered, refused)
    return {"key": row["key"], "answered": len(answered), "refused": len(refused)}


def _example(given: Mapping[str, Any]) -> Example:
    return Example(**{name: tuple(v) if isinstance(v, list) else v for name, v in given.items()})


def scored(examples: Sequence[Example], given: Mapping[str, str]) -> list[Row]:
    """Rows for `answers`: a row for every question, with its own score in percent.

    Args:
        examples: the questions.
        given: {id: answer}.
    """
    from helpers.squad import score

    return [
        {
            "id": example.id,
            "title": example.title,
            "question": example.question,
            "accepted": list(example.answers),
            "answer": given[example.id],
            **score([example], given),
        }
        for example in examples
    ]
