"""The training loop."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import numpy as np
import torch
from tqdm import tqdm
from transformers import BertForQuestionAnswering

from .batches import Batch, batches
from .encode import Samples
from .losses import Helpers, loss_of
from .memory import keep_memory
from .plan import Plan
from .precision import matrix_dtype
from .values import GROUPS

__all__ = ["train"]


def train(
    model: BertForQuestionAnswering,
    levels: tuple[Samples, Samples, Samples],
    plan: Plan,
) -> BertForQuestionAnswering:
    """Train a model, with a progress bar that tells the share of right answers.

    Matrices are multiplied in what `precision.matrix_dtype` chooses, and a line says which.

    Args:
        model: Where training starts; its weights change.
        levels: Samples of very short passages for the first `short_steps`, of longer ones for the
            next `medium_steps`, and whole ones for the rest, mixed with `medium_share` of those.
        plan: How.

    Returns:
        A model of the weights' running average.
    """
    keep_memory()
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    helpers = Helpers(model.config.hidden_size, len(GROUPS) + 1)
    weights = [*model.parameters(), *helpers.parameters()]
    optimizer = _optimizer(weights, plan)
    rng = np.random.default_rng(plan.seed)
    feeds = [_endless(samples, rng, plan) for samples in levels]
    averaged = copy.deepcopy(model)
    turn = int(plan.steps * plan.decay_from)
    dtype = matrix_dtype()
    half = dtype == torch.bfloat16
    print(f"matrices in {dtype}, as this processor has {'' if half else 'no '}fast bfloat16")
    smooth = 0.0
    bar = tqdm(range(plan.steps), desc="training", mininterval=2.0, ncols=80)
    model.train()
    for step in bar:
        for group in optimizer.param_groups:
            group["lr"] = plan.rate_at(step)
        level = (step >= plan.short_steps) + (step >= plan.short_steps + plan.medium_steps)
        batch = next(feeds[level - (level == 2 and rng.random() < plan.medium_share)])
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            loss, right = loss_of(
                model,
                helpers,
                batch,
                plan.help_weight,
                plan.inside_weight,
                spans=level > 0,
                dtype=dtype,
            )
        loss.backward()
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
    return averaged.eval()


def _optimizer(weights: list[torch.nn.Parameter], plan: Plan) -> torch.optim.Optimizer:
    """AdamW, with weight decay on matrices alone."""
    matrices, vectors = [w for w in weights if w.ndim > 1], [w for w in weights if w.ndim < 2]
    groups = [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.98), eps=1e-8, fused=True)


def _endless(samples: Samples, rng: np.random.Generator, plan: Plan) -> Iterator[Batch]:
    while True:
        yield from batches(samples, rng, plan.size)


def _drift(averaged: torch.nn.Module, model: torch.nn.Module, amount: float) -> None:
    """Moves the average towards the model by a share of the way."""
    with torch.no_grad():
        torch._foreach_lerp_(list(averaged.parameters()), list(model.parameters()), amount)
