"""The benchmark as a command: what it leaves, and how bad input ends."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import jsonschema
import pytest
import torch
from builders import CASES, copy_folder, rising, squad_root, write
from safetensors.torch import load_file
from transformers import BertModel, DistilBertConfig, DistilBertForQuestionAnswering

import helpers.steps
from helpers import benchmark, models, report
from helpers.benchmark import main
from helpers.errors import InputError
from helpers.files import PROJECT, sha256
from helpers.ladder import choose
from helpers.peaks import Peaks
from helpers.rungs import Rung
from helpers.squad import featurize, shortest_length

DRIVER = Path(__file__).resolve().parent / "drive_benchmark.py"

no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")

# name: (arguments, what the line must contain: the value, then the remedy)
BAD = {
    "squad missing": (["--squad", "{tmp}/nowhere.json"], ["{tmp}/nowhere.json", "give the path"]),
    "squad is a folder": (["--squad", "{tmp}"], ["{tmp}", "no plain file", "give the path"]),
    "squad not JSON": (["--squad", "{tmp}/text.json"], ["{tmp}/text.json", "not JSON", "give"]),
    "squad of another shape": (["--squad", "{tmp}/shape.json"], ["shape.json", "data", "must be"]),
    "answer not in its context": (
        ["--squad", "{tmp}/answer.json"], ["answer.json", "'Tom'", "'q1'", "correct"]
    ),
    "squad without questions": (
        ["--squad", "{tmp}/none.json"], ["none.json", "no questions", "give"]
    ),
    "squad without words": (["--squad", "{tmp}/blank.json"], ["blank.json", "give passages"]),
    "squad of version 2": (["--squad", "{tmp}/v2.json"], ["v2.json", "'q1'", "v2.0"]),
    "squad with an id twice": (["--squad", "{tmp}/twice.json"], ["twice.json", "'q1'", "unique"]),
    "model folder missing": (["--model", "{tmp}/nowhere"], ["{tmp}/nowhere", "give one"]),
    "model on a hub out of reach": (["--model", "owner/bert"], ["owner/bert", "MODEL=embedded"]),
    "model without config": (["--model", "{tmp}"], ["{tmp}", "config.json", "save_pretrained"]),
    "model without weights": (
        ["--model", "{tmp}/weightless"], ["{tmp}/weightless", "no weights", "save_pretrained"]
    ),
    "model with pickled weights": (
        ["--model", "{tmp}/pickled"], ["{tmp}/pickled", "no weights", "save_pretrained"]
    ),
    "model not a BERT": (["--model", "{tmp}/distil"], ["distil", "not a BERT", "give a BERT"]),
    "model without a head": (["--model", "{tmp}/headless"], ["{tmp}/headless", "fine-tuned"]),
    "model with another vocabulary": (
        ["--model", "{tmp}/other"], ["{tmp}/other", "400 tokens", "496 rows", "trained with"]
    ),
    "model with broken weights": (["--model", "{tmp}/cut"], ["{tmp}/cut", "save the model"]),
    "seq beyond the positions": (["--seq", "1024"], ["SEQ=1024", "SEQ=512 or less"]),
    "seq too small": (["--seq", "8"], ["SEQ=8:", CASES.name, "use SEQ=68 or more"]),
    "seq too small for one question": (["--seq", "67"], ["SEQ=67:", "use SEQ=68 or more"]),
    "seq 0": (["--seq", "0"], ["SEQ=0", "at least 1"]),
    "stride 0": (["--stride", "0"], ["STRIDE=0", "at least 1"]),
    "samples 0": (["--samples", "0"], ["SAMPLES=0", "at least 1"]),
    "samples below 0": (["--samples=-3"], ["SAMPLES=-3", "at least 1"]),
    "samples in words": (["--samples", "many"], ["SAMPLES=many:", "whole number", "`make help`"]),
    "no samples given": (["--samples="], ["SAMPLES=:", "whole number", "`make help`"]),
    "seq with a point": (["--seq", "1e3"], ["SEQ=1e3:", "whole number", "`make help`"]),
    "questions below 0": (["--questions=-1"], ["QUESTIONS=-1", "at least 0"]),
    "squad of a stranger": (["--squad", "~nosuchuser/x"], ["~nosuchuser/x:", "write the path"]),
    "model of a stranger": (["--model", "~nosuchuser/x"], ["~nosuchuser/x:", "write the path"]),
    "squad with two blanks": (["--squad", "{tmp}/a  b.json"], ["{tmp}/a  b.json: no such file"]),
    "threads below 0": (["--threads=-2"], ["THREADS=-2", "at least 0"]),
    "far too many threads": (["--threads=" + "9" * 20], ["THREADS=999", "more than 1024; 0"]),
    "a folder in the place of the record": (
        ["--out={tmp}/taken"], ["taken/record.json: is a folder", "remove it, or name another"]
    ),
    "seed below 0": (["--seed=-1"], ["SEED=-1", "at least 0"]),
    "an unknown device": (["--device", "tpu"], ["DEVICE=tpu", "use cpu or cuda"]),
    "an unknown option": (["--sampels", "3"], ["--sampels", "--help"]),
    "cuda without a GPU": (["--device", "cuda"], ["DEVICE=cuda", "use DEVICE=cpu"]),
    "an unknown rung": (
        ["--rungs", "ort-fused,ort-turbo"], ["RUNGS=ort-turbo", "no such rung", "ort-fused"]
    ),
    "a rung of another device": (["--rungs", "ort-fp16"], ["RUNGS=ort-fp16", "cuda alone", "use"]),
    "no rung named": (["--rungs", ", "], ["RUNGS=, ", "names no rung", "use all, quick"]),
    "two rungs and neither possible": (
        ["--rungs=ort-fused,ort-int8-dynamic", "--model={tmp}/relu", "--out={tmp}/fused"],
        ["ort-fused", "0 BiasGelu, not 2", "none of them can run here", "name others"],
    ),
    "sweep neither 0 nor 1": (["--sweep", "2"], ["SWEEP=2", "must be 0 or 1"]),
    "out where nothing can be written": (["--out", "/proc/bench"], ["/proc/bench", "choose a"]),
    "out is a file": (["--out", "{tmp}/text.json"], ["{tmp}/text.json", "choose a folder"]),
}  # fmt: skip
GOOD = ["--samples", "3", "--warmup", "1", "--stride", "64", "--sweep", "0"]
GOOD += ["--rungs", "torch-eager,ort-exported"]


def unfusable(source: Path, target: Path) -> Path:
    """A copy of a model that computes ReLU where BERT computes GELU: there is no BiasGelu in it."""
    copy_folder(source, target)
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    return write(target / "config.json", {**config, "hidden_act": "relu"})


@pytest.fixture(scope="module")
def runs(tiny_folder, tmp_path_factory):
    """Every bad run and one good one, through the real command: (folder, {name: result})."""
    tmp = tmp_path_factory.mktemp("bad")
    write(tmp / "text.json", "once upon a time")
    write(tmp / "shape.json", {"rows": [1, 2]})
    write(tmp / "answer.json", squad_root(answer="Tom"))
    write(tmp / "none.json", {"data": []})
    write(tmp / "blank.json", squad_root(context="\u200b", answer="\u200b"))
    write(tmp / "v2.json", squad_root(answers=[], is_impossible=True))
    twice = squad_root()
    write(tmp / "twice.json", {"data": twice["data"] * 2})
    copy_folder(tiny_folder, tmp / "weightless", without=("*.safetensors",))
    copy_folder(tiny_folder, tmp / "pickled", without=("*.safetensors",))
    torch.save(load_file(tiny_folder / "model.safetensors"), tmp / "pickled" / "pytorch_model.bin")
    copy_folder(tiny_folder, tmp / "distil", without=("*.safetensors", "config.json"))
    config = DistilBertConfig(vocab_size=496, dim=32, n_layers=1, n_heads=2, hidden_dim=32)
    DistilBertForQuestionAnswering(config).save_pretrained(tmp / "distil")
    copy_folder(tiny_folder, tmp / "headless", without=("*.safetensors", "config.json"))
    BertModel.from_pretrained(tiny_folder).save_pretrained(tmp / "headless")
    copy_folder(tiny_folder, tmp / "other", without=("tokenizer*", "vocab.txt"))
    words = (tiny_folder / "vocab.txt").read_text(encoding="utf-8").split("\n")[:400]
    write(tmp / "other" / "vocab.txt", "\n".join(words))
    copy_folder(tiny_folder, tmp / "cut")
    weights = (tiny_folder / "model.safetensors").read_bytes()
    write(tmp / "cut" / "model.safetensors", weights[:5000])

    (tmp / "taken" / "record.json").mkdir(parents=True)
    unfusable(tiny_folder, tmp / "relu")

    usual = {"--model": str(tiny_folder), "--squad": str(CASES), "--out": str(tmp / "out" / "bad")}
    usual |= {"--rungs": "torch-eager,ort-exported", "--sweep": "0", "--samples": "3"}
    names = [name for name in BAD if name != "cuda without a GPU" or not torch.cuda.is_available()]
    lists = []
    for name in [*names, "good"]:
        arguments = [a.format(tmp=tmp) for a in BAD[name][0]] if name in BAD else list(GOOD)
        if name == "good":
            usual["--out"] = str(tmp / "good")
        for option, value in usual.items():
            if not any(a.split("=")[0] == option for a in arguments):
                arguments += [option, value]
        lists.append(arguments)
    driven = subprocess.run(
        [sys.executable, DRIVER],
        input=json.dumps(lists),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert driven.returncode == 0, driven.stderr
    return tmp, dict(zip([*names, "good"], json.loads(driven.stdout), strict=True))


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=no_gpu) if n.startswith("cuda") else n for n in BAD]
)
def test_bad_input_ends_in_one_line_with_the_value_and_the_remedy(runs, name):
    folder, results = runs
    code, out, err = results[name]
    assert code == 2, err
    assert err.startswith("error: ")
    assert err.count("\n") == 1, err
    assert err.endswith("\n")
    assert "Traceback" not in err + out
    for piece in BAD[name][1]:
        assert piece.format(tmp=folder) in err


def test_bad_input_leaves_nothing_half_written(runs):
    folder, _ = runs
    assert not (folder / "out").exists()
    assert not list(folder.rglob(".*"))  # a file is hidden until it is whole
    whole = {path.with_name(path.name + ".json") for path in folder.rglob("*.onnx")}
    assert set(folder.rglob("*.onnx.*")) == whole


def test_a_good_run_prints_its_table_and_leaves_record_chart_and_model(runs, tiny_folder):
    folder, results = runs
    code, out, err = results["good"]
    assert code == 0, err
    assert "Traceback" not in err
    left = sorted(path.name for path in (folder / "good").iterdir())
    assert left == ["accuracy.png", "chart.png", "files", "record.json"]
    names = sorted(path.name for path in (folder / "good" / "files").iterdir())
    assert len(names) == 2 and all(name.startswith("tiny-bert-exported-") for name in names)
    found = json.loads((folder / "good" / "record.json").read_text(encoding="utf-8"))
    assert found["settings"]["samples"] == 3
    assert found["settings"]["squad_sha256"] == sha256(CASES)
    assert found["model"]["weights_sha256"] == models.load(str(tiny_folder)).weights_sha256
    lines = out.splitlines()
    for rung in found["rungs"]:
        told = " ".join(line for line in lines if line.startswith(rung["name"])).split()
        assert f"{rung['latency_ms']['p50']:.2f}" in told
        assert f"{rung['exact_match']:.2f}" in told
    assert f"record: {folder / 'good' / 'record.json'}" in lines
    assert "14 questions in 45 windows" in out
    assert (folder / "good" / "chart.png").read_bytes().startswith(b"\x89PNG")


def test_make_bench_hands_the_error_on():
    before = {p: p.stat().st_mtime_ns for p in (PROJECT / "build" / "bench").rglob("*")}
    binaries = Path(sys.executable).parent
    stamp = PROJECT / ".venv" / ".installed"
    command = ["make", "-o", "setup", "-o", str(stamp), f"BIN={binaries}", "bench", "SAMPLES=0"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    run = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 2
    lines = [line for line in run.stderr.splitlines() if not line.startswith("make")]
    assert lines == ["error: SAMPLES=0: must be at least 1"]
    assert {p: p.stat().st_mtime_ns for p in (PROJECT / "build" / "bench").rglob("*")} == before


def test_the_smallest_seq_that_is_named_will_do(cases, tiny_tokenizer):
    assert shortest_length(cases, tiny_tokenizer) == 68
    assert len(featurize(cases, tiny_tokenizer, max_seq_length=68)) > len(cases)


def test_random_weights_and_a_part_of_the_questions_are_said_to_be_so(
    tiny_folder, tmp_path, monkeypatch, capsys
):
    shape = {"vocab_size": 496, "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    monkeypatch.setattr(models, "EMBEDDED", tiny_folder)
    monkeypatch.setattr(models, "_LARGE_SHAPE", shape)
    arguments = ["--model=bert-large-random", f"--squad={CASES}", f"--out={tmp_path}"]
    main([*arguments, "--samples=2", "--warmup=0", "--questions=2", "--sweep=0"])
    out = capsys.readouterr().out
    said = "The weights are random: the times hold, the answers mean nothing (no EM, no F1)."
    assert said in out.splitlines()
    assert "\nthe first 2 questions in " in out
    assert " EM " in out
    assert "bert-large-random, random weights: " in out


def interrupted_after(runs):
    """Two rungs that answer at once; the call after `runs` is ended by Ctrl-C."""
    calls = []

    def answer(inputs):
        calls.append(1)
        if len(calls) > runs:
            raise KeyboardInterrupt
        return (rising(inputs),) * 2

    return [Rung(name, "PyTorch", "fp32", "cpu", "cpu", answer) for name in ("one", "two")]


def run_until_ctrl_c(tiny_folder, out, monkeypatch, runs):
    """The exit code of a benchmark of two rungs whose call after `runs` is ended by Ctrl-C."""
    steps = choose("torch-eager,ort-exported", "cpu")
    made = interrupted_after(runs)
    monkeypatch.setattr(helpers.steps, "build", lambda *_: zip(steps, made, strict=True))
    places = [f"--model={tiny_folder}", f"--squad={CASES}", f"--out={out}"]
    return main([*places, "--samples=50", "--warmup=0", "--stride=64", "--sweep=0"])


def valid_record(folder):
    found = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    schema = json.loads((PROJECT / "data" / "record.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, schema)
    return found


def test_ctrl_c_leaves_a_valid_record_of_what_was_finished(
    tiny_folder, tmp_path, monkeypatch, capsys
):
    for name in ("record.json", "sweep.png"):
        (tmp_path / name).write_bytes(b"of an earlier run")
    runs = 2 * (1 + 45 + 3) + 1  # first runs, answers to 45 windows, three rounds, half a round
    assert run_until_ctrl_c(tiny_folder, tmp_path, monkeypatch, runs) == 130
    found = valid_record(tmp_path)
    assert found["interrupted"] is True
    assert [len(rung["latency_ms"]["samples"]) for rung in found["rungs"]] == [3, 3]
    assert "Stopped early" in capsys.readouterr().out
    assert not (tmp_path / "sweep.png").exists()


@pytest.mark.parametrize("earlier", [True, False])
def test_ctrl_c_before_a_round_is_finished_takes_no_earlier_record_away(
    tiny_folder, tmp_path, monkeypatch, capsys, earlier
):
    if earlier:
        for name in ("record.json", "sweep.png"):
            (tmp_path / name).write_bytes(b"of an earlier run")
    assert run_until_ctrl_c(tiny_folder, tmp_path, monkeypatch, 9) == 130  # among the answers
    assert capsys.readouterr().out.endswith(
        "\nno round was finished; the record of an earlier run, where there was one, is kept\n"
    )
    if earlier:
        left = [(tmp_path / name).read_bytes() for name in ("record.json", "sweep.png")]
        assert left == [b"of an earlier run"] * 2
    else:
        found = valid_record(tmp_path)
        assert (found["interrupted"], found["rungs"]) == (True, [])


SLOW = """
import hashlib, signal, sys
import helpers.steps
from helpers.benchmark import main
from helpers.errors import run_command
from helpers.ladder import choose
from helpers.rungs import Rung

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job has none
sys.path.insert(0, {tests!r})
from builders import rising

