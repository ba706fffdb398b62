"""One question on one passage, answered by several engines: where, how surely, how fast."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from transformers import PreTrainedTokenizerBase

from helpers.errors import InputError, reason_of
from helpers.rungs import Inputs, Rung
from helpers.squad import Example, Features, Span, best_spans, featurize

__all__ = ["LONGEST", "Engine", "Reply", "ask_engines"]

Engine = Rung | Callable[[Inputs], tuple[np.ndarray, np.ndarray]]
"""A rung, or a function: {input name: int64 [1, length]} -> (start, end) logits [1, length]."""

LONGEST = 100_000
"""Characters of the longest passage that is read: some 400 windows of 128 tokens."""

_ID = "your question"


@dataclass(frozen=True)
class Reply:
    """What one engine answers.

    Attributes:
        span: the best answer, its place in the passage and its score, see
            `helpers.squad.best_spans`; None where no start and end made a span.
        ms: how long this one pass over all windows took, in milliseconds, without cutting them
            and without looking for the answer. One pass is no benchmark.
        windows: into how many windows the passage was cut.
    """

    span: Span | None
    ms: float
    windows: int


def ask_engines(
    engines: Mapping[str, Engine],
    tokenizer: PreTrainedTokenizerBase,
    passage: str,
    question: str,
    *,
    max_seq_length: int = 128,
    doc_stride: int = 64,
) -> dict[str, Reply]:
    """Asks every engine the same question, one after the other, window by window.

    Each engine runs the first window once before its time is taken, so that what only a first run
    pays for does not count.

    Args:
        engines: {name: a rung, or a function from arrays to logits}.
        tokenizer: the tokenizer of the model that they all run.
        passage: what the answer is looked for in, as it is written.
        question: what is asked. Its first 64 tokens count.
        max_seq_length: tokens of a window.
        doc_stride: tokens by which windows advance at most; fewer than a window holds, so that
            no answer is cut in two.

    Returns:
        {name: its reply}, in the order of `engines`.

    Raises:
        InputError: there is no engine, the passage or the question is empty, has nothing that the
            tokenizer reads, or half a letter; the passage is longer than `LONGEST`; or an engine
            fails, or gives logits of another shape.
    """
    if not engines:
        raise InputError("engines={}: nobody to ask; give at least one rung by its name")
    _refuse("passage", passage)
    _refuse("question", question)
    asked = [Example(_ID, "", passage, question, (), ())]
    features = featurize(asked, tokenizer, max_seq_length=max_seq_length, doc_stride=doc_stride)
    read = {"passage": len(features), "question": tokenizer.tokenize(question)}
    for name, tokens in read.items():
        if not tokens:
            raise InputError(f"the {name} holds no letter that the model reads; write a sentence")
    return {name: _reply(name, engine, asked, features) for name, engine in engines.items()}


def _refuse(name: str, text: str) -> None:
    if not isinstance(text, str):
        raise InputError(f"{name}={text!r:.50}: not a text; give a str")
    if not text.strip():
        raise InputError(f"the {name} is empty; write one, or choose an example")
    if len(text) > LONGEST:
        raise InputError(
            f"the {name} has {len(text):,} characters, more than {LONGEST:,}; give a part of it"
        )
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise InputError(
            f"the {name} holds half a letter (a lone surrogate such as \\ud83d); correct the text"
        )


def _reply(name: str, engine: Engine, asked: list[Example], features: Features) -> Reply:
    run = engine.run if isinstance(engine, Rung) else engine
    windows = [features.inputs(slice(i, i + 1)) for i in range(len(features))]
    try:
        run(windows[0])
        start = time.perf_counter()
        logits = [run(window) for window in windows]
        ms = (time.perf_counter() - start) * 1000
        starts, ends = (np.concatenate(part) for part in zip(*logits, strict=True))
    except Exception as error:  # of any engine; a form shows one line, and no traceback
        raise InputError(
            f"{name}: cannot run a window of {features.input_ids.shape[1]} tokens "
            f"({reason_of(error)}); give an engine that runs this model, or other max_seq_length"
        ) from error
    try:
        spans = best_spans(asked, features, starts, ends)[_ID]
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    return Reply(spans[0] if spans else None, ms, len(features))
