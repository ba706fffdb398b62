"""The spans of a passage that could be an answer, from the start and end logits of its windows."""

from collections.abc import Iterator, Sequence

import numpy as np

from helpers.errors import InputError
from helpers.squad.reading import Example
from helpers.squad.windows import Features
from helpers.squad.words import inside_a_word

__all__ = ["ranked"]

_WIDENED = 200  # letters on each side of an answer


def ranked(
    examples: Sequence[Example],
    features: Features,
    start_logits: np.ndarray,
    end_logits: np.ndarray,
    n_best: int,
    longest: int,
) -> Iterator[tuple[Example, Iterator[tuple[float, str, int]]]]:
    """Each question's spans, best first, cut from the passage only as they are asked for.

    Args:
        examples: the questions that `features` was made from.
        features: their windows.
        start_logits: float [windows, max_seq_length], how well an answer begins at each token.
        end_logits: float [windows, max_seq_length], how well it ends there.
        n_best: how many starts and ends of each window are tried.
        longest: the longest answer, in tokens.

    Yields:
        A question and its (start logit + end logit, text, index of the first character). The same
        text may come again. Of equal sums the earlier window, the better start and the better end
        come first; of equal logits the earlier token is the better. What is no number is left out.

    Raises:
        InputError: the logits' shape is not that of the windows, or a setting is below 1.
    """
    for name, value in {"n_best": n_best, "max_answer_length": longest}.items():
        if value < 1:
            raise InputError(f"{name}={value}: must be at least 1")
    for name, logits in {"start_logits": start_logits, "end_logits": end_logits}.items():
        if np.shape(logits) != features.input_ids.shape:
            raise InputError(
                f"{name} has shape {np.shape(logits)}, expected {features.input_ids.shape}; "
                "give the logits of all windows, in the windows' order"
            )
    widest = _widest_context(examples, features)
    found: list[list[np.ndarray]] = [[] for _ in examples]
    for window, index in enumerate(features.example_index):
        first, count = features.first_position[window], features.token_count[window]
        begin = np.asarray(start_logits[window], np.float64)[first : first + count]
        finish = np.asarray(end_logits[window], np.float64)[first : first + count]
        spans = _spans_of(begin, finish, widest[window], n_best, longest)
        spans[1:] += features.first_token[window]
        found[index].append(spans)
    for index, example in enumerate(examples):
        spans = np.concatenate([np.empty((3, 0)), *found[index]], axis=1)
        spans = spans[:, np.argsort(-spans[0], kind="stable")]
        yield example, _texts(example.context, features, index, spans)


def _spans_of(
    begin: np.ndarray, finish: np.ndarray, allowed: np.ndarray, n_best: int, longest: int
) -> np.ndarray:
    """Points, first token, last token, [3, spans], of all spans that are tried in one window."""
    starts = np.argsort(-begin, kind="stable")[:n_best]
    ends = np.argsort(-finish, kind="stable")[:n_best]
    length = ends[None, :] - starts[:, None] + 1
    points = begin[starts][:, None] + finish[ends][None, :]
    tried = (length >= 1) & (length <= longest) & allowed[starts][:, None] & (points > -np.inf)
    rows, columns = np.nonzero(tried)
    return np.stack([points[rows, columns], starts[rows], ends[columns]])


def _texts(
    context: str, features: Features, index: int, spans: np.ndarray
) -> Iterator[tuple[float, str, int]]:
    for points, left, right in spans.T:
        yield (
            float(points),
            *_cut(
                context,
                features.offsets[index],
                features.word_ids[index],
                int(left),
                int(right),
            ),
        )


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


def _cut(
    context: str, spans: np.ndarray, words: np.ndarray, left: int, right: int
) -> tuple[str, int]:
    """From token `left` to token `right`, widened to whole words: the text, its first character.

    It becomes at most 200 letters longer on each side: what goes on for longer is no word.
    """
    while left > 0 and words[left] >= 0 and words[left - 1] == words[left]:
        left -= 1
    while right + 1 < len(words) and words[right] >= 0 and words[right + 1] == words[right]:
        right += 1
    start, end = int(spans[left, 0]), int(spans[right, 1])
    least, most = max(0, start - _WIDENED), min(len(context), end + _WIDENED)
    while start > least and inside_a_word(context, start):
        start -= 1
    while end < most and inside_a_word(context, end):
        end += 1
    text = context[start:end]
    return text.strip(), start + len(text) - len(text.lstrip())
