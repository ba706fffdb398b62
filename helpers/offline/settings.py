"""How a run is made, checked before anything is loaded."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from helpers.environment import cores
from helpers.errors import InputError
from helpers.files import PROJECT, expanded
from helpers.options import Parser, settings_from
from helpers.settings import squad_path

__all__ = ["Settings", "read_arguments"]

_CHOICES = {"device": ("cpu", "cuda"), "precision": ("fp32", "int8")}


@dataclass(frozen=True)
class Settings:
    """How a run is made.

    Attributes:
        squad: `mini`, `dev`, `sized` (made when missing), a SQuAD v1.1 file, or a folder of shards.
        model: a name that `helpers.models.load` takes.
        device: `cpu` or `cuda`.
        precision: `fp32` or `int8`.
        workers: how many sessions, each in a process; 0: as many as `threads` leave cores for.
        threads: threads inside one operator, of each session.
        seq: tokens of a window, at most.
        stride: tokens by which windows advance, at most.
        chunk: questions that are answered, and lost by a kill, together.
        out: where results go.
    """

    squad: str = "mini"
    model: str = "embedded"
    device: str = "cpu"
    precision: str = "fp32"
    workers: int = 0
    threads: int = 1
    seq: int = 384
    stride: int = 128
    chunk: int = 256
    out: str = str(PROJECT / "build" / "score" / "mini")

    def __post_init__(self) -> None:
        least = {"workers": 0, "threads": 1, "seq": 1, "stride": 1, "chunk": 1}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                value = getattr(self, name)
                raise InputError(f"{name.upper()}={value}: must be at least {bound}")
        for name, known in _CHOICES.items():
            if getattr(self, name) not in known:
                value = getattr(self, name)
                raise InputError(f"{name.upper()}={value}: unknown; use {' or '.join(known)}")
        if self.device == "cuda" and self.precision == "int8":
            raise InputError("PRECISION=int8: its files are for a CPU; use DEVICE=cpu, or fp32")

    @property
    def at_work(self) -> int:
        """How many workers there are."""
        return self.workers or max(1, cores() // self.threads)

    @property
    def folder(self) -> Path:
        """Where results go."""
        return Path(os.path.realpath(expanded(self.out)))  # also where links go round

    def questions(self) -> Path:
        """The file or folder that is answered; `sized` is made when it is missing."""
        if self.squad != "sized":
            return Path(os.path.realpath(squad_path(self.squad)))
        from helpers.training.exam import sized_file

        return sized_file(PROJECT / "build")


_HELP = {
    "squad": "mini, dev, sized (10,570 questions, made when missing), a SQuAD v1.1 file, or a "
    "folder of shards: such files, or Parquet",
    "model": "embedded, bert-large, a folder, or a hub name",
    "device": "cpu or cuda",
    "precision": "fp32 or int8",
    "workers": "sessions, each in a process of its own; 0: as many as there are cores for",
    "threads": "threads inside one operator, of each session",
    "seq": "tokens of a window, at most",
    "stride": "tokens by which windows advance, at most",
    "chunk": "questions answered together",
    "out": "folder of results",
}


def read_arguments(given: Sequence[str] | None, *, description: str) -> Settings:
    """Settings from a command line, an option for each; the folder is named after the questions.

    Args:
        given: the arguments; None takes the process's own.
        description: what `--help` says first.

    Raises:
        InputError: there is no such option, or a value cannot be used.
    """
    parser = Parser("helpers.offline", prog="make score", description=description)
    for name, value in asdict(Settings()).items():
        parser.add_argument(f"--{name}", default=str(value), help=_HELP[name])
    read: dict[str, str] = vars(parser.parse_args(given))
    if read["out"] in ("", Settings.out):
        stem = f"{Path(read['squad']).stem}-{Path(read['model']).name}-{read['precision']}"
        read["out"] = str(PROJECT / "build" / "score" / stem)
    return settings_from(Settings, read)
