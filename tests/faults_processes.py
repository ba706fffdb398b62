"""What goes wrong with processes: killed, interrupted, or two that do the same at once."""

import contextlib
import hashlib
import json
import random
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from zipfile import ZipFile

import jsonschema
from builders import CASES, server
from fault import Fault
from jobs import CONTENT
from processes import HERE, Command, wait_until

from helpers.files import PROJECT, sha256
from helpers.graphs import read_model

__all__ = [
    "FAULTS",
    "KILLED",
    "STOPPED",
    "TRAINING",
    "TWO",
    "WITHIN",
    "half_written",
    "hidden",
    "interrupted",
    "sums",
    "valid_record",
]

SCHEMA = json.loads((PROJECT / "data" / "record.schema.json").read_text(encoding="utf-8"))
WITHIN = 2.0  # seconds after Ctrl-C
BENCHMARK = ("-m", "helpers.benchmark", "--squad", CASES, "--rungs", "ort-exported,ort-fused")
TRAINING = ("-m", "helpers.training", "--share", "0.001")
CHAPTERS = ("-m", "helpers.chapters", "run")
CARD = "# A small BERT for extractive question answering\n\nold"


# --- looking -----------------------------------------------------------------------------------


def sums(folder: Path) -> dict[str, str]:
    """{path in the folder: SHA-256} of every file that is none of the fault's own."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".told"]
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files}


def half_written(folder: Path) -> list[Path]:
    """What somebody is writing, or wrote when he was killed."""
    found = []
    with contextlib.suppress(FileNotFoundError):  # put in place, while one looks
        for path in folder.rglob(".*.part/*"):
            found += [path] if path.is_file() and path.stat().st_size else []
    return found


def valid_record(path: Path) -> dict:
    """A record, checked against the schema."""
    found = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(found, SCHEMA)
    return found


def job(name: str, folder: Path) -> Command:
    return Command.python(HERE / "jobs.py", name, folder, output=folder / f"{name}.told")


@contextmanager
def serving(folder: Path) -> Iterator[None]:
    """A server whose file comes in about a second; its address stands in the folder."""

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            with suppress(OSError):  # who asked may have been killed
                for at in range(0, len(CONTENT), 100_000):
                    self.wfile.write(CONTENT[at : at + 100_000])
                    time.sleep(0.03)

        def log_message(self, *_):
            pass

    with server(Slow) as address:
        (folder / "address").write_text(address, encoding="utf-8")
        yield


# --- killed ------------------------------------------------------------------------------------


def killed(name: str, *, kills: int, stems: tuple[str, ...]) -> Callable[[Path], str]:
    """Kills a job as soon as half a file stands there, and at moments drawn by chance.

    Then it runs undisturbed, in the same folder and in a fresh one, and both hold the same.

    Args:
        name: the job's.
        kills: how often.
        stems: what the names of the files begin with that the job makes after "begins".
    """

    def cause(folder: Path) -> str:
        spoiled, fresh = folder / "spoiled", folder / "fresh"
        for each in (spoiled, fresh):
            each.mkdir()
        with serving(folder):
            for each in (spoiled, fresh):
                shutil.copy(folder / "address", each)
            seconds = _undisturbed(name, fresh)
            wanted = sums(fresh)
            chance = random.Random(name)
            halves = 0
            for number in range(kills):
                halves += _kill(name, spoiled, chance.random() * seconds if number else None)
                _check_whole(spoiled, wanted)
                for stem in stems:
                    for made in spoiled.glob(f"{stem}*"):
                        made.unlink()
            _undisturbed(name, spoiled)
        assert sums(spoiled) == wanted, (sums(spoiled), wanted)
        aside = "some" if halves else "none"
        return f"{kills} kills, {aside} left half a file aside; then the same files"

    return cause


def _undisturbed(name: str, folder: Path) -> float:
    """Runs a job to its end; gives the seconds that its work took."""
    with job(name, folder) as command:
        command.wait_for("begins")
        start = time.monotonic()
        command.wait_for("ends")
        return time.monotonic() - start


def _kill(name: str, folder: Path, delay: float | None) -> bool:
    """Kills a job; None: as soon as half a file stands there. Gives whether one is left."""
    before = set(half_written(folder))
    with job(name, folder) as command:
        command.wait_for("begins")
        if delay is None:
            wait_until(lambda: set(half_written(folder)) - before, 60, "half a file")
        else:
            time.sleep(delay)
        command.kill()
        wait_until(lambda: not command.alive(), 5, "the end of what it had started")
    return bool(half_written(folder))


def _check_whole(folder: Path, wanted: dict[str, str]) -> None:
    """Asserts that what stands in the open is whole."""
    hidden = {path.relative_to(folder).as_posix() for path in half_written(folder)}
    for name, digest in sums(folder).items():
        assert name in hidden or ".part/" in name or wanted.get(name) == digest, f"half: {name}"


def killed_openvino(folder: Path) -> str:
    """Kills the maker of OpenVINO's int8 file; its bytes differ from run to run, so it is opened.

    A file without its sidecar counts as none, and is whole all the same.
    """
    halves = 0
    for delay in (None, 0.5, 3.0):
        halves += _kill("openvino", folder, delay)
        for made in folder.glob("m-openvino*.zip"):
            assert ZipFile(made).testzip() is None
            made.unlink()
    _undisturbed("openvino", folder)
    (made,) = folder.glob("m-openvino*.zip")
    note = json.loads(made.with_name(f"{made.name}.json").read_text(encoding="utf-8"))
    assert ZipFile(made).testzip() is None and note["sha256"] == sha256(made)
    return f"3 kills, {'some' if halves else 'none'} left half a file aside; {hidden(folder)} left"


def killed_in_mid_writing(folder: Path) -> str:
    """The fast one: a file of the standard library's own speed."""
    code = (
        "import sys, time; from helpers.files import put_in_place\n"
        "with put_in_place(sys.argv[1]) as path, path.open('w') as file:\n"
        "    file.write('new'); file.flush(); print('half', flush=True); time.sleep(60)"
    )
    path = folder / "record.json"
    path.write_text("old")
    for _ in range(2):
        with Command.python("-c", code, path, output=folder / "a.told") as command:
            command.wait_for("half")
            assert len(half_written(folder)) == 1  # that of the kill before is gone
            command.kill()
        assert path.read_text() == "old"
    from helpers.files import write_json

    write_json(path, {})
    left = sorted(one.name for one in folder.iterdir())
    return f"{path.read_text().strip()} {left}"


