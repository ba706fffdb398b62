"""Makes the embedded model: `python -m helpers.training` writes `data/embedded-bert`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from helpers.errors import InputError, run_command

DATA = Path(__file__).parents[2] / "data"


def main(arguments: list[str] | None = None) -> None:
    """Generate, train, score, save.

    Args:
        arguments: The command line without the program's name; None takes it from the system.
    """
    parser = argparse.ArgumentParser(prog="python -m helpers.training", description=__doc__)
    parser.add_argument("--out", type=Path, default=DATA / "embedded-bert", help="folder to write")
    parser.add_argument(
        "--exam", type=Path, default=DATA / "squad-mini-v1.1.json", help="exam to write"
    )
    parser.add_argument("--share", type=float, default=1.0, help="share of steps and data")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=0, help="steps to train; 0: the plan's")
    parser.add_argument("--device", default="cpu", help="where to train: cpu or cuda")
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a kill, too, cleans up
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # both before torch is loaded
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from helpers.requirements import tell_other_versions

    tell_other_versions()
    from .making import make

    _check(chosen.steps, chosen.device)
    began = time.perf_counter()
    table = make(
        chosen.out,
        chosen.exam,
        share=chosen.share,
        seed=chosen.seed,
        steps=chosen.steps or None,
        device=chosen.device,
    )
    print(table)
    print(f"{chosen.out}: made in {(time.perf_counter() - began) / 60:.1f} minutes")


def _check(steps: int, device: str) -> None:
    if steps and steps < 10:
        raise InputError(f"STEPS={steps}: use 10 or more, or 0 for the plan's own")
    if device not in ("cpu", "cuda"):
        raise InputError(f"DEVICE={device}: unknown; use cpu or cuda")
    if device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise InputError(
                "DEVICE=cuda: this machine has no CUDA device that PyTorch can use; use DEVICE=cpu"
            )


if __name__ == "__main__":
    run_command(main)
