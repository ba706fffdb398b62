"""A file made from the same content is made once, and a bad one is never taken for a good one."""

import hashlib
import itertools
import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from helpers import artifacts
from helpers.artifacts import ArtifactError, artifact
from helpers.errors import InputError
from helpers.files import sha256
from helpers.recipes import arrays_digest, code_digest, versions_of, weights_digest

CONTENT = {"weights": "ab12", "opset": 11}


class Maker:
    """Writes other bytes at every call, as a tool that stamps the time into its files would."""

    def __init__(self, start=0):
        self.numbers = itertools.count(start)
        self.calls = 0

    def __call__(self, path):
        self.calls += 1
        path.write_bytes(b"made %d" % next(self.numbers))


def sidecar(path):
    return path.with_name(path.name + ".json")


def recorded(path):
    return json.loads(sidecar(path).read_text(encoding="utf-8"))


def test_it_is_made_once_and_then_given_again(tmp_path):
    make = Maker()
    path = artifact(tmp_path / "new", "bert", CONTENT, make)
    canonical = b'{"opset":11,"weights":"ab12"}'
    assert path == tmp_path / "new" / f"bert-{hashlib.sha256(canonical).hexdigest()[:12]}.onnx"
    assert path.read_bytes() == b"made 0"
    assert recorded(path) == {"sha256": hashlib.sha256(b"made 0").hexdigest(), "made_from": CONTENT}
    assert artifact(tmp_path / "new", "bert", dict(reversed(CONTENT.items())), make) == path
    assert make.calls == 1
    assert sorted(p.name for p in path.parent.iterdir()) == [path.name, sidecar(path).name]


@pytest.mark.parametrize(
    "other", [{**CONTENT, "opset": 17}, {**CONTENT, "opset": "11"}, {"opset": 11}, {}]
)
def test_other_content_is_another_file(tmp_path, other):
    make = Maker()
    first = artifact(tmp_path, "bert", CONTENT, make)
    second = artifact(tmp_path, "bert", other, make)
    assert first != second
    assert (first.read_bytes(), second.read_bytes()) == (b"made 0", b"made 1")


def test_the_suffix_reaches_the_maker(tmp_path):
    path = artifact(tmp_path, "m", {}, lambda p: p.write_text(p.suffix), suffix=".xml")
    assert path.suffix == ".xml"
    assert path.read_text() == ".xml"


def spoil(path, how):
    whole = path.read_bytes()
    if how == "cut short":
        path.write_bytes(whole[:-1])
    elif how == "one bit":
        path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    elif how == "gone":
        path.unlink()
    elif how == "no sidecar":
        sidecar(path).unlink()
    elif how == "empty sidecar":
        sidecar(path).write_text("")
    elif how == "sidecar of 100,000 levels":
        sidecar(path).write_text("[" * 100_000)
    elif how == "sidecar of another shape":
        sidecar(path).write_text("[1]")
    elif how == "sidecar of other content":  # as if 12 digits stood for two contents
        note = {**recorded(path), "made_from": {"opset": 12}}
        sidecar(path).write_text(json.dumps(note))


@pytest.mark.parametrize(
    "how",
    [
        "cut short", "one bit", "gone", "no sidecar", "empty sidecar", "sidecar of another shape",
        "sidecar of other content", "sidecar of 100,000 levels",
    ],
)  # fmt: skip
def test_what_is_not_whole_is_made_again(tmp_path, how):
    make = Maker()
    path = artifact(tmp_path, "bert", CONTENT, make)
    spoil(path, how)
    assert artifact(tmp_path, "bert", CONTENT, make) == path
    assert path.read_bytes() == b"made 1"
    assert recorded(path)["sha256"] == sha256(path)
    assert recorded(path)["made_from"] == CONTENT


def test_a_maker_that_fails_leaves_nothing_and_the_next_try_succeeds(tmp_path):
    def half(path):
        path.write_bytes(b"half of")
        raise KeyError("no memory")

    with pytest.raises(KeyError):
        artifact(tmp_path, "bert", CONTENT, half)
    assert list(tmp_path.iterdir()) == []
    assert artifact(tmp_path, "bert", CONTENT, Maker()).read_bytes() == b"made 0"


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.unlink()])
def test_a_maker_that_writes_nothing_is_told(tmp_path, make):
    with pytest.raises(ArtifactError, match=r"bert-\w{12}\.onnx: nothing was made; `make` must"):
        artifact(tmp_path, "bert", CONTENT, make)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [float("nan"), object(), {1: 2, "a": 3}])
def test_content_that_json_cannot_say_is_refused(tmp_path, value):
    with pytest.raises(InputError, match=r"^made_from=.*cannot be written as JSON .*; give text"):
        artifact(tmp_path, "bert", {"x": value}, Maker())
    assert list(tmp_path.iterdir()) == []


# --- two at once: one runs to its end at the worst moment of the other ----------------------------


def test_another_finishes_while_this_one_makes(tmp_path):
    other = Maker(100)

    def slow(path):
        artifact(tmp_path, "bert", CONTENT, other)
        path.write_bytes(b"made slowly")

    path = artifact(tmp_path, "bert", CONTENT, slow)
    assert path.read_bytes() == b"made slowly"
    assert recorded(path)["sha256"] == sha256(path)
    assert artifact(tmp_path, "bert", CONTENT, other) == path
    assert other.calls == 1


