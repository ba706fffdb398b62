"""From start and end logits to answers in the passage's own letters, and their score."""

from collections.abc import Mapping, Sequence

import numpy as np

from helpers.errors import InputError
from helpers.squad.reading import Example
from helpers.squad.windows import Features
from helpers.squad.words import inside_a_word

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
    for name, value in {"n_best": n_best, "max_answer_length": max_answer_length}.items():
        if value < 1:
            raise InputError(f"{name}={value}: must be at least 1")
    for name, logits in {"start_logits": start_logits, "end_logits": end_logits}.items():
        if np.shape(logits) != features.input_ids.shape:
            raise InputError(
                f"{name} has shape {np.shape(logits)}, expected {features.input_ids.shape}; "
                "give the logits of all windows, in the windows' order"
            )
    best = {example.id: (-np.inf, "") for example in examples}
    widest = _widest_context(examples, features)
    for window, index in enumerate(features.example_index):
        first, count = features.first_position[window], features.token_count[window]
        begin = np.asarray(start_logits[window], np.float64)[first : first + count]
        finish = np.asarray(end_logits[window], np.float64)[first : first + count]
        found = _best_span(begin, finish, widest[window], n_best, max_answer_length)
        example = examples[index]
        if found and found[0] > best[example.id][0]:
            points, left, right = found
            shift = features.first_token[window]
            text = _cut(
                example.context,
                features.offsets[index],
                features.word_ids[index],
                left + shift,
                right + shift,
            )
            best[example.id] = (points, text)
    return {name: text for name, (_, text) in best.items()}


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


def _best_span(
    begin: np.ndarray, finish: np.ndarray, allowed: np.ndarray, n_best: int, longest: int
) -> tuple[float, int, int] | None:
    """The best (points, first token, last token) of one window, or None."""
    starts = np.argsort(-begin, kind="stable")[:n_best]
    ends = np.argsort(-finish, kind="stable")[:n_best]
    length = ends[None, :] - starts[:, None] + 1
    valid = (length >= 1) & (length <= longest) & allowed[starts][:, None]
    if not valid.any():
        return None
    points = np.where(valid, begin[starts][:, None] + finish[ends][None, :], -np.inf)
    row, column = np.unravel_index(np.argmax(points), points.shape)
    return float(points[row, column]), int(starts[row]), int(ends[column])


def _widest_context(examples: Sequence[Example], features: Features) -> list[np.ndarray]:
    """Per window, bool [its passage tokens]: no other window shows more around the token.

    The measure is that of the original BERT code (run_squad.py, `_check_is_max_context`).
    """
    tokens = [len(spans) for spans in features.offsets]
    most = [np.full(count, -np.inf) for count in tokens]
    measures = []
    places = zip(features.example_index, features.first_token, features.token_count, strict=True)
    for index, first, count in places:
        place = np.arange(count)
        measure = np.minimum(place, count - 1 - place) + 0.01 * count
        part = most[index][first : first + count]
        np.maximum(part, measure, out=part)
        measures.append((index, first, measure))
    return [
        measure >= most[index][first : first + len(measure)] for index, first, measure in measures
    ]


def _cut(context: str, spans: np.ndarray, words: np.ndarray, left: int, right: int) -> str:
    """The characters from token `left` to token `right`, widened to whole words."""
    while left > 0 and words[left] >= 0 and words[left - 1] == words[left]:
        left -= 1
    while right + 1 < len(words) and words[right] >= 0 and words[right + 1] == words[right]:
        right += 1
    start, end = int(spans[left, 0]), int(spans[right, 1])
    while start > 0 and inside_a_word(context, start):
        start -= 1
    while end < len(context) and inside_a_word(context, end):
        end += 1
    return context[start:end].strip()