def killed_training(folder: Path) -> str:
    """Kills `make model`'s command while it makes passages, trains, and scores."""
    out, exam = folder / "bert", folder / "exam.json"
    arguments = (*TRAINING, "--out", out, "--exam", exam)
    out.mkdir()
    (out / "README.md").write_text(CARD)
    exam.write_text("old")
    for words, delay in (("level 1", 0.3), ("training:", 1.0), ("training:", None)):
        with Command.python(*arguments, output=folder / "a.told") as command:
            command.wait_for(words)
            if delay is None:  # until the weights stand there: it then scores them
                wait_until(lambda: [*folder.rglob("*.safetensors")], 120, "new weights")
            time.sleep(delay or 0)
            command.kill()
            wait_until(lambda: not command.alive(), 10, "the end of what it had started")
        there = [path.read_text() for path in (*out.iterdir(), exam)]
        assert there == [CARD, "old"], there
    with Command.python(*arguments, output=folder / "a.told") as command:
        assert command.wait() == 0, command.told[-300:]
    files = sorted(path.name for path in out.iterdir())
    left = sorted(path.name for path in folder.iterdir() if path.suffix != ".told")
    return f"3 kills, the old files stay; then {len(files)} new files, and beside them {left}"


def killed_scoring(folder: Path) -> str:
    """Kills a benchmark while it scores the whole file; the record says that it is short."""
    arguments = (*BENCHMARK, "--samples", "1", "--warmup", "0", "--out", folder)
    with Command.python(*arguments, output=folder / "a.told") as command:
        command.wait_for("scoring")
        command.kill()
    short = valid_record(folder / "record.json")
    with Command.python(*arguments, output=folder / "b.told") as command:
        assert command.wait() == 0, command.told[-300:]
    whole = valid_record(folder / "record.json")
    assert len(whole["scoring"]) == 6  # three ways, in windows of two lengths
    return (
        f"interrupted: {short['interrupted']}, then {whole['interrupted']}; {hidden(folder)} left"
    )


