"""The benchmark: one model on every rung of the ladder, latency and accuracy side by side.

    python -m helpers.benchmark --model embedded --samples 1000

It is a process of its own because a notebook is a poor stopwatch: the kernel's other threads,
its output channel and its display hooks all take part in what a cell times.
"""

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from helpers.comparison import compare
from helpers.environment import cores, hardware
from helpers.errors import InputError, reason_of, run_command
from helpers.files import check_writable, write_json
from helpers.kernels import profiled
from helpers.ladder import choose
from helpers.limits import limit_of
from helpers.material import Material, gather
from helpers.peaks import measure_peaks
from helpers.records import Result, Skipped, record
from helpers.report import remove_results, save_charts, text_of
from helpers.requirements import tell_other_versions
from helpers.rungs import Inputs, Rung
from helpers.settings import Settings, arguments_of, read_settings
from helpers.steps import Kit, Step, build
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
        remove_results(folder)  # what an earlier run left would look like this one's
        machine = hardware()  # now: a GPU on which a rung failed may not answer later
        kit = Kit(material.files, settings.device, threads, settings.seq, material.calibrated_on)
        rungs, skipped = _built(steps, kit, settings.rungs)
    limit = _limit(rungs, material, settings, threads) if settings.sweep else None
    results, failed, interrupted = _compared(rungs, material, settings)
    order = [step.slug for step in steps]
    found = record(
        results,
        model=material.about,
        settings=_used(settings, material, threads),
        limit=limit,
        skipped=sorted([*skipped, *failed], key=lambda one: order.index(one.slug)),
        interrupted=interrupted,
        machine=machine,
    )
    more_to_come = bool(settings.sweep and not interrupted)
    # Whatever happens next, this much is kept; if nothing does, it says of itself that it is short.
    write_json(folder / "record.json", found | {"interrupted": interrupted or more_to_come})
    if more_to_come:
        measured = {result.slug for result in results}
        swept = {slug: rungs[slug] for slug in SWEPT if slug in measured}

        def keep(more: Mapping[str, Any]) -> None:
            write_json(folder / "record.json", found | more | {"interrupted": True})

        more, found["interrupted"] = measure_volume(swept, material, settings, keep)
        found |= more
        write_json(folder / "record.json", found)
    if settings.device == "cuda" and results and not found["interrupted"]:
        # Last, as the driver's reports may go on slowing what starts kernels.
        _add_kernels(found, results, material.features.inputs(slice(1)), folder / "record.json")
    return found


def main(arguments: Sequence[str] | None = None) -> int | None:
    """The command `python -m helpers.benchmark`.

    Returns:
        130 after Ctrl-C, like any command, 1 where every rung failed while it was measured, else
        None.
    """
    options = arguments_of(arguments, description=__doc__.split("\n")[0])
    folder = Path(options.pop("out"))
    settings = read_settings(options)
    tell_other_versions()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=UserWarning)
        found = run(settings, folder)
    print(f"\n{text_of(found)}\n\nrecord: {folder / 'record.json'}")
    if found["interrupted"]:
        print("stopped early: the record holds what was finished; its charts, when you have time:")
        print(f"python -m helpers.report {folder}")
        return 130
    for chart in save_charts(found, folder):
        print(f"chart:  {chart}")
    return None if found["rungs"] else 1


def _built(steps: Sequence[Step], kit: Kit, asked: str) -> tuple[dict[str, Rung], list[Skipped]]:
    rungs: dict[str, Rung] = {}
    skipped: list[Skipped] = []
    with tqdm(total=len(steps), desc="building", ncols=80, leave=False, disable=None) as bar:
        for step, made in build(steps, kit):
            if isinstance(made, Skipped):
                skipped.append(made)
            else:
                rungs[step.slug] = made
            bar.update()
    if not rungs:
        reasons = "; ".join(f"{one.slug}: {one.reason}" for one in skipped)
        raise InputError(f"RUNGS={asked}: none of them can run here ({reasons}); name others")
    return rungs, skipped


def _limit(
    rungs: dict[str, Rung], material: Material, settings: Settings, threads: int
) -> dict[str, Any] | None:
    print("measuring what this machine reaches in matrix products and memory")
    precisions = tuple(dict.fromkeys(rung.precision for rung in rungs.values()))
    try:
        peaks = measure_peaks(device=settings.device, threads=threads, precisions=precisions)
    except Exception as error:  # no memory for it, or a device that no longer answers
        print(f"not measured, so the record has no limits: {reason_of(error)}")
        return None
    return limit_of(material.config, peaks, length=settings.seq)


def _compared(
    rungs: dict[str, Rung], material: Material, settings: Settings
) -> tuple[list[Result], list[Skipped], bool]:
    """Each rung's result, or why it failed, and whether Ctrl-C came."""
    slugs = {rung.name: slug for slug, rung in rungs.items()}
    failed: list[Skipped] = []

    def fail(name: str, error: Exception) -> None:
        failed.append(Skipped(slugs[name], name, f"failed when it ran: {reason_of(error)}"))

    try:
        results = compare(
            list(rungs.values()),
            material.features.inputs(slice(material.compared)),
            *material.scored,
            samples=settings.samples,
            warmup=settings.warmup,
            seed=settings.seed,
            failed=fail,
        )
    except KeyboardInterrupt:
        return [], failed, True
    results = [replace(one, slug=slugs[one.rung.name]) for one in results]
    early = any(len(one.latency.samples_ms) < settings.samples for one in results)
    return results, failed, early


def _add_kernels(
    found: dict[str, Any], results: Sequence[Result], window: Inputs, path: Path
) -> None:
    """Profiles every rung that was measured; Ctrl-C leaves the record without, and saying so."""
    write_json(path, found | {"interrupted": True})
    try:
        found["kernels"] = profiled({one.slug: one.rung for one in results}, window)
    except KeyboardInterrupt:
        found["interrupted"] = True
    write_json(path, found)


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
