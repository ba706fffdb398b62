"""How latency and throughput change with batch and length, and what padding costs."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from tqdm import tqdm

from helpers.errors import InputError
from helpers.latency import Latency, measure, paired_ratio
from helpers.rungs import Inputs, Rung
from helpers.trials import accepts, engine, teller

__all__ = ["cut_to_length", "real_lengths", "sweep"]


def sweep(
    rungs: Mapping[str, Rung],
    inputs: Inputs,
    *,
    batches: Sequence[int],
    lengths: Sequence[int],
    samples: int,
    budget_ms: float,
    warmup: int = 1,
    seed: int = 0,
    tell: Callable[[str], object] = tqdm.write,
    into: list[dict[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """Times every rung at every batch and length, the rungs of one point interleaved.

    Points are taken in the order of their tokens, batch times length. What a point will take is
    estimated from the rung's point before it, at the same time a token.

    Args:
        rungs: {slug: rung}.
        inputs: windows, {input name: int64 [windows, full length]}, padded on the right. The
            longest ones are used, so that as few tokens as may be are padding.
        batches: windows in one run.
        lengths: tokens of a window, each at most the full length.
        samples: timed runs of a rung at a point.
        budget_ms: a point whose runs would take a rung longer than this, all together, is left
            out for that rung, in milliseconds.
        warmup: runs before them that are thrown away, besides a first one.
        seed: seeds the order of the runs.
        tell: takes a line for every point that is left out.
        into: where the entries go, point by point, so that Ctrl-C leaves those that were measured.

    Returns:
        [{"slug", "batch", "length", "p50_ms", "windows_per_s"}], without what was left out.

    Raises:
        InputError: a batch is below 1, or a length below 1 or above the full length.
    """
    _check(batches, lengths, len(inputs["input_ids"][0]))
    entries: list[dict[str, Any]] = [] if into is None else into
    ms_a_token: dict[str, float] = {}
    runs = samples + warmup + 1
    points = sorted(product(batches, lengths), key=lambda point: point[0] * point[1])
    for batch, length in tqdm(points, desc="sweep", ncols=80, leave=False):
        where = f"batch {batch} at {length} tokens"
        expected = {slug: ms_a_token.get(slug, 0.0) * batch * length * runs for slug in rungs}
        feeds = _feeds(inputs, batch, length, samples)
        engines = {
            slug: engine(rung, feeds)
            for slug, rung in rungs.items()
            if _within(expected[slug], budget_ms, f"{rung.name}, {where}: its {runs} runs", tell)
            and accepts(rung, feeds[:1], where, tell)
        }
        no_first = dict.fromkeys(engines, 0.0)
        how = {"samples": samples, "warmup": warmup, "seed": seed, "failed": teller(where, tell)}
        times = measure(engines, first_run_ms=no_first, **how)
        ms_a_token |= {slug: latency.p50 / (batch * length) for slug, latency in times.items()}
        entries += [_entry(slug, batch, length, latency.p50) for slug, latency in times.items()]
    return entries


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
        {slug: {"padded_ms", "real_ms" (medians), "times_faster": {"median", "low", "high"} (a
        95 % bootstrap interval of paired ratios), "mean_real_length" (tokens)}}.

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
    times = measure(
        engines,
        samples=samples,
        warmup=0,
        seed=seed,
        first_run_ms=dict.fromkeys(engines, 0.0),
        keep_what_is_there=True,
        failed=lambda engine, error: left_out(rungs[engine[0]].name, error),
    )
    mean = round(float(np.mean([window["input_ids"].shape[1] for window in cut])), 2)
    found = {} if into is None else into
    for slug in rungs:
        if (slug, "padded") in times and (slug, "real") in times:
            against = _against(times[slug, "padded"], times[slug, "real"])
            found[slug] = against | {"mean_real_length": mean}
    if any(len(latency.samples_ms) < samples for latency in times.values()):
        raise KeyboardInterrupt
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


def _check(batches: Sequence[int], lengths: Sequence[int], full: int) -> None:
    for batch in batches:
        if batch < 1:
            raise InputError(f"batch {batch}: must be at least 1")
    for length in lengths:
        if not 1 <= length <= full:
            raise InputError(f"length {length}: the windows have {full} tokens; use 1 to {full}")


def _feeds(inputs: Inputs, batch: int, length: int, samples: int) -> list[dict[str, np.ndarray]]:
    """Batches of the longest windows, a different one for each sample while there are enough."""
    real = inputs["attention_mask"].sum(axis=1)
    full = int((real >= length).sum())
    pool = np.argsort(-real, kind="stable")[: max(full, batch)]
    picks = np.resize(pool, (samples, batch))
    return [{name: array[rows, :length] for name, array in inputs.items()} for rows in picks]


def _within(expected_ms: float, budget_ms: float, what: str, tell: Callable[[str], object]) -> bool:
    """Whether runs that are expected to take `expected_ms` may be made; if not, it is told."""
    if expected_ms > budget_ms:
        budget = f"more than {budget_ms / 1000:.1f} s"
        tell(f"left out: {what} would take {expected_ms / 1000:.1f} s, {budget}")
    return expected_ms <= budget_ms


def _entry(slug: str, batch: int, length: int, p50_ms: float) -> dict[str, Any]:
    return {
        "slug": slug,
        "batch": batch,
        "length": length,
        "p50_ms": round(p50_ms, 4),
        "windows_per_s": round(1000 * batch / p50_ms, 2),
    }


def _against(padded: Latency, real: Latency) -> dict[str, Any]:
    """Two ways to run the same windows: medians in ms, and how many times faster the second is."""
    ratio = paired_ratio(padded.samples_ms, real.samples_ms)
    names = ("median", "low", "high")
    return {
        "padded_ms": round(padded.p50, 4),
        "real_ms": round(real.p50, 4),
        "times_faster": {name: round(one, 4) for name, one in zip(names, ratio, strict=True)},
    }
