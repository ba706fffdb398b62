"""How a benchmark runs, checked before anything is loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from helpers.downloads import squad_dev
from helpers.errors import InputError
from helpers.files import PROJECT, expanded
from helpers.options import Parser, settings_from

__all__ = [
    "SQUAD_MINI",
    "Settings",
    "arguments_of",
    "read_settings",
    "results_folder",
    "squad_path",
]

SQUAD_MINI = PROJECT / "data" / "squad-mini-v1.1.json"
"""The questions that the project ships."""

_THREADS = 1024  # more exhaust what a process may start


@dataclass(frozen=True)
class Settings:
    """How a benchmark runs.

    Attributes:
        model: a name that `helpers.models.load` takes.
        squad: `mini`, `dev`, or the path of a SQuAD v1.1 file.
        samples: timed runs of each engine.
        device: `cpu` or `cuda`.
        seq: tokens of a window, padding included (the article's max_seq_length).
        stride: tokens by which windows advance at most (the article's doc_stride).
        questions: how many questions are used, from the file's first on; 0: all.
        rungs: which rungs: `all`, `quick`, or their short names with commas between.
        sweep: 1 measures the machine's limits, batch, length and whole-file scoring too; 0 does
            not.
        threads: threads inside one operator, the same for every engine; 0: one for each logical
            processor that the process may use.
        warmup: runs of each engine that are thrown away.
        seed: seeds the order of the runs.
    """

    model: str = "embedded"
    squad: str = "mini"
    samples: int = 1000
    device: str = "cpu"
    seq: int = 128
    stride: int = 128
    questions: int = 0
    rungs: str = "all"
    sweep: int = 1
    threads: int = 0
    warmup: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        least = {"samples": 1, "seq": 1, "stride": 1, "questions": 0, "threads": 0}
        least |= {"warmup": 0, "seed": 0}
        for name, bound in least.items():
            value = getattr(self, name)
            if value < bound:
                raise InputError(f"{name.upper()}={value}: must be at least {bound}")
        if self.threads > _THREADS:
            raise InputError(
                f"THREADS={self.threads}: more than {_THREADS}; 0 takes all processors"
            )
        if self.sweep not in (0, 1):
            raise InputError(f"SWEEP={self.sweep}: must be 0 or 1")
        if self.device not in ("cpu", "cuda"):
            raise InputError(f"DEVICE={self.device}: unknown; use cpu or cuda")
        if self.device == "cuda" and not torch.cuda.is_available():
            raise InputError(
                "DEVICE=cuda: this machine has no CUDA device that PyTorch can use; use DEVICE=cpu"
            )


_HELP = {
    "model": "embedded, bert-large, bert-large-random, a folder, or a hub name",
    "squad": "mini, dev, or the path of a SQuAD v1.1 file",
    "samples": "timed runs of each rung",
    "device": "cpu or cuda",
    "seq": "tokens of a window",
    "stride": "tokens by which windows advance at most",
    "questions": "how many questions of the file are used, the first ones; 0: all",
    "rungs": "all, quick, or short names with commas between",
    "sweep": "1: measure limits, batch, length and whole-file scoring too; 0: do not",
    "threads": "threads inside one operator; 0: one for each logical processor",
    "warmup": "runs of each rung that are thrown away",
    "seed": "seeds the order of the runs",
}


def arguments_of(given: Sequence[str] | None, *, description: str) -> dict[str, str]:
    """Reads a command line: an option for every setting, and `--out` for the folder of results.

    Args:
        given: the arguments; None takes the process's own.
        description: what `--help` says first.

    Raises:
        InputError: there is no such option.
    """
    parser = Parser("helpers.benchmark", prog="make bench", description=description)
    for name, text in _HELP.items():
        default = Settings.__dataclass_fields__[name].default
        parser.add_argument(f"--{name}", default=str(default), help=text)
    parser.add_argument("--out", default="", help="folder of results; build/bench")
    return vars(parser.parse_args(given))


def read_settings(given: Mapping[str, str]) -> Settings:
    """Settings from text, as a command line gives them.

    Args:
        given: {name of an attribute of Settings: its value as text}.

    Raises:
        InputError: a value is no whole number where one is needed, or cannot be used.
    """
    return settings_from(Settings, given)


def results_folder(out: str) -> Path:
    """The folder that an OUT= setting names; where it is empty, `build/bench` of the project.

    Raises:
        InputError: it names a home folder that does not exist.
    """
    return expanded(out) if out.strip() else PROJECT / "build" / "bench"


def squad_path(name: str) -> Path:
    """The file that a SQUAD= setting names: `mini`, `dev` or a path."""
    known = {"mini": lambda: SQUAD_MINI, "dev": squad_dev}
    return known[name]() if name in known else expanded(name)
