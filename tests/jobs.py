"""What a fault is done to: `jobs.py NAME FOLDER` says "begins" once all is loaded, then works."""

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from helpers.downloads import fetch
from helpers.errors import run_command
from helpers.files import write_json
from helpers.recorded import recorded

__all__ = ["CONTENT", "JOBS", "main"]

CONTENT = b"%d\n" * 400_000
"""What `jobs.py fetch` asks a server for: 1.6 MB."""


def files_of(folder: Path):
    from helpers.model_files import ModelFiles
    from helpers.models import load

    ids = np.random.default_rng(3).integers(1000, 2000, (8, 64))
    calibration = {
        "input_ids": ids,
        "attention_mask": np.ones_like(ids),
        "token_type_ids": np.zeros_like(ids),
    }
    return ModelFiles(load().model, name="m", folder=folder, calibration=calibration)


def export(folder: Path) -> Iterator[None]:
    files = files_of(folder)
    yield
    assert files.exported


def fuse(folder: Path) -> Iterator[None]:
    files = files_of(folder)
    assert files.exported
    yield
    assert files.fused


def quantise(folder: Path) -> Iterator[None]:
    files = files_of(folder)
    assert files.fused
    yield
    assert files.int8_dynamic
    assert files.int8_static


def halve(folder: Path) -> Iterator[None]:
    files = files_of(folder)
    assert files.fused
    yield
    assert files.fused_fp16


def openvino(folder: Path) -> Iterator[None]:
    files = files_of(folder)
    assert files.exported
    yield
    assert files.openvino_int8


def download(folder: Path) -> Iterator[None]:
    address = (folder / "address").read_text(encoding="utf-8")
    yield
    fetch(address, folder / "fetched", digest=hashlib.sha256(CONTENT).hexdigest())


def record(folder: Path) -> Iterator[None]:
    found = recorded("epyc-zen4-embedded")
    yield
    for _ in range(40):
        write_json(folder / "record.json", found)


ALL = (export, fuse, quantise, halve, openvino, download, record)
JOBS = {job.__name__: job for job in ALL}


def main() -> None:
    job = JOBS[sys.argv[1]](Path(sys.argv[2]))
    next(job)
    print("begins", flush=True)
    if "TOGETHER" in os.environ:  # with another one that waits for the same file
        while not Path(os.environ["TOGETHER"]).exists():
            time.sleep(0.001)
    start = time.time()
    next(job, None)
    print("ends", flush=True)
    print(f"worked from {start} to {time.time()}", flush=True)


if __name__ == "__main__":
    run_command(main)
