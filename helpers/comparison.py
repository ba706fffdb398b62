"""Several rungs on the same windows: what each answers, and how long each takes."""

import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr
from typing import Any

import numpy as np
from tqdm import tqdm

from helpers.errors import Failed, InputError
from helpers.latency import Latency, first_runs, measure
from helpers.records import Agreement, Result, record
from helpers.rungs import Inputs, Rung, all_logits
from helpers.soundness import check_same, sound_logits
from helpers.squad import Example, Features, answers, score

__all__ = ["agreement", "apart", "compare", "race"]


def agreement(
    logits: tuple[np.ndarray, np.ndarray],
    reference: tuple[np.ndarray, np.ndarray],
    examples: Sequence[Example] = (),
    features: Features | None = None,
    *,
    real: np.ndarray | None = None,
) -> Agreement:
    """Compares a rung's logits with the reference's, on real tokens, and scores its answers.

    Args:
        logits: (start, end), float [windows, length] each.
        reference: the same windows' logits from the first rung.
        examples: the questions; empty when the weights are random and answers mean nothing.
        features: their windows; needed with `examples`.
        real: where a window holds tokens and no padding, bool [windows, length]; what engines give
            for padding does not count. None: as the features say; without features, everywhere.
    """
    if real is None:
        real = np.ones(logits[0].shape, bool) if features is None else features.attention_mask == 1
    off = [np.abs(ours - theirs)[real] for ours, theirs in zip(logits, reference, strict=True)]
    worst = max(float(part.max()) for part in off)
    mean = float(np.mean([part.mean() for part in off]))
    if not examples or features is None:
        return Agreement(worst, mean, len(logits[0]))
    given, expected = (answers(examples, features, *pair) for pair in (logits, reference))
    same = float(np.mean([given[name] == expected[name] for name in expected]))
    return Agreement(worst, mean, len(logits[0]), same, **score(examples, given))


def apart(rung: Rung, reference: Rung, inputs: Inputs) -> float:
    """The largest difference of a logit between two rungs, on real tokens; padding is left out.

    Args:
        rung: what is asked.
        reference: what it is compared with.
        inputs: the windows, {input name: int64 [windows, length]}; both run them one by one.
    """
    pairs = zip(all_logits(rung, inputs), all_logits(reference, inputs), strict=True)
    real = inputs["attention_mask"] == 1
    return max(float(np.abs(ours - theirs)[real].max()) for ours, theirs in pairs)


def compare(
    rungs: Sequence[Rung],
    inputs: Inputs,
    examples: Sequence[Example] = (),
    features: Features | None = None,
    *,
    samples: int,
    warmup: int = 10,
    seed: int = 0,
    failed: Failed | None = None,
    after_round: Callable[[Callable[[], list[Result]]], object] | None = None,
) -> list[Result]:
    """Runs every rung on every window for its answers, then times all of them interleaved.

    Each rung's first run, which pays for allocation and code generation, is timed before all that.
    What the timed runs give is held against the answers: a rung that is fast because it computed
    something else fails.

    Args:
        rungs: what to compare; the first one is the reference.
        inputs: the windows, {input name: int64 [windows, length]}.
        samples: timed runs of each rung.
        warmup: runs of each rung that are thrown away.
        seed: seeds the order of the runs.
        examples: the questions, for the scores; empty for none.
        features: their windows.
        failed: told the name of a rung that raises, in whichever run, or whose logits are not
            finite, all alike or far from the reference's, and what it raised. The others go on
            without it. None: it is raised.
        after_round: called after every round of timing with a function that gives the results so
            far.

    Returns:
        A result a rung, in the rungs' order, without those that failed: the first that did not
        is the reference. After Ctrl-C in mid-timing they hold the rounds that
        were finished, so fewer than `samples`.

    Raises:
        KeyboardInterrupt: Ctrl-C before the first round of timing was finished.
        InputError: two rungs have the same name, so that their times could not be told apart, or
            a rung's logits are not finite, all alike or far from the reference's.
    """
    names = [rung.name for rung in rungs]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{name}: stands for two rungs; give each a name of its own")
    windows = len(inputs["input_ids"])

    def window(number: int) -> Inputs:
        row = number % windows
        return {name: array[row : row + 1] for name, array in inputs.items()}

    engines = {rung.name: lambda i, rung=rung: rung.run(window(i)) for rung in rungs}
    on_device = {
        rung.name: lambda i, rung=rung: rung.device_run_ms(window(i))
        for rung in rungs
        if rung.device_run_ms
    }
    first = first_runs(engines, failed=failed)
    bar = {"ncols": 80, "leave": False}
    with tqdm(total=windows * len(first), desc="answers", **bar) as progress:
        asked = [rung for rung in rungs if rung.name in first]
        logits = sound_logits(asked, inputs, progress.update, failed)
    agreements, real = {}, inputs["attention_mask"] == 1
    for name, pair in logits.items():
        reference = next(iter(logits.values()))
        agreements[name] = agreement(pair, reference, examples, features, real=real)
    engines = {name: engines[name] for name in logits}

    def results(times: Mapping[str, Latency]) -> list[Result]:
        known = [rung for rung in rungs if rung.name in times]
        return [Result(rung, times[rung.name], agreements[rung.name]) for rung in known]

    runs = len(engines) * (samples + warmup)
    with tqdm(total=runs, desc="latency", **bar) as progress:
        times = measure(
            engines,
            samples=samples,
            warmup=warmup,
            seed=seed,
            first_run_ms=first,
            device=on_device,
            check=lambda name, number, given: check_same(
                name, number % windows, given, logits[name]
            ),
            keep_what_is_there=True,
            after_round=after_round and (lambda times: after_round(lambda: results(times()))),
            progress=progress.update,
            failed=failed,
        )
    return results(times)


def race(
    rungs: Sequence[Rung],
    inputs: Inputs,
    examples: Sequence[Example] = (),
    features: Features | None = None,
    *,
    samples: int,
    threads: int,
    device: str = "cpu",
    model: str = "embedded",
    limit: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """`compare` for a chapter: without progress bars, and as a record to be drawn.

    Args:
        rungs: what to compare, one window at a time; the first one is the reference.
        inputs: the windows, {input name: int64 [windows, length]}.
        examples: the questions, for the scores; empty for none.
        features: their windows, which `inputs` then are, all of them.
        samples: timed runs of each rung.
        threads: how many the rungs were given, for the record.
        device: what they run on, for the record.
        model: which model it is, for the record; its weights are trained.
        limit: what the machine reaches, as `helpers.limits.limit_of` gives it.

    Returns:
        A record, as `helpers.records.record` gives it. After Ctrl-C it holds what was finished.

    Raises:
        InputError: as `compare`.
    """
    with redirect_stderr(io.StringIO()):
        results = compare(rungs, inputs, examples, features, samples=samples)
    length = inputs["input_ids"].shape[1]
    return record(
        results,
        model={"name": model, "trained": True},
        settings={"device": device, "batch": 1, "seq": length, "threads": threads},
        limit=limit,
        interrupted=any(len(one.latency.samples_ms) < samples for one in results),
    )
