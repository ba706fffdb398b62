"""The README's figures are those of the record that it names."""

import json
import re

from helpers.files import PROJECT

README = (PROJECT / "README.md").read_text(encoding="utf-8")


def test_each_latency_in_the_readme_is_of_its_record():
    names = re.findall(r"data/records/([\w.-]+)\.json", README)
    assert names
    record = json.loads((PROJECT / "data" / "records" / f"{names[0]}.json").read_text())
    for rung in record["rungs"]:
        assert f"{rung['latency_ms']['p50']:.2f} ms" in README
        assert f"{rung['exact_match']:.1f}" in README
    assert f"{record['rungs'][1]['times_faster']['median']:.2f}" in README


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
