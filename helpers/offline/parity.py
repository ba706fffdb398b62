"""The gate before a run: the file that the workers will open answers as the model in PyTorch."""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from helpers.models import QuestionAnswerer
from helpers.offline.shards import entries_of
from helpers.rungs import onnxruntime_rung, torch_rung
from helpers.soundness import sound_logits
from helpers.squad import Example, featurize, shortest_length

__all__ = ["check_parity"]

_QUESTIONS = 8  # of the first shard


def check_parity(answerer: QuestionAnswerer, worker: Mapping[str, Any], shard: Path) -> None:
    """Compares the logits of some questions before a million of them are answered.

    Args:
        answerer: the model.
        worker: what an `Answerer` is made from.
        shard: where the questions are taken from.

    Raises:
        InputError: the logits are NaN, infinite, all alike or far from PyTorch's.
    """
    windows = worker["windows"]
    usable = (one for one in entries_of(shard) if isinstance(one, Example))
    fit = (one for one in usable if shortest_length([one], answerer.tokenizer) <= windows.length)
    examples = list(islice(fit, _QUESTIONS))
    if not examples:
        return  # nothing will be answered
    shape = {"max_seq_length": windows.length, "doc_stride": windows.stride}
    inputs = featurize(examples, answerer.tokenizer, **shape).inputs(slice(_QUESTIONS))
    how = {"device": worker["device"], "threads": worker["threads"]}
    ours = onnxruntime_rung(worker["model"], name=Path(worker["model"]).name, **how)
    sound_logits([torch_rung(answerer.model), ours], inputs, lambda: None, None)
