"""The benchmark: PyTorch against ONNX Runtime, one process, latency and accuracy side by side.

    python -m helpers.benchmark --model embedded --samples 1000

It is a process of its own because a notebook is a poor stopwatch: the kernel's other threads,
its output channel and its display hooks all take part in what a cell times.
"""

import argparse
import os
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import torch

from helpers.comparison import compare
from helpers.display import latency_chart, save_chart, table
from helpers.environment import cores
from helpers.errors import InputError, run_command
from helpers.exports import export_bert
from helpers.files import PROJECT, write_json
from helpers.models import QuestionAnswerer, load
from helpers.records import record
from helpers.rungs import onnxruntime_rung, torch_rung
from helpers.settings import Settings, read_settings, squad_path
from helpers.squad import featurize, read_squad, shortest_length

__all__ = ["headline", "main", "run"]


def run(settings: Settings, folder: Path) -> dict[str, Any]:
    """Runs the whole benchmark and returns its record.

    Args:
        settings: how it runs.
        folder: where the exported model goes.

    Raises:
        InputError: something in the settings cannot be used.
    """
    threads = settings.threads or cores()
    torch.set_num_threads(threads)
    path = squad_path(settings.squad)
    whole = read_squad(path)
    examples = whole[: settings.questions or None]
    answerer = load(settings.model)
    if settings.seq > answerer.max_positions:
        raise InputError(
            f"SEQ={settings.seq}: {settings.model} has {answerer.max_positions} positions; "
            f"use SEQ={answerer.max_positions} or less"
        )
    least = shortest_length(examples, answerer.tokenizer)
    if settings.seq < least:
        raise InputError(
            f"SEQ={settings.seq}: the longest question of {path.name} leaves no room for its "
            f"passage; use SEQ={least} or more"
        )
    shape = {"max_seq_length": settings.seq, "doc_stride": settings.stride}
    features = featurize(examples, answerer.tokenizer, **shape)
    if not len(features):
        raise InputError(f"{path}: its contexts hold no words; give passages with text")
    kept = len(features) if answerer.trained else min(settings.samples, len(features))
    onnx_path = folder / f"{_plain(settings.model)}-opset11.onnx"
    print(f"exporting {settings.model} to {onnx_path}")
    export_bert(answerer.model, onnx_path, length=settings.seq)
    rungs = [
        torch_rung(answerer.model, device=settings.device),
        onnxruntime_rung(
            onnx_path, name="ONNX Runtime as exported", device=settings.device, threads=threads
        ),
    ]
    scored = (examples, features) if answerer.trained else ()
    results = compare(
        rungs,
        features.inputs(slice(kept)),
        *scored,
        samples=settings.samples,
        warmup=settings.warmup,
        seed=settings.seed,
    )
    used = {
        **asdict(settings),
        "squad": path.name,
        "threads": threads,
        "batch": 1,
        "questions": len(examples),
        "questions_in_file": len(whole),
        "windows": len(features),
        "omp_wait_policy": os.environ.get("OMP_WAIT_POLICY", "unset"),
        "gomp_spincount": os.environ.get("GOMP_SPINCOUNT", "unset"),
    }
    return record(results, model=_describe(answerer), settings=used)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command `python -m helpers.benchmark`."""
    options = _parser().parse_args(arguments)
    given = {key: value for key, value in vars(options).items() if key != "out"}
    settings = read_settings(given)
    folder = Path(options.out)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=UserWarning)
        found = run(settings, folder)
    path = write_json(folder / "record.json", found)
    chart = save_chart(latency_chart(found["rungs"], title=headline(found)), folder / "chart.png")
    print(f"\n{headline(found)}")
    used = found["settings"]
    part = "" if used["questions"] == used["questions_in_file"] else "the first "
    print(
        f"{part}{used['questions']} questions in {used['windows']} windows of "
        f"{used['squad']}; times in ms over {settings.samples} interleaved runs each\n"
    )
    print(table(found["rungs"]))
    if not found["model"]["trained"]:
        print("\nThe weights are random: the times hold, the answers mean nothing (no EM, no F1).")
    print(f"\nrecord: {path}\nchart:  {chart}")


def headline(found: dict[str, Any]) -> str:
    """What a record is about, in one line."""
    machine, settings = found["machine"], found["settings"]
    where = machine["gpu"] if settings["device"] == "cuda" else machine["cpu"]
    weights = "" if found["model"]["trained"] else ", random weights"
    return (
        f"{found['model']['name']}{weights}: batch {settings['batch']}, {settings['seq']} tokens, "
        f"{settings['threads']} threads, {where}"
    )


def _describe(answerer: QuestionAnswerer) -> dict[str, Any]:
    config = answerer.model.config
    return {
        "name": answerer.name,
        "source": "data/embedded-bert" if answerer.name == "embedded" else answerer.source,
        "trained": answerer.trained,
        "parameters": answerer.model.num_parameters(),
        "layers": config.num_hidden_layers,
        "hidden_size": config.hidden_size,
    }


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in Path(name).name)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; `python -m helpers.benchmark --help` lists what there is")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="make bench", description=__doc__.split("\n")[0])
    defaults = Settings.__dataclass_fields__
    helps = {
        "model": "embedded, bert-large, bert-large-random, a folder, or a hub name",
        "squad": "mini, dev, or the path of a SQuAD v1.1 file",
        "samples": "timed runs of each engine",
        "device": "cpu or cuda",
        "seq": "tokens of a window",
        "stride": "tokens by which windows advance at most",
        "questions": "how many questions of the file are used, the first ones; 0: all",
        "threads": "threads inside one operator; 0: one for each logical processor",
        "warmup": "runs of each engine that are thrown away",
        "seed": "seeds the order of the runs",
    }
    for name, text in helps.items():
        default = defaults[name].default
        parser.add_argument(f"--{name}", default=str(default), help=text)
    parser.add_argument("--out", default=str(PROJECT / "build" / "bench"), help="folder of results")
    return parser


if __name__ == "__main__":
    run_command(main)
