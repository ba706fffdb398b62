"""The training loop, shared by processes of one thread each, which average their gradients.

Each takes its rows of every batch, so that the number of processes changes the order of sums alone.
"""

from __future__ import annotations

import copy
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from safetensors.torch import load_file, save_file
from tqdm import tqdm
from transformers import BertConfig, BertForQuestionAnswering

from .batches import Batch, batches
from .encode import Samples
from .losses import Helpers, loss_of
from .memory import keep_memory
from .plan import Plan
from .values import GROUPS

__all__ = ["train"]

_RESULT = "averaged.safetensors"


def train(
    model: BertForQuestionAnswering,
    levels: tuple[Samples, Samples, Samples],
    plan: Plan,
) -> BertForQuestionAnswering:
    """Train a model in several processes, each with its share of every batch.

    The result depends on the number of workers only through the order of sums.

    Args:
        model: Where training starts; not changed.
        levels: Samples of very short passages for the first `short_steps`, of longer ones for the
            next `medium_steps`, and whole ones for the rest, mixed with `medium_share` of those.
        plan: How; a batch is dealt out row by row to `workers` processes.

    Returns:
        A model of the weights' running average.
    """
    with tempfile.TemporaryDirectory() as folder:
        start = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        torch.multiprocessing.spawn(
            _work, (model.config, start, levels, plan, folder), nprocs=plan.workers
        )
        averaged = copy.deepcopy(model)
        averaged.load_state_dict(load_file(Path(folder) / _RESULT))
    return averaged.eval()


def _work(
    rank: int,
    config: BertConfig,
    start: dict[str, torch.Tensor],
    levels: tuple[Samples, Samples, Samples],
    plan: Plan,
    folder: str,
) -> None:
    """One process of the training; the first one also shows progress and leaves the result."""
    keep_memory()
    torch.set_num_threads(1)
    meeting = f"file://{folder}/meeting"
    if sys.platform == "linux":
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")  # loopback only
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=plan.workers)
    torch.manual_seed(plan.seed)
    model = BertForQuestionAnswering._from_config(config, attn_implementation="eager")
    model.load_state_dict(start)
    torch.manual_seed(plan.seed)
    helpers = Helpers(model.config.hidden_size, len(GROUPS) + 1, model.config.vocab_size)
    weights = [*model.parameters(), *helpers.parameters()]
    matrices, vectors = [w for w in weights if w.ndim > 1], [w for w in weights if w.ndim < 2]
    groups = [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.98), eps=1e-8, fused=True)
    rng = np.random.default_rng(plan.seed)  # the same in every process: all draw the same batches
    feeds = [_endless(samples, rng, plan) for samples in levels]
    averaged = copy.deepcopy(model)
    turn = int(plan.steps * plan.decay_from)
    smooth = 0.0
    bar = tqdm(range(plan.steps), desc="training", mininterval=2.0, ncols=80, disable=rank > 0)
    model.train()
    for step in bar:
        for group in optimizer.param_groups:
            group["lr"] = plan.rate_at(step)
        level = (step >= plan.short_steps) + (step >= plan.short_steps + plan.medium_steps)
        batch = next(feeds[level - (level == 2 and rng.random() < plan.medium_share)])
        # `places` has one row that all share
        share = Batch(*(t if len(t) == 1 else t[rank :: plan.workers] for t in batch))
        with torch.autocast("cpu", torch.bfloat16):
            loss, right = loss_of(
                model, helpers, share, plan.help_weight, plan.word_weight, spans=level == 2
            )
        loss.backward()
        _average_gradients(weights, plan.workers)
        torch.nn.utils.clip_grad_norm_(weights, 1.0, foreach=True)
        optimizer.step()
        optimizer.zero_grad()
        smooth += 0.02 * (right.item() - smooth)
        if step % 100 == 99:
            bar.set_postfix(right=f"{smooth:.3f}")
        if step == turn:
            averaged.load_state_dict(model.state_dict())
        elif step > turn:
            _drift(averaged, model, 1 - min(plan.average, (step - turn) / (step - turn + 10)))
    if rank == 0:
        save_file(dict(averaged.state_dict()), Path(folder) / _RESULT)
    dist.barrier()
    dist.destroy_process_group()


def _endless(samples: Samples, rng: np.random.Generator, plan: Plan) -> Iterator[Batch]:
    while True:
        yield from batches(samples, rng, plan.size, masking=plan.masking)


def _average_gradients(weights: list[torch.nn.Parameter], workers: int) -> None:
    used = [weight for weight in weights if weight.grad is not None]
    flat = torch.cat([weight.grad.flatten() for weight in used])
    dist.all_reduce(flat)
    flat /= workers
    parts = flat.split([weight.numel() for weight in used])
    for weight, part in zip(used, parts, strict=True):
        weight.grad.copy_(part.view_as(weight))


def _drift(averaged: torch.nn.Module, model: torch.nn.Module, amount: float) -> None:
    """Moves the average towards the model by a share of the way."""
    with torch.no_grad():
        torch._foreach_lerp_(list(averaged.parameters()), list(model.parameters()), amount)
