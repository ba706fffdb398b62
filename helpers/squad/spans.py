"""A question's best answers: where they stand in the passage, and how they compare."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.squad.candidates import ranked
from helpers.squad.reading import Example
from helpers.squad.windows import Features

__all__ = ["Span", "best_spans"]


@dataclass(frozen=True)
class Span:
    """A piece of a passage that answers a question.

    Attributes:
        text: the answer, as written in the passage.
        start: the index of its first character in the passage.
        end: the index behind its last character.
        score: its share among the best answers of this question, 0 to 1.
    """

    text: str
    start: int
    end: int
    score: float


def best_spans(
    examples: Sequence[Example],
    features: Features,
    start_logits: np.ndarray,
    end_logits: np.ndarray,
    *,
    n_best: int = 20,
    max_answer_length: int = 30,
) -> dict[str, tuple[Span, ...]]:
    """Each question's best answers over all its windows, with scores.

    An answer has the points `start logit + end logit`. Of one text that stands at several places,
    or that several pairs of tokens cut out, the best place counts. The score of answer i of the
    n_best is `exp(points i) / sum over j of exp(points j)`: the `probability` that the original
    BERT code writes beside its answers (run_squad.py, `_compute_softmax`). It compares answers
    with each other and sums to 1, so it says nothing of whether the passage holds an answer.

    Args:
        examples: the questions that `features` was made from.
        features: their windows.
        start_logits: float [windows, max_seq_length], how well an answer begins at each token.
        end_logits: float [windows, max_seq_length], how well it ends there.
        n_best: how many starts and ends of each window are tried, and how many answers are kept.
        max_answer_length: the longest answer, in tokens.

    Returns:
        {question id: its answers, best first}, the first one being that of `answers`. Empty where
        the passage has no token, or no start and end that were tried make a span.

    Raises:
        InputError: the logits' shape is not that of the windows, or a setting is below 1.
    """
    kept = {}
    settings = (n_best, max_answer_length)
    for example, found in ranked(examples, features, start_logits, end_logits, *settings):
        best: dict[str, tuple[float, int]] = {}
        for points, text, start in found:
            best.setdefault(text, (points, start))
            if len(best) == n_best:
                break
        shares = _softmax([points for points, _ in best.values()])
        kept[example.id] = tuple(
            Span(text, start, start + len(text), share)
            for (text, (_, start)), share in zip(best.items(), shares, strict=True)
        )
    return kept


def _softmax(points: Sequence[float]) -> list[float]:
    """Shares of 1 by `exp(points)`; of infinite points, equal shares."""
    if not points:
        return []
    values = np.array(points)
    below = np.where(values == values.max(), 0.0, values - np.nan_to_num(values.max()))
    weights = np.exp(below)
    return (weights / weights.sum()).tolist()
