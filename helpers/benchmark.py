"""The benchmark: one model on every rung of the ladder, latency and accuracy side by side.

    python -m helpers.benchmark --model embedded --samples 1000

It is a process of its own because a notebook is a poor stopwatch: the kernel's other threads,
its output channel and its display hooks all take part in what a cell times.
"""

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from helpers.comparison import compare
from helpers.environment import cores, hardware
from helpers.errors import reason_of, run_command
from helpers.files import check_writable
from helpers.keeping import Keeper
from helpers.kernels import profiled
from helpers.ladder import choose
from helpers.limits import limit_of, peaks_or_none
from helpers.material import Material, gather
from helpers.records import Result, Skipped, record
from helpers.report import save_charts, text_of
from helpers.requirements import tell_other_versions
from helpers.rungs import Inputs, Rung
from helpers.settings import Settings, arguments_of, read_settings, results_folder
from helpers.steps import Kit, build_all
from helpers.stopping import at_once
from helpers.volume import SWEPT, measure_volume

__all__ = ["main", "run"]


def run(settings: Settings, folder: Path) -> dict[str, Any]:
    """Runs the whole benchmark; writes its record and returns it.

    Args:
        settings: how it runs.
        folder: where the record goes, and the model's files in a folder of their own.

    Raises:
        InputError: something in the settings cannot be used, or none of the rungs can run.
    """
    steps = choose(settings.rungs, settings.device)
    threads = settings.threads or cores()
    torch.set_num_threads(threads)
    with at_once():  # nothing is measured yet
        material = gather(settings, folder / "files")
        check_writable(folder)
        keeper = Keeper(folder)
        machine = hardware()  # now: a GPU on which a rung failed may not answer later
        kit = Kit(material.files, settings.device, threads, settings.seq, material.calibrated_on)
        rungs, skipped = build_all(steps, kit, settings.rungs)
    precisions = tuple(dict.fromkeys(rung.precision for rung in rungs.values()))
    where = {"device": settings.device, "threads": threads}
    peaks = peaks_or_none(precisions, **where) if settings.sweep else None
    about, used = material.about, _used(settings, material, threads)
    order, failed = [step.slug for step in steps], list[Skipped]()

    def told(results: Sequence[Result], interrupted: bool) -> dict[str, Any]:
        return record(
            results,
            model=about,
            settings=used,
            limit=peaks and limit_of(material.config, peaks, length=settings.seq),
            skipped=sorted([*skipped, *failed], key=lambda one: order.index(one.slug)),
            interrupted=interrupted,
            machine=machine,
        )

    results, interrupted = _compared(
        rungs,
        material,
        settings,
        failed,
        lambda so_far: keeper.keep_on_the_way(lambda: told(so_far(), True)),
    )
    found = told(results, interrupted)
    more_to_come = bool(settings.sweep and not interrupted)
    # Whatever happens next, this much is kept; if nothing does, it says of itself that it is short.
    keeper.keep(found | {"interrupted": interrupted or more_to_come})
    if more_to_come:
        if peaks:  # once more: the machine may have been busy before
            peaks = peaks_or_none(precisions, **where, before=peaks)
            found = told(results, interrupted)
        measured = {result.slug for result in results}
        swept = {slug: rungs[slug] for slug in SWEPT if slug in measured}

        def keep(more: Mapping[str, Any]) -> None:
            keeper.keep(found | more | {"interrupted": True})

        more, found["interrupted"] = measure_volume(swept, material, settings, keep)
        keeper.keep(found := found | more)
    if settings.device == "cuda" and results and not found["interrupted"]:
        # Last, as the driver's reports may go on slowing what starts kernels.
        _add_kernels(found, results, material.features.inputs(slice(1)), keeper)
    return found


def main(arguments: Sequence[str] | None = None) -> int | None:
    """The command `python -m helpers.benchmark`.

    Returns:
        130 after Ctrl-C, like any command, 1 where every rung failed while it was measured, else
        None.
    """
    options = arguments_of(arguments, description=__doc__.split("\n")[0])
    folder = results_folder(options.pop("out"))
    settings = read_settings(options)
    tell_other_versions()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=UserWarning)
        found = run(settings, folder)
    print(f"\n{text_of(found)}\n")
    if not found["rungs"]:
        print("no round was finished; the record of an earlier run, where there was one, is kept")
        return 130 if found["interrupted"] else 1
    print(f"record: {folder / 'record.json'}")
    if found["interrupted"]:
        print("stopped early: the record holds what was finished; its charts, when you have time:")
        print(f"python -m helpers.report {folder}")
        return 130
    for chart in save_charts(found, folder):
        print(f"chart:  {chart}")
    return None


def _compared(
    rungs: dict[str, Rung],
    material: Material,
    settings: Settings,
    failed: list[Skipped],
    after_round: Callable[[Callable[[], list[Result]]], object],
) -> tuple[list[Result], bool]:
    """Each rung's result, and whether Ctrl-C came; `failed` takes the others and why."""
    slugs = {rung.name: slug for slug, rung in rungs.items()}

    def fail(name: str, error: Exception) -> None:
        failed.append(Skipped(slugs[name], name, f"failed when it ran: {reason_of(error)}"))

    def with_slugs(results: Sequence[Result]) -> list[Result]:
        return [replace(one, slug=slugs[one.rung.name]) for one in results]

    try:
        results = compare(
            list(rungs.values()),
            material.features.inputs(slice(material.compared)),
            *material.scored,
            samples=settings.samples,
            warmup=settings.warmup,
            seed=settings.seed,
            failed=fail,
            after_round=lambda so_far: after_round(lambda: with_slugs(so_far())),
        )
    except KeyboardInterrupt:
        return [], True
    early = any(len(one.latency.samples_ms) < settings.samples for one in results)
    return with_slugs(results), early


def _add_kernels(
    found: dict[str, Any], results: Sequence[Result], window: Inputs, keeper: Keeper
) -> None:
    """Profiles every rung that was measured; Ctrl-C leaves the record without, and saying so."""
    keeper.keep(found | {"interrupted": True})
    try:
        found["kernels"] = profiled({one.slug: one.rung for one in results}, window)
    except KeyboardInterrupt:
        found["interrupted"] = True
    keeper.keep(found)


def _used(settings: Settings, material: Material, threads: int) -> dict[str, Any]:
    return {
        **asdict(settings),
        "model": material.about["name"],
        **material.asked,
        "threads": threads,
        "batch": 1,
        "omp_wait_policy": os.environ.get("OMP_WAIT_POLICY", "unset"),
        "gomp_spincount": os.environ.get("GOMP_SPINCOUNT", "unset"),
    }


if __name__ == "__main__":
    run_command(main)