def hidden(folder: Path) -> str:
    return ", ".join(sorted(path.name for path in folder.rglob(".*"))) or "nothing"


# --- two at once -------------------------------------------------------------------------------


def twice(name: str) -> Callable[[Path], str]:
    """Two processes do one job in one folder, from the same moment on; what lies there then."""

    def cause(folder: Path) -> str:
        with serving(folder), tempfile.TemporaryDirectory() as apart:
            go, told = Path(apart) / "go", [Path(apart) / f"{number}.told" for number in (1, 2)]
            works = (
                Command.python(HERE / "jobs.py", name, folder, output=output, TOGETHER=str(go))
                for output in told
            )
            with next(works) as one, next(works) as two:
                for command in (one, two):
                    command.wait_for("begins")
                go.touch()
                for command in (one, two):
                    assert command.wait() == 0, command.told[-300:]
            times = [
                [
                    float(time)
                    for time in re.findall(r"[\d.]+", output.read_text().split("worked")[1])
                ]
                for output in told
            ]
        assert max(start for start, _ in times) < min(end for _, end in times), times
        assert not [path for path in folder.rglob("*") if "lock" in path.name]
        for sidecar in folder.glob("*.onnx.json"):
            note = json.loads(sidecar.read_text(encoding="utf-8"))
            assert note["sha256"] == sha256(sidecar.with_suffix(""))
        if name == "download":
            assert sha256(folder / "fetched") == hashlib.sha256(CONTENT).hexdigest()
        if name == "record":
            valid_record(folder / "record.json")
        return f"both end well; {hidden(folder)} left"

    return cause


def two_chapters(folder: Path) -> str:
    """Two runs of chapter 01 at once: neither takes the other's files away."""
    code = (
        "import os, sys, pathlib; from helpers import files\n"
        "files.PROJECT, mine = pathlib.Path(sys.argv[1]), str(os.getpid())\n"
        "folder = files.fresh_folder('chapter-01'); (folder / 'a').write_text(mine)\n"
        "print('begins', flush=True); sys.stdin.read(); import time; time.sleep(2)\n"
        "assert (folder / 'a').read_text() == mine; print(folder.name)"
    )
    with Command.python("-c", code, folder, output=folder / "one.told") as one:
        one.wait_for("begins")
        with Command.python("-c", code, folder, output=folder / "two.told") as two:
            for command in (one, two):
                assert command.wait(60) == 0, command.told[-300:]
    names = [path.read_text().split()[-1] for path in (one.output, two.output)]
    return f"both keep their files, in {', '.join(names)}"


# --- Ctrl-C ------------------------------------------------------------------------------------


