"""What goes wrong with files: no room, a folder that may not be written to, bytes that changed."""

import hashlib
import json
import os
import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import nbformat
import numpy as np
from builders import CASES, server
from fault import Fault
from faults_kernels import small_project
from faults_processes import valid_record
from hub_server import hub
from places import as_stranger, project_copy, read_only, small_disk
from processes import HERE, Command

from helpers.artifacts import artifact
from helpers.display import ladder_chart, save_chart
from helpers.downloads import fetch
from helpers.errors import InputError
from helpers.exports import BERT_ORDER, export_bert
from helpers.files import sha256, write_json
from helpers.fusion import fuse_bert
from helpers.models import EMBEDDED, load
from helpers.quantization import quantize_dynamic_bert, quantize_static_bert
from helpers.recorded import recorded

__all__ = ["FAULTS", "ROOM", "said"]

LARGE = b"0123456789" * 100_000


# --- no room -----------------------------------------------------------------------------------


def no_room(make: Callable[[Path, Path], object], kilobytes: int = 500) -> Callable[[Path], str]:
    """Makes something on a disk that is too small for it, beside an old file of the same name.

    Args:
        make: is given the path to write to, and a folder with room for what it needs before.
        kilobytes: the disk's size.
    """

    def cause(folder: Path) -> str:
        (folder / "room").mkdir()
        with small_disk(folder / "disk", kilobytes) as disk:
            (disk / "made").write_text("old")
            try:
                make(disk / "made", folder / "room")
                told = "written"
            except InputError as error:
                told = f"refused: {error}"
            assert (disk / "made").read_text() == "old"
            left = sorted(path.name for path in disk.iterdir())
            return f"{told.replace(str(folder), '')} {left}"

    return cause


def export(path: Path, room: Path) -> object:
    return export_bert(load().model, path)


def fuse(path: Path, room: Path) -> object:
    answerer = load()
    export_bert(answerer.model, room / "exported.onnx")
    return fuse_bert(room / "exported.onnx", path, answerer.model.config)


def calibration() -> dict[str, np.ndarray]:
    ids = np.random.default_rng(3).integers(1000, 2000, (4, 32))
    return dict(zip(BERT_ORDER, (ids, np.ones_like(ids), np.zeros_like(ids)), strict=True))


def quantise(path: Path, room: Path, *, how: str) -> object:
    export_bert(load().model, room / "exported.onnx")
    if how == "dynamic":
        return quantize_dynamic_bert(room / "exported.onnx", path)
    if how == "static":
        return quantize_static_bert(room / "exported.onnx", path, calibration=calibration())
    from helpers.rungs import openvino_int8

    return openvino_int8(room / "exported.onnx", path, calibration=calibration())


def chart(path: Path, room: Path) -> object:
    return save_chart(ladder_chart(recorded("epyc-zen4-embedded")), path)


