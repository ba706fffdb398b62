"""A record as text: how fast each rung is, how near the limit, how right, and what to know."""

import textwrap
from collections.abc import Collection, Mapping, Sequence
from typing import Any

__all__ = ["table"]

_WIDTH = 120  # columns that a terminal or a notebook shows without breaking lines


def table(
    rungs: Sequence[Mapping[str, Any]],
    *,
    skipped: Sequence[Mapping[str, str]] = (),
    without: Collection[str] = (),
) -> str:
    """A record's rungs as blocks of text: how fast, how near the limit, and how right.

    Args:
        rungs: entries of a record's `rungs`; what they lack is left out.
        skipped: a record's `skipped`: rungs that were not run, and why.
        without: headers of columns that are not wanted.

    Returns:
        Tables with a header and a line a rung each: times in milliseconds, EM and F1 in percent.
        The middle one stands only where the record knows a limit, device times, or which samples
        were taken while other programs ran. "-" stands where there is no figure: no scores for
        random weights, no p99 from fewer than 100 samples, which would be no more than the
        slowest of them. Below stand footnotes, one a remark, and the rungs that were not run.
    """
    notes = _notes(rungs)
    names = [_marked(rung, notes) for rung in rungs]
    blocks = [_speed(rungs, names, without), _near(rungs, without), _right(rungs, without)]
    below = [f"[{number}] {text}" for text, number in notes.items()]
    below_that = [f"not run: {one['name']}: {one['reason']}" for one in skipped]
    blocks += ["\n".join(map(_wrapped, lines)) for lines in (below, below_that)]
    return "\n\n".join(block for block in blocks if block)


def _speed(
    rungs: Sequence[Mapping[str, Any]], names: Sequence[str], without: Collection[str]
) -> str:
    lines = [("", "precision", "provider", "first", "p50", "p90", "p99", "times faster")]
    for rung, name in zip(rungs, names, strict=True):
        times, faster = rung["latency_ms"], rung["times_faster"]
        lines.append(
            (
                name,
                rung["precision"],
                rung["provider"],
                f"{rung['first_run_ms']:.1f}",
                *(f"{times[which]:.2f}" for which in ("p50", "p90")),
                _p99(times),
                f"{faster['median']:.2f} [{faster['low']:.2f}, {faster['high']:.2f}]",
            )
        )
    text = _columns(lines, left=3, without=without)
    if max(map(len, text.splitlines())) <= _WIDTH:
        return text
    short = [(*line[:2], line[2].removesuffix("ExecutionProvider"), *line[3:]) for line in lines]
    return _columns(short, left=3, without=without)


def _near(rungs: Sequence[Mapping[str, Any]], without: Collection[str]) -> str:
    """Time to build, time on the device, limit, and how often other programs ran; or nothing."""
    columns = {
        "build s": [_figure(rung.get("build_ms"), "{:.1f}", 1e-3) for rung in rungs],
        "device p50": [_figure(_of(rung, "device_ms", "p50"), "{:.2f}") for rung in rungs],
        "device p99": [_p99(rung.get("device_ms")) for rung in rungs],
        "limit": [_figure(rung.get("limit_ms"), "{:.2f}") for rung in rungs],
        "of the limit": [_figure(rung.get("share_of_limit"), "{:.0%}") for rung in rungs],
        "while busy": [_figure(_share(rung.get("busy")), "{:.0%}") for rung in rungs],
    }
    known = {
        head: cells
        for head, cells in columns.items()
        if set(cells) != {"-"} and head not in without
    }
    if not known:
        return ""
    rows = zip([rung["name"] for rung in rungs], *known.values(), strict=True)
    return _columns([("", *known), *rows], left=1)


def _right(rungs: Sequence[Mapping[str, Any]], without: Collection[str]) -> str:
    lines = [("", "EM", "F1", "same answers", "largest diff", "mean diff")]
    lines += [
        (
            rung["name"],
            _figure(rung["exact_match"], "{:.2f}"),
            _figure(rung["f1"], "{:.2f}"),
            _figure(rung["same_answers"], "{:.1%}"),
            f"{rung['max_abs_diff']:.1e}",
            f"{rung['mean_abs_diff']:.1e}",
        )
        for rung in rungs
    ]
    return _columns(lines, left=1, without=without)


def _remarks(rung: Mapping[str, Any]) -> list[str]:
    """What a reader has to know of a rung besides its figures."""
    calibrated = rung.get("calibrated_on")
    remarks = [f"calibrated on {calibrated}"] if calibrated else []
    return remarks + ([rung["notes"]] if rung.get("notes") else [])


def _notes(rungs: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """{remark: its number}, in the order of the rungs; equal remarks share one."""
    texts = dict.fromkeys(text for rung in rungs for text in _remarks(rung))
    return {text: number for number, text in enumerate(texts, start=1)}


def _marked(rung: Mapping[str, Any], notes: Mapping[str, int]) -> str:
    return " ".join([rung["name"], *(f"[{notes[text]}]" for text in _remarks(rung))])


def _wrapped(line: str) -> str:
    return textwrap.fill(line, _WIDTH, subsequent_indent="    ")


def _columns(lines: Sequence[Sequence[str]], *, left: int, without: Collection[str] = ()) -> str:
    """Lines of cells as text; the first `left` columns are flush left, the others right."""
    columns = [
        [cell.ljust(width) if i < left else cell.rjust(width) for cell in column]
        for i, column in enumerate(zip(*lines, strict=True))
        if column[0] not in without
        for width in [max(map(len, column))]
    ]
    return "\n".join("  ".join(cells).rstrip() for cells in zip(*columns, strict=True))


def _of(rung: Mapping[str, Any], part: str, field: str) -> float | None:
    return (rung.get(part) or {}).get(field)


def _share(marks: Sequence[bool] | None) -> float | None:
    return sum(marks) / len(marks) if marks else None


def _p99(times: Mapping[str, Any] | None) -> str:
    return f"{times['p99']:.2f}" if times and len(times["samples"]) >= 100 else "-"


def _figure(value: float | None, form: str, times: float = 1.0) -> str:
    return "-" if value is None else form.format(times * value)