def interrupted(
    arguments: tuple,
    words: str,
    delay: float,
    look: Callable[[Path], str],
    *,
    out: bool = True,
    until: Callable[[Path], object] | None = None,
    prepare: Callable[[Path], object] | None = None,
    own: str = "",
    **env: str,
) -> Callable[[Path], str]:
    """Ctrl-C to a command's group, `delay` seconds after it wrote some words, or made a file.

    Args:
        arguments: of Python.
        words: that it writes.
        delay: seconds.
        look: tells what is left in the folder.
        out: whether it takes `--out`.
        until: whether it has got so far, by what is in the folder; None: the words are enough.
        prepare: puts into the folder what it finds there; what that returns is where it runs.
        own: a variable that names a folder of its own, `<folder>/own`.
        env: as `Command` takes it.
    """

    def cause(folder: Path) -> str:
        cwd = (prepare(folder) if prepare else None) or PROJECT
        where = ("--out", folder / "out") if out else ()
        told = folder / "a.told"
        more = {**env, **({own: str(folder / "own")} if own else {})}
        with Command.python(*arguments, *where, output=told, cwd=cwd, **more) as command:
            command.wait_for(words)
            if until:
                wait_until(lambda: until(folder), 120, "it to get so far")
            time.sleep(delay)
            seconds = command.interrupt()
            code = command.process.poll()
            late = "" if seconds < WITHIN else f" LATE: {seconds:.1f} s"
            traced = ", a traceback" if "Traceback" in command.told else ""
        return f"exit {code}, nothing alive{late}{traced}; {look(folder)}"

    return cause


def the_record(folder: Path) -> str:
    found = valid_record(folder / "out" / "record.json")
    return f"interrupted: {found['interrupted']}"


def whole_files(folder: Path) -> str:
    """What a benchmark had made when it was ended; what it was writing lies aside."""
    made = [path for path in (folder / "out" / "files").glob("[!.]*.onnx") if read_model(path)]
    return "whole files alone" if made else "no file yet"


def no_half(folder: Path) -> str:
    half = [path.name for path in half_written(folder)]
    return f"half a file: {half}" if half else "no half a file"


def interrupted_job(name: str) -> Callable[[Path], str]:
    """Ctrl-C in the midst of an export or a download, as soon as half a file stands there."""

    def cause(folder: Path) -> str:
        with serving(folder), job(name, folder) as command:
            command.wait_for("begins")
            wait_until(lambda: half_written(folder), 60, "half a file")
            seconds = command.interrupt()
            code = command.process.poll()
        late = "" if seconds < WITHIN else f" LATE: {seconds:.1f} s"
        traced = ", a traceback" if "Traceback" in command.told else ""
        made = [path.name for path in folder.glob("*.onnx")] + [*folder.glob("fetched")]
        return f"exit {code}, nothing alive{late}{traced}; made {made}, {no_half(folder)}"

    return cause


LONG = (*BENCHMARK, "--samples", "100000", "--warmup", "0", "--sweep", "0")
KILLED, TWO, STOPPED = "killed", "two at once", "Ctrl-C"
ASIDE = "{} kills, some left half a file aside; then the same files$"
NEW_ALONE = r"{} \['a.told', 'record.json'\]$"
OPENVINO = "3 kills, some left half a file aside; nothing left$"
SCORED = "interrupted: True, then False; nothing left$"
TRAINED = r"3 kills, the old files stay; then 5 new files, and beside them \['bert', 'exam.json'\]$"
NOTHING_LEFT = "both end well; nothing left$"
APART = "both keep their files, in chapter-01, chapter-01-2$"
ENDED = "exit 130, nothing alive; "
SOON = ENDED + "no half a file$"
KEPT = ENDED + "interrupted: True"
JOB = r"exit {}, nothing alive; made \[\], no half a file$"


def kills(what: str, name: str, count: int, *stems: str) -> Fault:
    return Fault(KILLED, what, ASIDE.format(count), killed(name, kills=count, stems=stems))


def in_run(what: str, words: str, delay: float) -> Fault:
    cause = interrupted(CHAPTERS, words, delay, no_half, out=False)
    return Fault(STOPPED, f"in make run, {what}", SOON, cause)


def in_bench(what: str, arguments: tuple, words: str, delay: float) -> Fault:
    cause = interrupted(arguments, words, delay, the_record)
    return Fault(STOPPED, f"in make bench, {what}", KEPT, cause)