class Large(BaseHTTPRequestHandler):
    """Answers with LARGE."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(LARGE)))
        self.end_headers()
        with suppress(OSError):  # who asked may have gone
            self.wfile.write(LARGE)

    def log_message(self, *_):
        pass


def download(path: Path, room: Path) -> object:
    with server(Large) as address:
        return fetch(address, path, digest=hashlib.sha256(LARGE).hexdigest())


def model(path: Path, room: Path) -> object:
    from helpers.replacing import replacing
    from helpers.training.card import is_made, save_model

    with replacing(path.with_name("bert"), ours=is_made, kind="model") as folder:
        save_model(load().model, EMBEDDED / "vocab.txt", folder)


def limited(folder: Path) -> str:
    """A process that may write no more than 100 kB to a file, as by a quota."""
    write_json(folder / "made", "old")
    process = os.fork()
    if not process:
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
            write_json(folder / "made", LARGE.decode())
            told = "written"
        except BaseException as error:
            told = f"{type(error).__name__}: {error}"
        Path(folder / "told").write_text(told[:1000])
        os._exit(0)
    os.waitpid(process, 0)
    assert json.loads((folder / "made").read_text()) == "old"
    return f"{(folder / 'told').read_text()} {sorted(path.name for path in folder.iterdir())}"


def said(command: Command, folder: Path) -> str:
    """How a command ended, and the lines that it told of it and of notebooks that failed."""
    code = command.wait()
    lines = [line for line in command.told.splitlines() if line.startswith(("error: ", "failed: "))]
    traced = " and a traceback" if "Traceback" in command.told else ""
    return f"exit {code}{traced}: {' | '.join(lines).replace(str(folder), '')}"


def book(folder: Path) -> str:
    """`make book` onto a disk that holds its style sheets and not its pictures."""
    with small_disk(folder / "disk", 2000) as disk:
        (disk / "book").mkdir()
        (disk / "book" / "index.html").write_text("the old book")
        (disk / "book" / "_static").mkdir()
        (disk / "book" / "_static" / "book.css").touch()
        arguments = ("-m", "helpers.book", "--out", disk / "book")
        with Command.python(*arguments, output=folder / "a.told") as command:
            told = said(command, folder)
        pages = {path.name: path.read_text() for path in disk.rglob("*.html")}
        return f"{told}; {pages}, {sorted(path.name for path in disk.iterdir())}"


def rerun(folder: Path) -> str:
    """`make rerun` where the outputs of a chapter have no room in place of the old ones."""
    project = small_project(folder / "project")
    notebooks = project / "notebooks"
    (notebooks / "01-bad.ipynb").unlink()
    large = nbformat.read(notebooks / "02-good.ipynb", as_version=4)
    large.cells[1].source = "print('x' * 1_000_000)"
    content = nbformat.writes(large).encode()
    (notebooks / "02-good.ipynb").unlink()
    notebooks.rmdir()
    with small_disk(folder / "disk", 700) as disk:
        notebooks.symlink_to(disk)
        (disk / "02-good.ipynb").write_bytes(content)
        arguments = ("-m", "helpers.chapters", "rerun")
        with Command.python(*arguments, output=folder / "a.told", cwd=project) as command:
            told = said(command, folder)
        (path,) = disk.iterdir()
        stays = "as it was" if path.read_bytes() == content else "CHANGED"
        return f"{told}; {path.name} is {stays}"


def score(folder: Path) -> str:
    """`make score` onto a disk that takes a few chunks of answers and no more."""
    import pyarrow.parquet as parquet

    with small_disk(folder / "disk", 300) as disk:
        (disk / "full").write_bytes(bytes(270_000))
        out = disk / "out"
        options = ("--chunk", "8", "--workers", "1", "--out", out)
        arguments = ("-m", "helpers.offline", *options)
        with Command.python(*arguments, output=folder / "a.told", RAY_ADDRESS="") as command:
            told = said(command, folder)
        stand = [parquet.read_table(path).num_rows for path in out.glob("answers/*/*.parquet")]
        assert set(stand) == {8}, stand
        aside = [path for path in out.rglob("*") if path.name.startswith(".")]
        return f"{told}; whole chunks stand, {len(aside)} files aside"


# --- read-only, no home ------------------------------------------------------------------------


def commands_in_read_only_project(folder: Path) -> str:
    """Every command in a project that nobody can write to, and what needs no writing there."""
    (folder / "out").mkdir()
    benchmark = ["-m", "helpers.benchmark", "--rungs", "ort-exported", "--samples", "2"]
    benchmark += ["--sweep", "0", "--squad", CASES]
    score = ["-m", "helpers.offline", "--squad", CASES, "--workers", "1", "--chunk", "8"]
    told = []
    with read_only(project_copy(folder / "project")) as project:
        for arguments in (
            ["-m", "helpers.chapters", "run"],
            ["-m", "helpers.chapters", "rerun"],
            ["-m", "helpers.book"],
            benchmark,
            ["-m", "helpers.training", "--share", "0.001"],
            score,
            [*benchmark, "--out", folder / "out"],
            ["-m", "helpers.book", "--out", folder / "out" / "book"],
            [*score, "--out", folder / "out" / "score"],
        ):
            output = folder / "a.told"
            with Command.python(*arguments, output=output, cwd=project, RAY_ADDRESS="") as command:
                code = command.wait()
                lines = [line for line in command.told.splitlines() if line.startswith("error: ")]
            refused = len(lines) == 1 and "cannot write there (Read-only file system)" in lines[0]
            traced = " with a traceback" if "Traceback" in command.told else ""
            told.append(f"{code}{' in one line' if refused else ''}{traced}")
    valid_record(folder / "out" / "record.json")
    return f"{', '.join(told[:6])}; elsewhere {', '.join(told[6:])}"


def read_only_cache(folder: Path) -> str:
    """Files that were made and fetched before are used from a folder that is read-only by now."""

    def make(path: Path) -> None:
        path.write_text("made")

    cache = folder / "cache"
    with server(Large) as address:
        fetched = fetch(address, cache / "file", digest=hashlib.sha256(LARGE).hexdigest())
    made = artifact(cache, "a", {"x": 1}, make)
    with read_only(cache):
        again = [
            fetch(address, cache / "file", digest=hashlib.sha256(LARGE).hexdigest()),
            artifact(cache, "a", {"x": 1}, make),
        ]
        assert again == [fetched, made]
        try:
            artifact(cache, "a", {"x": 2}, make)
            told = "written"
        except InputError as error:
            told = f"refused: {error}"
    return f"both are used; a new one is {told}"


def no_home(folder: Path) -> str:
    """A user without a name and a home runs two chapters, and a benchmark of each engine."""
    project = project_copy(folder / "project")
    folder.chmod(0o755)
    in_front = as_stranger(project)
    out = project / "out"
    chapter = (
        "from helpers.chapters import *; from helpers.execution import *; import sys; "
        "execute(chapter_paths()[int(sys.argv[1])])"
    )
    benchmark = ["-m", "helpers.benchmark", "--samples", "2", "--questions", "3", "--out", out]
    benchmark += ["--rungs", "torch-eager,ort-fused,openvino-fp32"]
    told = []
    for arguments in (["-c", chapter, "0"], ["-c", chapter, "4"], [*benchmark, "--sweep", "0"]):
        command = Command(
            [*in_front, sys.executable, *arguments],
            folder / "a.told",
            cwd=project,
            HOME="/proc/none",
            TMPDIR=str(project),
            TORCHINDUCTOR_CACHE_DIR=None,  # set for this process's user when torch was imported
            **dict.fromkeys(("USER", "LOGNAME", "USERNAME", "LNAME")),
        )
        with command:
            code = command.wait()
            told.append(str(code) if code == 0 else f"{code}: {command.told[-200:]}")
    found = valid_record(out / "record.json")
    broken = [one for one in found["skipped"] if "rror" in one["reason"]]
    reasons = "; ".join(f"{one['slug']}: {one['reason']}" for one in broken)
    return f"{', '.join(told)}; {len(found['rungs'])} rungs; broken: {reasons or 'none'}"


# --- altered -----------------------------------------------------------------------------------


def spoil(path: Path, how: str) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content if how == "a byte" else content[:-1])


def altered_artifact(folder: Path, *, how: str) -> str:
    calls = []

    def make(path: Path) -> None:
        calls.append(1)
        path.write_bytes(LARGE)

    path = artifact(folder, "a", {}, make)
    spoil(path, how)
    whole = artifact(folder, "a", {}, make).read_bytes() == LARGE
    return f"made {len(calls)} times, whole: {whole}"


def altered_download(folder: Path, *, how: str) -> str:
    with server(Large) as address:
        fetched = partial(fetch, path=folder / "a", digest=hashlib.sha256(LARGE).hexdigest())
        spoil(fetched(address), how)
        whole = fetched(address).read_bytes() == LARGE
    spoil(folder / "a", how)
    try:
        fetched(address)
        told = "used"
    except InputError as error:
        told = f"refused: {error}"
    return f"fetched again, whole: {whole}; without the server {told}"


def altered_hub(folder: Path) -> str:
    """The weights that came from the hub lose a byte's bit, and the vocabulary its end."""
    told = []

    def loads(address: str) -> None:
        arguments = [HERE / "hub_load.py", folder / "cache", "owner/bert"]
        env = {"HF_ENDPOINT": address, "HF_HUB_DISABLE_XET": "1"}
        with Command.python(*arguments, output=folder / "a.told", **env) as command:
            assert command.wait() == 0, command.told
            told.append(json.loads(command.told.splitlines()[-1]))

    asked: list[str] = []
    with server(hub("owner/bert", EMBEDDED, asked)) as address:
        loads(address)
        weights, vocabulary = (
            next((folder / "cache").rglob(f"snapshots/*/{name}"))
            for name in ("model.safetensors", "vocab.txt")
        )
        asked.clear()
        spoil(weights.resolve(), "a byte")
        spoil(vocabulary.resolve(), "the end")
        loads(address)
        again = {line.rpartition("/")[2] for line in asked if "GET" in line and "resolve" in line}
    assert sha256(weights) == sha256(EMBEDDED / "model.safetensors")
    spoil(weights.resolve(), "a byte")
    loads("http://127.0.0.1:9")
    same = "the same" if told[0] == told[1] else "other"
    return f"fetched again: {sorted(again)}, {same} model; without a network refused: {told[2]}"


