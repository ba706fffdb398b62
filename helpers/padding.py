"""What padding costs: windows at the full length against the same at their own."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from tqdm import tqdm

from helpers.busy import busy_share
from helpers.latency import Latency, paired_ratio
from helpers.rungs import Inputs, Rung
from helpers.trials import accepts, all_or_stopped, engine, in_turn, teller

__all__ = ["cut_to_length", "real_lengths"]


def real_lengths(
    rungs: Mapping[str, Rung],
    inputs: Inputs,
    *,
    samples: int,
    seed: int = 0,
    tell: Callable[[str], object] = tqdm.write,
    into: dict[str, dict[str, Any]] | None = None,
) -> dict[str, dict[str, Any]]:
    """Times windows padded to the full length against the same windows at their real length.

    Both ways, of all rungs, run in the same round on the same window. Before that every window
    runs once at its real length, untimed: some engines compile anew for a length they do not know.

    Args:
        rungs: {slug: rung}.
        inputs: windows, {input name: int64 [windows, full length]}, padded on the right.
        samples: how many windows, drawn without repetition while there are enough.
        seed: seeds the draw and the order.
        tell: takes a line for every rung that is left out, as it takes one length only or fails.
        into: where the entries go; after Ctrl-C they hold the rounds that were finished.

    Returns:
        {slug: {"padded_ms", "real_ms" (medians), "padded_mean_ms", "real_mean_ms" (what short
        windows save shows in these alone where half of the windows are full), "times_faster":
        {"median", "low", "high"} (a 95 % bootstrap interval of paired ratios), "busy" (share of
        the runs on a busy machine, 0 to 1, or None), "mean_real_length" (tokens)}}.

    Raises:
        InputError: `samples` is below 1.
        KeyboardInterrupt: Ctrl-C.
    """
    windows = len(inputs["input_ids"])
    rows = np.resize(np.random.default_rng(seed).permutation(windows), max(samples, 0))
    padded = [{name: array[row : row + 1] for name, array in inputs.items()} for row in rows]
    cut = [cut_to_length(window) for window in padded]
    engines = {}
    for slug, rung in rungs.items():
        if accepts(rung, [*padded[:1], *cut], "real lengths", tell):
            engines[slug, "padded"] = engine(rung, padded)
            engines[slug, "real"] = engine(rung, cut)
    left_out = teller("real lengths", tell)
    times = in_turn(
        engines,
        samples=samples,
        seed=seed,
        failed=lambda engine, error: left_out(rungs[engine[0]].name, error),
    )
    mean = round(float(np.mean([window["input_ids"].shape[1] for window in cut])), 2)
    found = {} if into is None else into
    for slug in rungs:
        if (slug, "padded") in times and (slug, "real") in times:
            against = _against(times[slug, "padded"], times[slug, "real"])
            found[slug] = against | {"mean_real_length": mean}
    all_or_stopped(times, samples)
    return found


def cut_to_length(inputs: Inputs) -> dict[str, np.ndarray]:
    """The same windows without the padding that all of them have at their end.

    Args:
        inputs: {input name: int64 [windows, length]}, padded on the right.

    Returns:
        The same, int64 [windows, tokens of the longest].
    """
    longest = int(inputs["attention_mask"].sum(axis=1).max())
    return {name: array[:, :longest] for name, array in inputs.items()}


def _against(padded: Latency, real: Latency) -> dict[str, Any]:
    """Two ways to run the same windows: their times, and how many times faster the second is."""
    ratio = paired_ratio(padded.samples_ms, real.samples_ms)
    names = ("median", "low", "high")
    return {
        "padded_ms": round(padded.p50, 4),
        "real_ms": round(real.p50, 4),
        "padded_mean_ms": round(padded.mean, 4),
        "real_mean_ms": round(real.mean, 4),
        "times_faster": {name: round(one, 4) for name, one in zip(names, ratio, strict=True)},
        "busy": busy_share([*(padded.busy or [None]), *(real.busy or [None])]),
    }
