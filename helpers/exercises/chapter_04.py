"""The exercises of chapter 04: a token's place, the windows' arithmetic, an export, a repair."""

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from math import ceil
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch

from helpers.errors import reason_of
from helpers.exercises.judging import as_model, as_path, legal, opened, ran
from helpers.exercises.verdicts import NotYet, called, listed, pair_of, shown, whole
from helpers.exports import INPUT_NAMES, OUTPUT_NAMES, ExportError, check_export
from helpers.models import QuestionAnswerer, load
from helpers.settings import SQUAD_MINI
from helpers.squad import Features, featurize, read_squad

__all__ = ["CHECKS", "HANDOUTS"]

_ASKED = "What illness struck down the besiegers?"
_SHAPES = ((1, 128), (3, 50))  # windows, tokens


@cache
def _answerer() -> QuestionAnswerer:
    return load("embedded")


@cache
def _windows() -> tuple[Features, int]:
    """The windows of the chapter's question, and which token of the passage its answer begins."""
    asked = next(e for e in read_squad(SQUAD_MINI) if e.question == _ASKED)
    windows = featurize([asked], _answerer().tokenizer, max_seq_length=128, doc_stride=128)
    begins = (windows.offsets[0][:, 0] == asked.answer_starts[0]).argmax()
    return windows, int(begins)


def _place(answer: Any) -> str:
    pair = pair_of(answer, "a pair (window, column)")
    window, column = (whole(part, "a pair of whole numbers") for part in pair)
    windows, token = _windows()
    rows, columns = windows.input_ids.shape
    if not (0 <= window < rows and 0 <= column < columns):
        raise NotYet(
            f"({window}, {column}): windows.input_ids has {rows} windows of {columns} columns, "
            "both counted from 0"
        )
    if column - windows.first_position[window] + windows.first_token[window] != token or (
        column < windows.first_position[window]
    ):
        piece = _answerer().tokenizer.convert_ids_to_tokens(int(windows.input_ids[window, column]))
        raise NotYet(f"in window {window}, column {column}, stands {piece!r}")
    return "There the answer begins, among the tokens that the old rule leaps over."


def _starts(answer: Any) -> str:
    if not callable(answer):
        raise NotYet(f"a function of three numbers is wanted, and this is {shown(answer)}")
    cases = [(325, 100, 128), (325, 100, 64), (100, 100, 50), (101, 100, 50), (5, 100, 128)]
    cases += [(300, 100, 100), (1, 1, 1), (7, 3, 2), (0, 100, 128)]
    random = np.random.default_rng(4)
    cases += [tuple(map(int, random.integers(1, 60, 3))) for _ in range(200)]
    for tokens, room, stride in cases:
        names = f"tokens={tokens}, room={room}, doc_stride={stride}"
        found = called(answer, tokens, room, stride, names=names)
        what = f"for {names}: a list of whole numbers"
        starts = [whole(start, what) for start in listed(found, what)]
        if (wrong := _what_is_wrong(starts, tokens, room, stride)) is not None:
            raise NotYet(f"for {names} it gives {shown(starts)}: {wrong}")
    return f"{len(cases)} cases, and no token is left out or read in a window too many."


def _what_is_wrong(starts: list[int], tokens: int, room: int, stride: int) -> str | None:
    read = {t for start in starts for t in range(start, min(start + room, tokens))}
    if lost := set(range(tokens)) - read:
        return f"passage token {min(lost)} is in no window"
    if not tokens:
        return "a passage without tokens needs no window" if starts else None
    if starts[0] != 0 or starts[-1] >= tokens:
        return "the first window begins at token 0, and none behind the passage"
    steps = [after - before for before, after in pairwise(starts)]
    if any(step <= 0 for step in steps):
        return "each window begins behind the one before"
    if any(start + room >= tokens for start in starts[:-1]):
        return "a window before the last one reaches the end already"
    if any(step > stride for step in steps):
        return f"two windows begin {max(steps)} tokens apart"
    least = 1 + ceil(max(tokens - room, 0) / min(room, stride))
    return f"{len(starts)} windows, and fewer would do" if len(starts) > least else None


def _as_pytorch(session: onnxruntime.InferenceSession) -> None:
    """Holds a file to the logits of PyTorch on fresh windows, padded on the right."""
    random = np.random.default_rng(5)
    for batch, length in _SHAPES:
        ids = random.integers(5, _answerer().model.config.vocab_size, (batch, length))
        real = random.integers(length // 2, length, (batch, 1))
        mask = (np.arange(length) < real).astype(np.int64)
        kinds = mask * (np.arange(length) > length // 4)
        found = ran(session, dict(zip(INPUT_NAMES, (ids, mask, kinds), strict=True)))
        if _apart(found, (ids, mask, kinds)) < 1e-4:
            continue
        if _apart(found, (ids, kinds, mask)) < 1e-4:
            raise NotYet("the file takes what is fed as input_mask for the segments, and back")
        raise NotYet(f"start and end differ from PyTorch's on {batch} windows of {length} tokens")


def _apart(found: list[np.ndarray], arrays: tuple[np.ndarray, ...]) -> float:
    """The largest difference from PyTorch's logits; infinite where the shapes differ."""
    with torch.inference_mode():
        output = _answerer().model(*map(torch.from_numpy, arrays))
    pairs = list(zip(found, (output.start_logits.numpy(), output.end_logits.numpy()), strict=True))
    if any(a.shape != b.shape for a, b in pairs):
        return float("inf")
    return max(float(np.abs(a - b).max()) for a, b in pairs)


def _exported(answer: Any) -> str:
    path = as_path(answer)
    try:
        check_export(path, opset=17)
    except ExportError as error:
        raise NotYet(reason_of(error)) from error
    model = as_model(path)
    _as_pytorch(opened(model, inputs=list(INPUT_NAMES), outputs=list(OUTPUT_NAMES)))
    kinds = {node.op_type for node in model.graph.node}
    whole = "LayerNormalization" in kinds
    return f"{len(model.graph.node)} nodes; LayerNormalization is one of them: {whole}."


def _unswapped(answer: Any) -> str:
    model: onnx.ModelProto = as_model(answer)
    legal(model)
    _as_pytorch(opened(model, inputs=list(INPUT_NAMES), outputs=list(OUTPUT_NAMES)))
    return "Repaired without PyTorch: a label stands at the input, and wherever it is read."


CHECKS: dict[str, Callable[[Any], str]] = {
    "04.1": _place,
    "04.2": _starts,
    "04.3": _exported,
    "04.4": _unswapped,
}
"""{exercise: its check}; a check returns words for a right answer, and raises `NotYet`."""

HANDOUTS: dict[str, Callable[[], Any]] = {}
"""{exercise: what makes the thing that it starts from}."""
