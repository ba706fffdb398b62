"""What a benchmark works on: the model, the questions, their windows, and the model's files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from transformers import BertConfig

from helpers.checkpoints import is_path
from helpers.errors import InputError
from helpers.files import expanded, sha256
from helpers.model_files import ModelFiles
from helpers.models import QuestionAnswerer, load
from helpers.settings import Settings, squad_path
from helpers.squad import Example, Features, featurize, read_squad, shortest_length

__all__ = ["Material", "gather"]

_CALIBRATION_WINDOWS = 64


@dataclass(frozen=True)
class Material:
    """What a benchmark works on.

    Attributes:
        answerer: the model and its tokenizer.
        squad: the file of questions.
        questions_in_file: how many it holds.
        examples: those used.
        features: their windows.
        compared: how many windows are compared: all, or as many as are timed where the weights
            are random.
        files: the model's files.
        calibrated_on: what int8 takes its ranges from, in words.
    """

    answerer: QuestionAnswerer
    squad: Path
    questions_in_file: int
    examples: Sequence[Example]
    features: Features
    compared: int
    files: ModelFiles
    calibrated_on: str

    @property
    def config(self) -> BertConfig:
        """The model's sizes."""
        return self.answerer.model.config

    @property
    def scored(self) -> tuple[Sequence[Example], Features] | tuple[()]:
        """Questions and windows, where answers mean something; nothing for random weights."""
        return (self.examples, self.features) if self.answerer.trained else ()

    @property
    def about(self) -> dict[str, Any]:
        """What a record says of the model."""
        answerer, config = self.answerer, self.config
        inside = answerer.name == "embedded"
        return {
            "name": _public(answerer.name),
            "source": "data/embedded-bert" if inside else _public(answerer.source),
            "trained": answerer.trained,
            "parameters": answerer.model.num_parameters(),
            "layers": config.num_hidden_layers,
            "hidden_size": config.hidden_size,
            "weights_sha256": answerer.weights_sha256,
        }

    @property
    def asked(self) -> dict[str, Any]:
        """What a record says of the questions."""
        return {
            "squad": self.squad.name,
            "squad_sha256": sha256(self.squad),
            "questions": len(self.examples),
            "questions_in_file": self.questions_in_file,
            "windows": len(self.features),
        }


def gather(settings: Settings, folder: Path) -> Material:
    """Loads the model, reads the questions and cuts the windows.

    Args:
        settings: which model, which questions, which windows.
        folder: where the model's files are kept.

    Raises:
        InputError: something in the settings cannot be used.
    """
    path = squad_path(settings.squad)
    whole = read_squad(path)
    examples = whole[: settings.questions or None]
    answerer = load(settings.model)
    _check_length(settings, answerer, examples, path)
    shape = {"max_seq_length": settings.seq, "doc_stride": settings.stride}
    features = featurize(examples, answerer.tokenizer, **shape)
    if not len(features):
        raise InputError(f"{path}: its contexts hold no words; give passages with text")
    chosen = _spread(len(features), _CALIBRATION_WINDOWS)
    files = ModelFiles(
        answerer.model,
        name=_plain(settings.model),
        folder=folder,
        calibration={name: array[chosen] for name, array in features.inputs().items()},
        gpu=settings.device == "cuda",
    )
    return Material(
        answerer=answerer,
        squad=path,
        questions_in_file=len(whole),
        examples=examples,
        features=features,
        compared=len(features) if answerer.trained else min(settings.samples, len(features)),
        files=files,
        calibrated_on=f"{len(chosen)} windows of {path.name}, taken evenly; they are scored too",
    )


def _check_length(
    settings: Settings, answerer: QuestionAnswerer, examples: Sequence[Example], path: Path
) -> None:
    if settings.seq > answerer.max_positions:
        raise InputError(
            f"SEQ={settings.seq}: {settings.model} has {answerer.max_positions} positions; "
            f"use SEQ={answerer.max_positions} or less"
        )
    least = shortest_length(examples, answerer.tokenizer)
    if settings.seq < least:
        raise InputError(
            f"SEQ={settings.seq}: the longest question of {path.name} leaves no room for its "
            f"passage; use SEQ={least} or more"
        )


def _spread(count: int, most: int) -> np.ndarray:
    """At most `most` of the numbers below `count`, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))


def _public(name: str) -> str:
    """A folder's last component: where it lies on this machine is nobody's concern."""
    return expanded(name).resolve().name if is_path(name) else name


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in Path(name).name)
