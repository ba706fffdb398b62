"""Saving: the model's folder and its card, complete or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import BertForQuestionAnswering

__all__ = ["is_made", "save_model", "score_table", "write_card"]

_CARD = """# A small BERT for extractive question answering

This is a stand-in, not a SQuAD-quality model: it lets every chapter run where no download is
possible.
`BertForQuestionAnswering`, {layers} layers, hidden size {hidden} as {heads} heads, {parameters:,}
parameters, {positions} positions, lower-case WordPiece vocabulary of {vocabulary:,}; stored in
float16, loaded in float32.

Made by `python -m helpers.training` (`make model`) from scratch, with no data from elsewhere: its
training passages are put together from the text forms in `helpers/training/forms`, {domains}
domains with {facts} facts and {stories} stories, with invented names. {core_share:.0%} of the
batches come from a core of {core_domains} domains, {core_facts} facts and {core_stories} stories.
Training: {steps:,} steps of {size} questions, on {where}, {minutes:.0f} minutes.

| questions | number | exact match | F1 |
| --- | ---: | ---: | ---: |
{scores}

- `generated-held-out`: passages from the core, with names that training never saw.
- `generated-unseen-wording`: question wordings that it never saw either.
- `generated-other-forms`: unseen names in the forms outside the core, which it saw less often.
- `natural-development`, `natural-test`: hand-written prose that no form made. Changes to
  the forms were judged on `natural-development` alone.

Scores are in percent, by the official SQuAD v1.1 rules, with windows of 384 tokens.

Limits: English only; short factual passages; invented names were its diet. It has read nothing
about the world, so it cannot fill gaps from knowledge, and it errs where question and passage share
no word. Never judge BERT by it.

Licence: as the project.
"""


def score_table(scores: Mapping[str, Mapping[str, float]]) -> str:
    """Write scores as the rows of a Markdown table."""
    return "\n".join(
        f"| {title} | {part['questions']} | {part['exact_match']:.1f} | {part['f1']:.1f} |"
        for title, part in scores.items()
    )


def is_made(folder: Path) -> bool:
    """Whether a folder holds a model that was made here: its card says so in its first line."""
    first = _CARD.partition("\n")[0].encode() + b"\n"
    try:
        with open(folder / "README.md", "rb") as card:
            return card.read(len(first)) == first
    except OSError:
        return False


def save_model(model: BertForQuestionAnswering, vocabulary: Path, folder: Path) -> None:
    """Write config, weights in float16, and what a tokenizer needs.

    Args:
        model: The trained model.
        vocabulary: Its `vocab.txt`.
        folder: Where to write.
    """
    model.config.architectures = [type(model).__name__]
    model.config.dtype = torch.float32
    config = model.config.to_dict() | {"dtype": "float32", "torch_dtype": "float32"}
    _write_json(folder / "config.json", {k: v for k, v in config.items() if k != "_name_or_path"})
    weights = {
        name: w.detach().to(torch.float16).contiguous() for name, w in model.state_dict().items()
    }
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)  # safetensors writes it for its owner only
    if vocabulary != folder / "vocab.txt":
        shutil.copyfile(vocabulary, folder / "vocab.txt")
    positions = model.config.max_position_embeddings
    _write_json(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": positions},
    )


def _write_json(path: Path, content: dict) -> None:
    text = json.dumps(content, indent=2, sort_keys=True, default=str)
    path.write_text(text + "\n", encoding="utf-8")


def write_card(
    folder: Path,
    model: BertForQuestionAnswering,
    scores: Mapping[str, Mapping[str, float]],
    **facts: int | float | str,
) -> None:
    """Write the README.md of a model's folder.

    Args:
        folder: Where to write.
        model: The model.
        scores: As `evaluate.score_parts` gives them.
        **facts: What else the card tells: domains, facts and stories, the same of the core
            (core_domains and so on), core_share, steps, size, where (a machine) and minutes.
    """
    config = model.config
    card = _CARD.format(
        layers=config.num_hidden_layers,
        hidden=config.hidden_size,
        heads=config.num_attention_heads,
        parameters=model.num_parameters(),
        positions=config.max_position_embeddings,
        vocabulary=config.vocab_size,
        scores=score_table(scores),
        **facts,
    )
    (folder / "README.md").write_text(card, encoding="utf-8")
