"""More than one window at a time: real lengths, batches, whole files."""

from collections.abc import Callable, Mapping
from typing import Any

from helpers.material import Material
from helpers.rungs import Rung
from helpers.scoring import score_file
from helpers.settings import Settings
from helpers.squad import featurize
from helpers.sweep import real_lengths, sweep

__all__ = ["SWEPT", "measure_volume"]

SWEPT = ("torch-eager", "ort-fused", "ort-int8-dynamic", "torch-fp16", "ort-fp16")
"""The rungs that take any batch and length, and are measured so where they were asked for."""

_BATCHES = (1, 2, 4, 8, 16, 32)
_LENGTHS = (32, 64, 128, 256, 384)
_SAMPLES = 5  # of each point of the sweep
_BUDGET_MS = 8000.0  # the longest that all runs of a rung at one point may take
_SCORED_LENGTH, _SCORED_STRIDE = 384, 128  # the usual windows for the scores of SQuAD
_FEW_WINDOWS = 2000  # up to as many, whole files are scored three times, and the median counts
_WINDOWS = 200  # that real lengths are measured on, at most


def measure_volume(
    rungs: Mapping[str, Rung], material: Material, settings: Settings
) -> tuple[dict[str, Any], bool]:
    """Measures what batches and real lengths are worth.

    Args:
        rungs: {slug: rung}, those of `SWEPT` that were built.
        material: model, questions and windows.
        settings: how the benchmark runs.

    Returns:
        What a record's `lengths`, `sweep` and `scoring` hold, as far as it came, and whether
        Ctrl-C ended it. Files are scored only by a trained model.
    """
    inputs = material.features.inputs()
    samples = min(settings.samples, _WINDOWS)
    lengths = [length for length in _LENGTHS if length <= settings.seq]
    parts: dict[str, Callable[[], Any]] = {
        "lengths": lambda: real_lengths(rungs, inputs, samples=samples, seed=settings.seed),
        "sweep": lambda: sweep(
            rungs,
            inputs,
            batches=_BATCHES,
            lengths=lengths,
            samples=min(settings.samples, _SAMPLES),
            budget_ms=_BUDGET_MS,
            seed=settings.seed,
        ),
    }
    if material.answerer.trained:
        parts["scoring"] = lambda: _scored(rungs, material)
    found: dict[str, Any] = {}
    try:
        for name, measured in parts.items():
            found[name] = measured()
    except KeyboardInterrupt:
        return found, True
    return found, False


def _scored(rungs: Mapping[str, Rung], material: Material) -> list[dict[str, Any]]:
    """Scores the file in windows as long as whole files are scored in, not as one is timed in."""
    answerer, examples = material.answerer, material.examples
    length = min(_SCORED_LENGTH, answerer.max_positions)
    features = featurize(
        examples, answerer.tokenizer, max_seq_length=length, doc_stride=_SCORED_STRIDE
    )
    repeats = 3 if len(features) <= _FEW_WINDOWS else 1
    return [
        {**entry, "length": length, "stride": _SCORED_STRIDE, "windows": len(features)}
        for slug, rung in rungs.items()
        for entry in score_file(rung, features, examples, slug=slug, repeats=repeats)
    ]
