"""From start and end logits to answers in the passage's own letters, and their score."""

from collections.abc import Mapping, Sequence

import numpy as np

from helpers.errors import InputError
from helpers.squad.candidates import ranked
from helpers.squad.reading import Example
from helpers.squad.windows import Features

__all__ = ["answers", "score"]


def answers(
    examples: Sequence[Example],
    features: Features,
    start_logits: np.ndarray,
    end_logits: np.ndarray,
    *,
    n_best: int = 20,
    max_answer_length: int = 30,
) -> dict[str, str]:
    """Picks each question's best span over all its windows.

    The span with the largest `start logit + end logit` wins, among the `n_best` starts and ends
    of each window (Devlin et al. 2018, BERT, section 4.2). A token in several windows counts
    only in the one that shows most text on both its sides.

    Args:
        examples: the questions that `features` was made from.
        features: their windows.
        start_logits: float [windows, max_seq_length], how well an answer begins at each token.
        end_logits: float [windows, max_seq_length], how well it ends there.
        n_best: how many starts and ends of each window are tried.
        max_answer_length: the longest answer, in tokens.

    Returns:
        {question id: answer}, cut from the context as written, at whole words. Of equal sums the
        one of the earlier window, the better start and the better end wins; of equal logits the
        earlier token is the better. The answer is "" where the passage has no token, or no start
        and end that were tried make a span.

    Raises:
        InputError: the logits' shape is not that of the windows, or a setting is below 1.
    """
    found = ranked(examples, features, start_logits, end_logits, n_best, max_answer_length)
    return {example.id: next((text for _, text, _ in spans), "") for example, spans in found}


def score(examples: Sequence[Example], predictions: Mapping[str, str]) -> dict[str, float]:
    """The official SQuAD v1.1 scores, computed by torchmetrics.

    Args:
        examples: the questions with their accepted answers.
        predictions: {question id: answer}; a missing one counts as wrong.

    Returns:
        {"exact_match", "f1"}, both in percent, 0 to 100.

    Raises:
        InputError: there are no examples.
    """
    if not examples:
        raise InputError("examples=[]: nothing to score; give at least one question")
    from torchmetrics.functional.text import squad

    predicted = [
        {"id": example.id, "prediction_text": predictions.get(example.id, "")}
        for example in examples
    ]
    accepted = [
        {
            "id": example.id,
            "answers": {
                "text": list(example.answers),
                "answer_start": list(example.answer_starts),
            },
        }
        for example in examples
    ]
    return {name: float(value) for name, value in squad(predicted, accepted).items()}