def test_another_finishes_between_this_ones_file_and_its_sidecar(tmp_path, monkeypatch):
    mine, other = Maker(), Maker(100)
    write = artifacts.write_json
    seen = []

    def crossed(path, value):
        monkeypatch.setattr(artifacts, "write_json", write)
        there = artifact(tmp_path, "bert", CONTENT, other)
        seen.append(recorded(there)["sha256"] == sha256(there))  # the other left with a whole pair
        return write(path, value)

    monkeypatch.setattr(artifacts, "write_json", crossed)
    path = artifact(tmp_path, "bert", CONTENT, mine)
    assert seen == [True]
    assert (mine.calls, other.calls) == (2, 1)  # the crossing was noticed, and mended by this one
    assert path.read_bytes() == b"made 1"
    assert recorded(path)["sha256"] == sha256(path)


def test_one_that_dies_before_its_sidecar_leaves_nothing_that_counts(tmp_path, monkeypatch):
    old = artifact(tmp_path, "bert", CONTENT, Maker())
    spoil(old, "cut short")

    def dies(path, value):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(artifacts, "write_json", dies)
        artifact(tmp_path, "bert", CONTENT, Maker(50))
    assert old.read_bytes() == b"made 50"
    assert recorded(old)["sha256"] != sha256(old)
    make = Maker(7)
    assert artifact(tmp_path, "bert", CONTENT, make).read_bytes() == b"made 7"
    assert make.calls == 1


def test_a_place_where_nothing_stays_as_written_is_given_up(tmp_path, monkeypatch):
    write, make = artifacts.write_json, Maker()

    def spoiled(path, value):
        return write(path, {**value, "sha256": "0" * 64})

    monkeypatch.setattr(artifacts, "write_json", spoiled)
    with pytest.raises(ArtifactError, match=r"made 5 times, .* check the disk$"):
        artifact(tmp_path, "bert", CONTENT, make)
    assert make.calls == 5


def test_real_processes_at_once_all_end_with_whole_files(tmp_path):
    code = (
        "import os, sys\n"
        "from helpers.artifacts import artifact\n"
        "def make(path):\n"
        "    path.write_bytes(os.urandom(1 << 20))\n"  # bytes that differ from process to process
        "sys.stdin.readline()\n"  # all start at one word
        "for number in range(30):\n"
        "    path = artifact(sys.argv[1], f'm{number}', {}, make)\n"
        "    assert path.stat().st_size == 1 << 20\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    errors = [process.communicate(timeout=60)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], errors
    made = sorted(tmp_path.glob("m*.onnx"))
    assert len(made) == 30
    assert all(recorded(path)["sha256"] == sha256(path) for path in made)
    assert len(list(tmp_path.iterdir())) == 60  # and no temporary file is left


# --- the digest of a model's weights --------------------------------------------------------------


def linear(seed=0, inputs=3, outputs=2):
    torch.manual_seed(seed)
    return torch.nn.Linear(inputs, outputs)


def test_the_digest_is_that_of_the_weights_and_nothing_else():
    model = linear()
    digest = weights_digest(model)
    assert len(digest) == 64
    assert weights_digest(linear()) == digest
    assert weights_digest(model.eval()) == digest
    model.requires_grad_(False)
    assert weights_digest(model) == digest


def test_a_changed_bit_shape_format_or_name_changes_the_digest():
    digests = {weights_digest(linear()), weights_digest(linear(1))}
    changed = linear()
    with torch.no_grad():
        changed.bias.view(torch.int32)[0] ^= 1  # the last bit of one weight
    digests.add(weights_digest(changed))
    wide, tall = linear(0, 3, 2), linear(0, 2, 3)
    for model in (wide, tall):
        torch.nn.init.zeros_(model.weight)
        model.bias = None
    digests |= {weights_digest(wide), weights_digest(tall)}  # the same bytes in another shape
    half = linear().half()
    digests |= {weights_digest(half), weights_digest(half.bfloat16())}
    digests.add(weights_digest(torch.nn.Sequential(linear())))  # the same under other names
    assert len(digests) == 8


def test_scalars_empty_tensors_and_strided_ones_have_a_digest():
    class Odd(torch.nn.Module):
        def __init__(self, matrix):
            super().__init__()
            self.register_buffer("scalar", torch.tensor(3))
            self.register_buffer("empty", torch.zeros(0, 4))
            self.register_buffer("flags", torch.tensor([True, False]))
            self.register_buffer("matrix", matrix)

    matrix = torch.arange(6.0).reshape(2, 3)
    assert weights_digest(Odd(matrix.T)) == weights_digest(Odd(matrix.T.contiguous()))
    assert weights_digest(Odd(matrix.T)) != weights_digest(Odd(matrix.reshape(3, 2)))


def test_arrays_count_by_name_shape_and_bytes():
    one, two = np.arange(6), np.arange(6).reshape(2, 3)
    assert arrays_digest({"a": one, "b": two}) == arrays_digest({"b": two, "a": one.copy()})
    different = [{"a": one}, {"a": two}, {"b": one}, {"a": one + 1}, {"a": two.T}]
    assert len({arrays_digest(arrays) for arrays in different}) == 5


def test_code_and_versions_are_those_of_what_makes_a_file():
    import helpers.exports
    import helpers.fusion

    assert code_digest([helpers.exports]) != code_digest([helpers.fusion])
    assert code_digest([helpers.exports]) == code_digest([helpers.exports])
    assert versions_of(["numpy", "no-such-package"]) == {"numpy": np.__version__}
