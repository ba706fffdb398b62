"""Numbers gone bad: the check of the answers comes before any time."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import torch
from builders import CASES, copy_folder
from fault import Fault

from helpers import benchmark
from helpers.comparison import compare
from helpers.models import EMBEDDED
from helpers.rungs import Rung
from helpers.settings import read_settings

__all__ = ["FAULTS"]

WINDOWS, LENGTH = 6, 8


def made_up(name: str, spoil: Callable[[np.ndarray], np.ndarray], timed: list[str]) -> Rung:
    """A rung whose logits are the same numbers as any other's, spoilt; it writes its runs down."""

    def run(inputs):
        timed.append(name)
        row = int(inputs["input_ids"][0, 0])
        values = np.random.default_rng(row).normal(size=(2, 1, LENGTH)).astype(np.float32)
        start, end = spoil(values)
        return start, end

    return Rung(name, "PyTorch", "fp32", "cpu", "cpu", run)


def gate(spoil: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], str]:
    """A sound rung and one with spoilt logits: which of them is timed, and why the other is not."""

    def cause(folder: Path) -> str:
        ids = np.arange(WINDOWS)[:, None].repeat(LENGTH, axis=1)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": ids}
        told, runs = {}, []
        rungs = [made_up("sound", lambda values: values, []), made_up("bad", spoil, runs)]
        results = compare(
            rungs, inputs, samples=5, warmup=0, failed=lambda *one: told.update([one])
        )
        timed = [one.rung.name for one in results]
        more = len(runs) - 1 - WINDOWS  # beyond the first and the answers
        return f"timed: {timed}, {more} runs of the other; {told.get('bad', 'nothing told')}"

    return cause


def noise(values: np.ndarray) -> np.ndarray:
    return np.round(values / 6) * 6 + values * 0.01  # two values are left of all


def spoilt_model(spoil: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[Path], str]:
    """`make bench` on a folder whose weights are spoilt."""

    def cause(folder: Path) -> str:
        from safetensors.torch import load_file, save_file

        copy = copy_folder(EMBEDDED, folder / "bert")
        weights = load_file(copy / "model.safetensors")
        spoilt = {name: spoil(tensor).contiguous() for name, tensor in weights.items()}
        save_file(spoilt, copy / "model.safetensors", metadata={"format": "pt"})
        options = {"model": str(copy), "squad": str(CASES), "rungs": "torch-eager,ort-exported"}
        settings = read_settings({**_defaults(), **options, "samples": 2, "sweep": 1})
        found = benchmark.run(settings, folder / "out")
        kept = json.loads((folder / "out" / "record.json").read_text(encoding="utf-8"))
        assert kept == json.loads(json.dumps(found))
        reasons = "; ".join(one["reason"] for one in kept["skipped"])
        times = [kept["rungs"], kept["sweep"], kept["scoring"], kept["lengths"]]
        return f"{sum(map(bool, times))} parts with times; {reasons}"

    return cause


@cache
def _defaults() -> dict:
    from helpers.settings import arguments_of

    options = arguments_of([], description="")
    options.pop("out")
    return options


BAD = "bad numbers"
ONE = r"timed: \['sound'\], 0 runs of the other; bad: "

FAULTS = [
    Fault(BAD, "NaN logits", ONE + ".* not finite", gate(lambda values: values * np.nan), False),
    Fault(
        BAD,
        "one infinite logit",
        ONE + ".* not finite",
        gate(lambda values: np.where(values == values.max(), np.inf, values)),
        False,
    ),
    Fault(BAD, "logits all zero", ONE + "every start logit", gate(np.zeros_like), False),
    Fault(
        BAD,
        "logits of another window",
        ONE + "its start logits are .* off the reference's",
        gate(lambda values: values[..., ::-1].copy()),
        False,
    ),
    Fault(
        BAD,
        "int8 that has collapsed to a few values",
        ONE + "its start logits are .* off",
        gate(noise),
        False,
    ),
    Fault(
        BAD,
        "a model folder with a NaN in every weight",
        "0 parts with times; .*not finite",
        spoilt_model(lambda weights: weights * torch.nan),
    ),
    Fault(
        BAD,
        "a model folder of all-zero weights",
        "0 parts with times; .*every start logit",
        spoilt_model(torch.zeros_like),
    ),
]