def in_making(what: str, rung: str, until: Callable, own: str = "") -> Fault:
    """While one rung is made; nothing is measured then, and the system's own hand ends it."""
    arguments = (*BENCHMARK[:-1], rung, "--samples", "1", "--sweep", "0")
    cause = interrupted(arguments, "", 1, whole_files, until=until, own=own)
    expected = r"exit -2, nothing alive; (whole files alone|no file yet)$"
    return Fault(STOPPED, f"in make bench, {what}", expected, cause)


def compiling(folder: Path) -> bool:
    """Whether PyTorch's compiler has written code of its own, which a C++ compiler then reads."""
    return any((folder / "own").rglob("*.cpp"))


def calibrating(folder: Path) -> bool:
    """Whether NNCF is at work: its file is begun, and nothing stands in it yet."""
    return any((folder / "out" / "files").glob(".*openvino*.part/*"))


def in_model(what: str, words: str, delay: float) -> Fault:
    cause = interrupted(TRAINING, words, delay, no_half)
    return Fault(STOPPED, f"in make model, {what}", SOON, cause)


FAULTS = [
    Fault(KILLED, "in mid-writing, twice", NEW_ALONE, killed_in_mid_writing, False),
    kills("during a download", "download", 4, "fetched"),
    kills("while records are written", "record", 4),
    kills("during an export", "export", 3, "m-exported"),
    kills("during fusion", "fuse", 3, "m-fused"),
    kills("during quantisation", "quantise", 3, "m-int8", "m-fused-but"),
    kills("as fp16 is made", "halve", 3, "m-fused-fp16"),
    Fault(KILLED, "as OpenVINO's int8 is made", OPENVINO, killed_openvino),
    Fault(KILLED, "during make model", TRAINED, killed_training),
    Fault(KILLED, "while a whole file is scored", SCORED, killed_scoring),
    Fault(TWO, "downloads of one file", NOTHING_LEFT, twice("download")),
    Fault(TWO, "exports of one model", NOTHING_LEFT, twice("export")),
    Fault(TWO, "fusions of one model", NOTHING_LEFT, twice("fuse")),
    Fault(TWO, "quantisations of one model", NOTHING_LEFT, twice("quantise")),
    Fault(TWO, "records to one place", NOTHING_LEFT, twice("record")),
    Fault(TWO, "runs of one chapter", APART, two_chapters, False),
    in_run("as a kernel starts", "00-start-here: ", 0.2),
    in_run("in a cell", "01-inside", 4),
    Fault(
        STOPPED,
        "in make bench, as libraries are loaded",
        "exit -2, nothing alive; no file yet$",
        interrupted(LONG, "", 1, whole_files),
    ),
    Fault(
        STOPPED,
        "in make bench, as files are made",
        "exit -2, nothing alive; (whole files alone|no file yet)$",  # the system's own hand
        interrupted(LONG, "", 0, whole_files, until=half_written),
    ),
    in_bench("as answers are compared", LONG, "answers", 0.1),
    in_bench("as runs are timed", LONG, "latency", 0.5),
    in_making("as PyTorch compiles", "torch-compiled", compiling, "TORCHINDUCTOR_CACHE_DIR"),
    in_making("as NNCF calibrates", "openvino-int8", calibrating),
    in_bench("in the sweep", (*BENCHMARK, "--samples", "1"), "sweep", 0.5),
    in_bench("as a file is scored", (*BENCHMARK, "--samples", "1"), "scoring", 0.1),
    in_model("as passages are made", "level 0", 0.5),
    in_model("in training", "training:", 1),
    Fault(STOPPED, "in an export", JOB.format("(-2|130)"), interrupted_job("export")),
    Fault(STOPPED, "in a download", JOB.format("130"), interrupted_job("download")),
]
