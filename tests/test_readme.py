"""The README's figures are those of the records that it names."""

import json
import re

import pytest

from helpers.files import PROJECT

README = (PROJECT / "README.md").read_text(encoding="utf-8")
NAMED = list(dict.fromkeys(re.findall(r"data/records/([\w.-]+)\.json", README)))


def row_of(rung):
    """What the README's table says of a rung."""
    f1 = "-" if rung["f1"] is None else f"{rung['f1']:.1f}"
    near = f"{rung['share_of_limit']:.0%}"
    faster, median = rung["times_faster"]["median"], rung["latency_ms"]["p50"]
    return f"| {rung['name']} | {rung['precision']} | {median:.2f} | {faster:.2f} | {near} | {f1} |"


def test_the_readme_names_a_record_of_each_model():
    models = {
        json.loads((PROJECT / "data" / "records" / f"{name}.json").read_text())["model"]["name"]
        for name in NAMED
    }
    assert models == {"embedded", "bert-large-random"}


@pytest.mark.parametrize("name", NAMED)
def test_each_row_of_the_readmes_tables_is_of_its_record(name):
    record = json.loads((PROJECT / "data" / "records" / f"{name}.json").read_text())
    after = README.split(f"data/records/{name}.json")[1]
    table = after[after.index("\n| rung") :].split("\n\n")[0].strip().splitlines()
    assert table[2:] == [row_of(rung) for rung in record["rungs"]]


def test_every_link_and_picture_is_there():
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(targets) > 4
    assert [t for t in targets if not t.startswith("http") and not (PROJECT / t).exists()] == []


def test_no_placeholder_is_left():
    assert not re.findall(r"\b(?:TIMES|RESULT|MACHINE|TODO)\b", README)


def test_every_chapter_stands_in_the_table():
    chapters = sorted(path.name for path in (PROJECT / "notebooks").glob("[0-9]*.ipynb"))
    assert chapters
    assert [name for name in chapters if f"notebooks/{name}" not in README] == []
