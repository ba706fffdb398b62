"""A benchmark's record as people read it: a headline, tables, and charts.

python -m helpers.report build/bench   # of a run that Ctrl-C ended before it drew
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from helpers.display import (
    accuracy_chart,
    headline,
    ladder_chart,
    roofline_chart,
    save_chart,
    sweep_chart,
    table,
)
from helpers.errors import run_command
from helpers.files import expanded
from helpers.recorded import recorded
from helpers.requirements import tell_other_versions

__all__ = ["CHARTS", "main", "remove_charts", "save_charts", "text_of"]

CHARTS = ("chart.png", "accuracy.png", "roofline.png", "sweep.png")
"""The pictures that a run leaves, where its record holds what they show."""


def text_of(found: Mapping[str, Any]) -> str:
    """A record's headline, counts and tables."""
    parts = [
        f"{headline(found)}\n{_counts(found)}",
        table(found["rungs"], skipped=found["skipped"]),
    ]
    if not found["model"]["trained"]:
        parts.append(
            "The weights are random: the times hold, the answers mean nothing (no EM, no F1)."
        )
    if found["interrupted"]:
        parts.append("Stopped early: this is what was finished.")
    return "\n\n".join(parts)


def remove_charts(folder: Path) -> None:
    """Removes the charts of an earlier run from a folder."""
    for name in CHARTS:
        (folder / name).unlink(missing_ok=True)


def save_charts(found: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draws what a record holds.

    Args:
        found: the record.
        folder: where the pictures go.

    Returns:
        The pictures' paths: `chart.png`, the ladder, and `accuracy.png`, `roofline.png` and
        `sweep.png` where the record holds what they show.
    """
    if not found["rungs"]:
        return []
    charts = {"chart.png": ladder_chart(found)}
    if found["model"]["trained"]:
        charts["accuracy.png"] = accuracy_chart(found)
    if found["limit"]:
        charts["roofline.png"] = roofline_chart(found)
    if found["sweep"]:
        charts["sweep.png"] = sweep_chart(found)
    return [save_chart(chart, folder / name) for name, chart in charts.items()]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command `python -m helpers.report`: prints a folder's record and draws its charts."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", help="where record.json is; the charts go there too")
    folder = expanded(parser.parse_args(arguments).folder)
    tell_other_versions()
    found = recorded("record", folder)
    print(text_of(found))
    for chart in save_charts(found, folder):
        print(f"chart:  {chart}")


def _counts(found: Mapping[str, Any]) -> str:
    used = found["settings"]
    part = "" if used["questions"] == used["questions_in_file"] else "the first "
    samples = len(found["rungs"][0]["latency_ms"]["samples"]) if found["rungs"] else 0
    return (
        f"{part}{used['questions']} questions in {used['windows']} windows of "
        f"{used['squad']}; times in ms over {samples} interleaved runs each"
    )


if __name__ == "__main__":
    run_command(main)