ROOM, ALTERED = "no room, read-only", "altered file"
EVERY = ", ".join(["2 in one line"] * 6) + "; elsewhere 0, 0, 0$"
QUOTA = r"InputError: \.: cannot write there \(File too large\); .* \['made', 'told'\]$"
CACHE = r"both are used; a new one is refused: cache: cannot write there \(Read-only file system\)"
HUB = (
    r"fetched again: \['model.safetensors', 'vocab.txt'\], the same model; "
    "without a network refused: .*had not the hash"
)
FULL = (
    r"refused: /disk: cannot write there \(No space left on device\); free some space, .* "
    r"\['made'\]$"
)
AGAIN = r"fetched again, whole: True; without the server refused: http.* cannot be downloaded"

NO_ROOM = (
    r"exit 2: error: {}: cannot write there \(No space left on device\); "
    r"free some space, or choose a folder that you may write to; {}$"
)
BOOK = NO_ROOM.format("/disk", r"\{'index.html': 'the old book'\}, \['book'\]")
RERUN = (
    r"exit 2: failed: /project/notebooks: cannot write there \(No space left on device\); "
    r"free some space, or choose a folder that you may write to \| error: 02-good\.ipynb: did not "
    r"run to the end, for the reason told above; 0 of 1 notebooks did; 02-good\.ipynb is as it was$"
)
SCORE = NO_ROOM.format(r"/disk/out/answers/shard=\S+\.json", "whole chunks stand, 0 files aside")

