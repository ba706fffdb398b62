"""Scores of a model on the parts of the exam."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from transformers import BertForQuestionAnswering, PreTrainedTokenizerBase

from helpers.squad import Example, Features, answers, featurize, score

__all__ = ["score_parts"]


def score_parts(
    model: BertForQuestionAnswering, tokenizer: PreTrainedTokenizerBase, examples: Sequence[Example]
) -> dict[str, dict[str, float]]:
    """Score a model on each title of a file.

    Args:
        model: The model, float32.
        tokenizer: Its tokenizer.
        examples: The questions.

    Returns:
        Per title: "questions", and "exact_match" and "f1" in percent.
    """
    features = featurize(
        examples, tokenizer, max_seq_length=384, doc_stride=128, max_query_length=64
    )
    starts, ends = _logits(model, features)
    found = answers(examples, features, starts, ends)
    out = {}
    for title in dict.fromkeys(example.title for example in examples):
        part = [example for example in examples if example.title == title]
        out[title] = {"questions": len(part), **score(part, found)}
    return out


def _logits(model: BertForQuestionAnswering, features: Features) -> tuple[np.ndarray, np.ndarray]:
    """Run all windows, 32 at a time, cut to the longest of the 32; shape (windows, 384) each."""
    shape = features.input_ids.shape
    starts, ends = np.full(shape, -1e4, np.float32), np.full(shape, -1e4, np.float32)
    lengths = features.attention_mask.sum(1)
    order = np.argsort(lengths)
    for at in range(0, len(order), 32):
        rows = order[at : at + 32]
        width = int(lengths[rows].max())
        fields = (features.input_ids, features.attention_mask, features.token_type_ids)
        ids, mask, segments = (torch.from_numpy(f[rows, :width].astype(np.int64)) for f in fields)
        with torch.no_grad():
            out = model(input_ids=ids, attention_mask=mask, token_type_ids=segments)
        starts[rows, :width], ends[rows, :width] = out.start_logits.numpy(), out.end_logits.numpy()
    return starts, ends
