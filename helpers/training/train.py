"""The training loop."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import torch
from tqdm import tqdm
from transformers import BertForQuestionAnswering

from .batches import Batch, Hidden, batches
from .captured import Captured
from .encode import Samples
from .losses import Helpers, loss_of
from .memory import keep_memory
from .plan import Plan
from .precision import matrix_dtype
from .values import GROUPS

__all__ = ["train"]


def train(
    model: BertForQuestionAnswering,
    levels: Sequence[tuple[Samples, Samples]],
    plan: Plan,
    device: str = "cpu",
) -> BertForQuestionAnswering:
    """Train a model, with a progress bar that tells the share of right answers.

    Matrices are multiplied in what `precision.matrix_dtype` chooses, and a line says which.

    Args:
        model: Where training starts; its weights change.
        levels: Samples of very short passages for the first `short_steps`, of longer ones for the
            next `medium_steps`, and whole ones for the rest, mixed with `medium_share` of those.
            Of each there are two: from the core of the forms, and from all of them.
        plan: How.
        device: Where: "cpu" or "cuda". Only on the CPU are the weights the same at every run.

    Returns:
        A model of the weights' running average, on the CPU.
    """
    keep_memory()
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    model = model.to(device)
    helpers = Helpers(model.config.hidden_size, len(GROUPS) + 1).to(device)
    weights = [*model.parameters(), *helpers.parameters()]
    optimizer = _optimizer(weights, plan, device)
    rng = np.random.default_rng(plan.seed)
    once = partial(
        batches,
        rng=rng,
        size=plan.size,
        multiple=8 if device == "cpu" else 16,
        hidden=Hidden(plan.hidden_share, plan.hidden_tokens, model.config.vocab_size),
    )
    feeds = [_mixed(level, once, rng, plan.core_share) for level in levels]
    averaged = copy.deepcopy(model)
    turn = int(plan.steps * plan.decay_from)
    dtype = matrix_dtype(device)
    half = dtype == torch.bfloat16
    where = "GPU" if device != "cpu" else "processor"
    print(f"matrices in {dtype}, as this {where} has {'' if half else 'no '}fast bfloat16")

    def take(batch: Batch, spans: bool) -> torch.Tensor:
        """One step: loss, gradients, weights; gives the share of right answers."""
        optimizer.zero_grad()
        with torch.autocast(device, torch.bfloat16, enabled=half, cache_enabled=False):
            loss, right = loss_of(
                model,
                helpers,
                batch,
                plan.help_weight,
                plan.inside_weight,
                spans=spans,
                dtype=dtype,
            )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0, foreach=True)
        optimizer.step()
        return right

    if device != "cpu":
        take = Captured(take)
    smooth = torch.zeros((), device=device)
    bar = tqdm(range(plan.steps), desc="training", mininterval=2.0, ncols=80)
    model.train()
    for step in bar:
        _set_rate(optimizer, plan.rate_at(step))
        level = (step >= plan.short_steps) + (step >= plan.short_steps + plan.medium_steps)
        batch = next(feeds[level - (level == 2 and rng.random() < plan.medium_share)])
        right = take(batch if device == "cpu" else _moved(batch, device), level > 0)
        smooth.lerp_(right, 0.02)
        if step % 100 == 99:
            bar.set_postfix(right=f"{smooth.item():.3f}")
        if step == turn:
            averaged.load_state_dict(model.state_dict())
        elif step > turn:
            _drift(averaged, model, 1 - min(plan.average, (step - turn) / (step - turn + 10)))
    return averaged.to("cpu").eval()


def _optimizer(weights: list[torch.nn.Parameter], plan: Plan, device: str) -> torch.optim.Optimizer:
    """AdamW, with weight decay on matrices alone; on a GPU its rate is a tensor, for the graphs."""
    matrices, vectors = [w for w in weights if w.ndim > 1], [w for w in weights if w.ndim < 2]
    groups = [
        {"params": matrices, "weight_decay": plan.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    on_cpu = device == "cpu"
    rate = plan.rate if on_cpu else torch.tensor(plan.rate, device=device)
    return torch.optim.AdamW(
        groups, lr=rate, betas=(0.9, 0.98), eps=1e-8, fused=True, capturable=not on_cpu
    )


def _moved(batch: Batch, device: str) -> Batch:
    """Puts a batch on its way to the GPU without waiting for it."""
    return Batch(*(tensor.pin_memory().to(device, non_blocking=True) for tensor in batch))


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        if isinstance(group["lr"], torch.Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def _mixed(
    level: tuple[Samples, Samples],
    once: Callable[[Samples], Iterator[Batch]],
    rng: np.random.Generator,
    core_share: float,
) -> Iterator[Batch]:
    """Batches without end, each from the core or from all forms; `once` goes through samples."""
    core, every = (_endless(samples, once) for samples in level)
    while True:
        yield next(core if rng.random() < core_share else every)


def _endless(samples: Samples, once: Callable[[Samples], Iterator[Batch]]) -> Iterator[Batch]:
    while True:
        yield from once(samples)


def _drift(averaged: torch.nn.Module, model: torch.nn.Module, amount: float) -> None:
    """Moves the average towards the model by a share of the way."""
    with torch.no_grad():
        torch._foreach_lerp_(list(averaged.parameters()), list(model.parameters()), amount)
