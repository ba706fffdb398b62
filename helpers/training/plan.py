"""How the embedded model is trained, in numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

__all__ = ["THREADS", "Plan"]

THREADS = 2
"""Threads that share the arithmetic: their number changes the order of sums, so it is fixed."""


@dataclass(frozen=True)
class Plan:
    """How to train; steps are counted, never timed, so that a run can be repeated.

    Attributes:
        short_steps: steps on very short passages, first.
        medium_steps: steps on somewhat longer ones, next.
        steps: all steps; those that remain are on whole passages.
        core_share: share of batches that come from the core of the forms; the others come from all.
        medium_share: share of batches of somewhat longer passages among the whole ones.
        hidden_share: share of the questions that lose word pieces, each time anew.
        hidden_tokens: share of its tokens that such a question loses.
        size: questions a batch.
        rate: the highest learning rate.
        weight_decay: what each step takes of the matrices, times the rate.
        warm_up: steps until it is reached.
        decay_from: share of the steps after which it falls.
        help_weight: weight of the helpers' tasks but the next.
        inside_weight: weight of telling the answer's tokens from the others.
        average: the running average keeps this share of itself at each step.
        seed: seeds weights, order and chance.
        threads: threads that share the arithmetic; their number changes the order of sums.
    """

    short_steps: int = 444
    medium_steps: int = 2056
    steps: int = 5000
    core_share: float = 0.5
    medium_share: float = 0.35
    hidden_share: float = 0.3
    hidden_tokens: float = 0.15
    size: int = 64
    rate: float = 1.9e-3
    weight_decay: float = 0.1
    warm_up: int = 150
    decay_from: float = 0.4
    help_weight: float = 0.6
    inside_weight: float = 10.0
    average: float = 0.998
    seed: int = 1
    threads: int = THREADS

    def rate_at(self, step: int) -> float:
        """Give the learning rate: warm-up, constant, then a cosine down to a fiftieth."""
        if step < self.warm_up:
            return self.rate * (step + 1) / self.warm_up
        turn = self.steps * self.decay_from
        if step < turn:
            return self.rate
        part = (step - turn) / max(1, self.steps - turn)
        return self.rate * (0.02 + 0.98 * (1 + math.cos(math.pi * part)) / 2)

    def lasting(self, steps: int) -> Plan:
        """Give the same plan with another number of steps, its stages in proportion."""
        part = steps / self.steps
        return replace(
            self,
            short_steps=round(self.short_steps * part),
            medium_steps=round(self.medium_steps * part),
            steps=steps,
        )