calls = []

def answer(inputs):
    calls.append(1)
    if len(calls) > 2 * (1 + 7 + 2):  # first runs, answers to seven windows, two rounds
        print("third round", flush=True)
        hashlib.pbkdf2_hmac("sha256", b"x", b"y", 50_000_000)  # half a minute without Python
    return (rising(inputs),) * 2

made = [Rung(name, "PyTorch", "fp32", "cpu", "cpu", answer) for name in ("one", "two")]
steps = choose("torch-eager,ort-exported", "cpu")
helpers.steps.build = lambda *_: zip(steps, made)
run_command(lambda: main(sys.argv[1:]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_ended_inside_an_engine_leaves_a_valid_record(tiny_folder, tmp_path, number):
    script = write(tmp_path / "slow.py", SLOW.format(tests=str(Path(__file__).parent)))
    places = [f"--model={tiny_folder}", f"--squad={CASES}", f"--out={tmp_path / 'out'}"]
    settings = ["--samples=50", "--warmup=0", "--questions=1", "--sweep=0"]
    run = subprocess.Popen(
        [sys.executable, script, *places, *settings],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    ended = threading.Timer(120, run.kill)  # where it never comes so far, the line below is empty
    ended.start()
    try:
        assert run.stdout.readline() == "third round\n"
        run.send_signal(number)
        run.communicate(timeout=60)
    finally:
        ended.cancel()
        run.kill()
        run.wait()
    assert run.returncode == {signal.SIGINT: 130, signal.SIGKILL: -9}[number]
    found = valid_record(tmp_path / "out")
    assert found["interrupted"] is True
    rounds = [len(rung["latency_ms"]["samples"]) for rung in found["rungs"]]
    assert rounds in ([1, 1], [2, 2])  # the second came so soon that it may not have been kept


def test_a_record_says_that_it_is_short_until_all_is_measured(tiny_folder, tmp_path, monkeypatch):
    said = []

    def look():
        found = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
        said.append((found["interrupted"], len(found["rungs"])))

    def volume(rungs, material, settings, keep):
        look()
        keep({"lengths": {}, "sweep": []})
        look()
        return {"lengths": {}, "sweep": []}, False

    monkeypatch.setattr(benchmark, "measure_volume", volume)
    monkeypatch.setattr(benchmark, "peaks_or_none", lambda *_, **__: None)
    monkeypatch.setattr(benchmark, "save_charts", lambda *_: [])
    places = [f"--model={tiny_folder}", f"--squad={CASES}", f"--out={tmp_path}"]
    code = main([*places, "--samples=1", "--warmup=0", "--questions=2", "--rungs=torch-eager"])
    look()
    assert code is None
    assert said == [(True, 1), (True, 1), (False, 1)]


def test_ctrl_c_while_the_peaks_are_measured_again_leaves_all_that_was_timed(
    tiny_folder, tmp_path, monkeypatch
):
    measured = []

    def peaks(*_, before=None, **__):
        measured.append(before)
        if before:
            raise KeyboardInterrupt
        return Peaks("cpu", 2, {"fp32": 200.0}, 20.0, {"fp32": "so", "bandwidth": "so"})

    monkeypatch.setattr(benchmark, "peaks_or_none", peaks)
    places = [f"--model={tiny_folder}", f"--squad={CASES}", f"--out={tmp_path}"]
    with pytest.raises(KeyboardInterrupt):
        main([*places, "--samples=3", "--warmup=0", "--questions=2", "--rungs=torch-eager"])
    assert [bool(before) for before in measured] == [False, True]
    found = valid_record(tmp_path)
    assert found["interrupted"] is True
    assert [len(rung["latency_ms"]["samples"]) for rung in found["rungs"]] == [3]
    assert found["limit"]["peak_gflops"] == {"fp32": 200.0}


def test_charts_are_drawn_later_where_a_run_was_ended(tmp_path, monkeypatch, capsys):
    kept = PROJECT / "data" / "records" / "epyc-zen4-embedded.json"
    (tmp_path / "record.json").write_bytes(kept.read_bytes())
    monkeypatch.setattr(report, "save_charts", lambda found, folder: [folder / "chart.png"])
    report.main([str(tmp_path)])
    out = capsys.readouterr().out
    assert "ONNX Runtime fused" in out
    assert out.endswith(f"\nchart:  {tmp_path / 'chart.png'}\n")
    with pytest.raises(InputError, match=r"^record: no such record in .*gone; there are: none"):
        report.main([str(tmp_path / "gone")])
