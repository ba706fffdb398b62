"""What the tests on Ray share: a run that nobody disturbed, and its command."""

import json
from pathlib import Path

import pytest
from processes import Command

from helpers.offline.run import prepare
from helpers.offline.settings import Settings
from helpers.offline.stages import Answerer, read_chunk, write_chunk

__all__ = [
    "LOOPBACK",
    "asked",
    "command",
    "contents",
    "options_of",
    "small_settings",
    "undisturbed",
]

SHAPE = {"seq": 128, "stride": 64, "chunk": 7, "workers": 2}
LOOPBACK = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}


@pytest.fixture(scope="module")
def asked(tmp_path_factory, cases):
    """The cases, and one question that no passage answers."""
    from builders import CASES

    file = json.loads(Path(CASES).read_text(encoding="utf-8"))
    file["data"][0]["paragraphs"][0]["qas"].append({"id": "bad", "question": "?", "answers": []})
    path = tmp_path_factory.mktemp("asked") / "asked.json"
    path.write_text(json.dumps(file), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, tiny_folder, asked):
    """A run in this process, without Ray: its settings, its folder, its chunks."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    settings = Settings(squad=str(asked), model=str(tiny_folder), out=str(out), **SHAPE)
    job = prepare(settings)
    answerer = Answerer(**job.worker)
    for chunk in job.chunks:
        write_chunk(answerer(read_chunk(vars(chunk))), folder=str(job.folder))
    return settings, job


def contents(folder):
    found = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.parquet")}
    assert found
    return found


def options_of(settings, out):
    given = {**SHAPE, "squad": settings.squad, "model": settings.model, "out": out}
    return [f"--{name}={value}" for name, value in given.items()]


def command(settings, out, told, **env):
    options = options_of(settings, out)
    return Command.python("-m", "helpers.offline", *options, output=told, **env)


def small_settings(tmp_path, tiny_folder, monkeypatch, *, chunk):
    """A run on the cases with the tiny model, one worker, its files below the test's own folder."""
    from builders import CASES

    monkeypatch.setattr("helpers.offline.run._MADE", tmp_path / "files")
    return Settings(
        squad=str(CASES), model=str(tiny_folder), workers=1, seq=128, stride=64, chunk=chunk,
        out=str(tmp_path / "out"),
    )  # fmt: skip
