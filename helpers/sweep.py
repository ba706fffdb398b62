"""How latency and throughput change with batch and length."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from tqdm import tqdm

from helpers.busy import busy_share
from helpers.errors import InputError
from helpers.latency import Latency, first_runs
from helpers.rungs import Inputs, Rung
from helpers.trials import accepts, all_or_stopped, engine, in_turn, teller

__all__ = ["sweep"]


def sweep(
    rungs: Mapping[str, Rung],
    inputs: Inputs,
    *,
    batches: Sequence[int],
    lengths: Sequence[int],
    samples: int,
    budget_ms: float,
    seed: int = 0,
    tell: Callable[[str], object] = tqdm.write,
    into: list[dict[str, Any]] | None = None,
    kept: Callable[[], object] = lambda: None,
) -> list[dict[str, Any]]:
    """Times every rung at every batch and length, all of them in turn.

    First each rung runs at each point, in the order of its tokens (batch times length): once to see
    whether it takes the shape, once to see how long it takes, which tells what the next point will
    take. Then all rungs at all points are timed once a round, in an order drawn anew, so that a
    slow minute costs every point one sample and not one point all of its own.

    Args:
        rungs: {slug: rung}.
        inputs: windows, {input name: int64 [windows, full length]}, padded on the right. The
            longest ones are used, so that as few tokens as may be are padding.
        batches: windows in one run.
        lengths: tokens of a window, each at most the full length.
        samples: timed runs of a rung at a point.
        budget_ms: a point whose runs would take a rung longer than this, all together, is left
            out for that rung, in milliseconds.
        seed: seeds the order of the runs.
        tell: takes a line for every point that is left out.
        into: where the entries go, anew after each round, so that Ctrl-C leaves what was measured.
        kept: called when they lie there.

    Returns:
        [{"slug", "batch", "length", "p50_ms", "windows_per_s", "busy" (share of the runs on a busy
        machine, 0 to 1, or None)}], without what was left out.

    Raises:
        InputError: a batch is below 1, or a length below 1 or above the full length.
        KeyboardInterrupt: Ctrl-C.
    """
    _check(batches, lengths, len(inputs["input_ids"][0]))
    entries: list[dict[str, Any]] = [] if into is None else into
    ms_a_token: dict[str, float] = {}
    runs = samples + 2
    engines = {}
    points = sorted(product(batches, lengths), key=lambda point: point[0] * point[1])
    for batch, length in tqdm(points, desc="sweep, first runs", ncols=80, leave=False):
        feeds = _feeds(inputs, batch, length, samples)
        for slug, rung in rungs.items():
            expected = ms_a_token.get(slug, 0.0) * batch * length * runs
            what = f"{rung.name}, {_where(batch, length)}: its {runs} runs"
            if _within(expected, budget_ms, what, tell) and accepts(
                rung, feeds[:1], _where(batch, length), tell
            ):
                run = engine(rung, feeds)
                engines[slug, batch, length] = run
                ms_a_token[slug] = first_runs({slug: run})[slug] / (batch * length)

    def after_round(so_far: Callable[[], Mapping[tuple[str, int, int], Latency]]) -> None:
        entries[:] = [_entry(*point, latency) for point, latency in so_far().items()]
        kept()

    def left_out(point: tuple[str, int, int], error: Exception) -> None:
        teller(_where(*point[1:]), tell)(rungs[point[0]].name, error)

    with tqdm(total=len(engines) * samples, desc="sweep", ncols=80, leave=False) as bar:
        times = in_turn(
            engines,
            samples=samples,
            seed=seed,
            after_round=after_round,
            progress=bar.update,
            failed=left_out,
        )
    all_or_stopped(times, samples)
    return entries


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


def _where(batch: int, length: int) -> str:
    return f"batch {batch} at {length} tokens"


def _entry(slug: str, batch: int, length: int, latency: Latency) -> dict[str, Any]:
    return {
        "slug": slug,
        "batch": batch,
        "length": length,
        "p50_ms": round(latency.p50, 4),
        "windows_per_s": round(1000 * batch / latency.p50, 2),
        "busy": busy_share(latency.busy),
    }
