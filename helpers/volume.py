"""More than one window at a time: real lengths, batches, whole files."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

from tqdm import tqdm

from helpers.errors import reason_of
from helpers.material import Material
from helpers.padding import real_lengths
from helpers.rungs import Rung
from helpers.scoring import WAYS, score_file
from helpers.settings import Settings
from helpers.squad import Features, featurize
from helpers.sweep import sweep

__all__ = ["SWEPT", "measure_volume"]

SWEPT = (
    "torch-eager", "ort-fused", "ort-int8-dynamic", "ort-int8-norms-apart",
    "torch-fp16", "ort-fp16",
)  # fmt: skip
"""The rungs that take any batch and length, and are measured so where they were asked for."""

_BATCHES = (1, 2, 4, 8, 16, 32)
_LENGTHS = (32, 64, 128, 256, 384, 512)  # as far as the model has positions
_SAMPLES = 5  # of each point of the sweep
_BUDGET_MS = 3000.0  # the longest that all runs of a rung at one point may take
_SCORED_LENGTH, _STRIDE = 384, 128  # the usual windows for the scores of SQuAD
_REPEATS = 3  # of each way to score a file, at most; the median counts
_SCORING_S = 60.0  # a rung's ways are not timed again where that would take longer
_WINDOWS = 200  # that real lengths are measured on, at most


def measure_volume(
    rungs: Mapping[str, Rung],
    material: Material,
    settings: Settings,
    keep: Callable[[dict[str, Any]], object] = lambda found: None,
) -> tuple[dict[str, Any], bool]:
    """Measures what batches and real lengths are worth.

    A rung that fails costs the part, the point or the file that it fails in; that is told.

    Args:
        rungs: {slug: rung}, those of `SWEPT` that were built.
        material: model, questions and windows.
        settings: how the benchmark runs.
        keep: takes what there is after every part.

    Returns:
        What a record's `lengths`, `sweep` and `scoring` hold, as far as it came, and whether
        Ctrl-C ended it. Files are scored only by a trained model.
    """
    samples = min(settings.samples, _WINDOWS)
    found: dict[str, Any] = {"lengths": {}, "sweep": []}
    parts: list[Callable[[], object]] = [
        lambda: real_lengths(
            rungs,
            material.features.inputs(),
            samples=samples,
            seed=settings.seed,
            into=found["lengths"],
        ),
        lambda: _swept(rungs, material, settings, found["sweep"], lambda: keep(found)),
    ]
    if material.answerer.trained:
        found["scoring"] = []
        parts.append(
            lambda: _scored(rungs, material, settings, found["scoring"], lambda: keep(found))
        )
    try:
        for measured in parts:
            try:
                measured()
            except Exception as error:  # of no one rung, such as memory that is used up
                tqdm.write(f"stopped a part of the sweep: {reason_of(error)}")
            keep(found)
    except KeyboardInterrupt:
        return found, True
    return found, False


def _swept(
    rungs: Mapping[str, Rung],
    material: Material,
    settings: Settings,
    into: list[dict[str, Any]],
    kept: Callable[[], object],
) -> None:
    """Sweeps over windows of its own, as long as the model allows, whatever SEQ is."""
    lengths = [length for length in _LENGTHS if length <= material.answerer.max_positions]
    sweep(
        rungs,
        _windows(material, max(lengths, default=settings.seq), _STRIDE).inputs(),
        batches=_BATCHES,
        lengths=lengths,
        samples=min(settings.samples, _SAMPLES),
        budget_ms=_BUDGET_MS,
        seed=settings.seed,
        into=into,
        kept=kept,
    )


def _scored(
    rungs: Mapping[str, Rung],
    material: Material,
    settings: Settings,
    into: list[dict[str, Any]],
    kept: Callable[[], object],
) -> None:
    """Scores the file in windows as long as files are usually scored in, and as the ladder's."""
    usual = min(_SCORED_LENGTH, material.answerer.max_positions)
    strides = {usual: min(_STRIDE, usual), settings.seq: settings.stride}
    cut = {n: _windows(material, n, strides[n]) for n in sorted(strides, reverse=True)}
    total = len(cut) * len(rungs) * len(WAYS) * _REPEATS
    with tqdm(total=total, desc="scoring", ncols=80, leave=False) as bar:
        for (length, features), (slug, rung) in product(cut.items(), rungs.items()):
            try:
                entries = score_file(
                    rung,
                    features,
                    material.examples,
                    slug=slug,
                    repeats=_REPEATS,
                    budget_s=_SCORING_S,
                    progress=bar.update,
                )
            except Exception as error:  # memory, or a device that no longer answers
                tqdm.write(f"left out: {rung.name}, scoring: {reason_of(error)}")
                continue
            shape = {"length": length, "stride": strides[length], "windows": len(features)}
            into += [{**entry, **shape} for entry in entries]
            kept()


def _windows(material: Material, length: int, stride: int) -> Features:
    return featurize(
        material.examples,
        material.answerer.tokenizer,
        max_seq_length=length,
        doc_stride=min(stride, length),
    )