TWICE = "made 2 times, whole: True$"


def record(path: Path, room: Path) -> object:
    return write_json(path, LARGE.decode())


FAULTS = [
    Fault(ROOM, "a full disk under a record", FULL, no_room(record), False),
    Fault(ROOM, "a full disk under a download", FULL, no_room(download), False),
    Fault(ROOM, "a full disk under a chart", FULL, no_room(chart, 40)),
    Fault(ROOM, "a full disk under an export", FULL, no_room(export)),
    Fault(ROOM, "a full disk under fusion", FULL, no_room(fuse)),
    *(
        Fault(ROOM, f"a full disk under {how} int8", FULL, no_room(partial(quantise, how=how)))
        for how in ("dynamic", "static", "OpenVINO's")
    ),
    Fault(ROOM, "a full disk under a trained model", FULL, no_room(model)),
    Fault(ROOM, "a full disk under the book", BOOK, book),
    Fault(ROOM, "a full disk under make rerun", RERUN, rerun),
    Fault(ROOM, "a full disk under make score", SCORE, score),
    Fault(ROOM, "a quota on a file's size", QUOTA, limited, False),
    Fault(ROOM, "a read-only project, every command", EVERY, commands_in_read_only_project),
    Fault(ROOM, "a read-only cache", CACHE, read_only_cache, False),
    Fault(ROOM, "no home and no name", "0, 0, 0; 3 rungs; broken: none$", no_home),
    *(
        Fault(ALTERED, f"{how} of {what}", expected, partial(cause, how=how), False)
        for how in ("a byte", "the end")
        for what, expected, cause in (
            ("a made file", TWICE, altered_artifact),
            ("a download", AGAIN, altered_download),
        )
    ),
    Fault(ALTERED, "weights and vocabulary from the hub", HUB, altered_hub),
]
