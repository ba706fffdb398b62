"""Which BERT: one name, one way to load it, the same code behind every name."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import (
    AutoConfig,
    AutoTokenizer,
    BertConfig,
    BertForQuestionAnswering,
    PreTrainedTokenizerBase,
)

from helpers.downloads import DOWNLOADS
from helpers.errors import InputError
from helpers.files import PROJECT

__all__ = ["BERT_LARGE", "EMBEDDED", "QuestionAnswerer", "load"]

EMBEDDED = PROJECT / "data" / "embedded-bert"
"""The folder of the small BERT that this project trained and ships."""

BERT_LARGE = "bert-large-uncased-whole-word-masking-finetuned-squad"
"""The article's model, by its name on the hub."""

_LARGE_SHAPE = {
    "vocab_size": 30522,
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
    "max_position_embeddings": 512,
}


@dataclass(frozen=True)
class QuestionAnswerer:
    """A BERT with a question-answering head, and the tokenizer it was trained with.

    Attributes:
        name: the name it was asked for by.
        source: the folder or the hub name it came from, or how it was made.
        trained: False when the weights are random, so that its answers mean nothing.
        model: in evaluation mode, float32, on the CPU.
        tokenizer: its tokenizer.
    """

    name: str
    source: str
    trained: bool
    model: BertForQuestionAnswering
    tokenizer: PreTrainedTokenizerBase

    @property
    def max_positions(self) -> int:
        """The longest input, in tokens."""
        return int(self.model.config.max_position_embeddings)


def load(name: str = "embedded", *, attention: str = "eager", seed: int = 0) -> QuestionAnswerer:
    """Loads a BERT that answers questions.

    Args:
        name: `embedded`, the small BERT in `data/embedded-bert`; `bert-large`, the article's
            model, fetched once from the hub into `data/downloads`; `bert-large-random`, the same
            architecture with random weights, for timing without a network; or a folder written
            by `save_pretrained`, or any other hub name.
        attention: `eager`, the plain formula, which ONNX Runtime's optimizer recognises; or
            `sdpa`, PyTorch's fused one, the default of transformers.
        seed: seeds the weights of `bert-large-random`.

    Returns:
        The model in evaluation mode, float32, on the CPU, with its tokenizer.

    Raises:
        InputError: it cannot be had, is not a BERT, has no weights in safetensors, no
            question-answering head, or a vocabulary of another size than its embedding table.
    """
    if name == "bert-large-random":
        return _random_large(attention, seed)
    source = {"embedded": str(EMBEDDED), "bert-large": BERT_LARGE}.get(name, name)
    folder = Path(source)
    if folder.is_dir():
        _check_folder(folder)
    elif name == "embedded":
        raise InputError(f"{EMBEDDED}: no such folder; restore it with git, or run `make model`")
    elif folder.exists() or source.startswith((".", "/", "~")) or source.count("/") > 1:
        raise InputError(f"{name}: no such model folder; give one that save_pretrained wrote")
    place = {"cache_dir": None if folder.is_dir() else str(DOWNLOADS)}
    try:
        config = AutoConfig.from_pretrained(source, **place)
        _check_bert(name, config)
        model, report = BertForQuestionAnswering.from_pretrained(
            source,
            config=config,
            attn_implementation=attention,
            dtype=torch.float32,
            use_safetensors=True,
            output_loading_info=True,
            **place,
        )
        tokenizer = AutoTokenizer.from_pretrained(source, **place)
    except InputError:
        raise
    except Exception as error:  # many kinds, from several libraries; all mean "not to be had"
        raise InputError(_why_not(name, source, folder.is_dir(), error)) from error
    _check_loaded(name, config, set(report["missing_keys"]), tokenizer)
    return QuestionAnswerer(name, source, True, model.eval(), tokenizer)


def _random_large(attention: str, seed: int) -> QuestionAnswerer:
    """BERT-large with seeded random weights; it reads ids from the embedded model's tokenizer."""
    config = BertConfig(**_LARGE_SHAPE, attn_implementation=attention)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = BertForQuestionAnswering(config)
    tokenizer = load("embedded").tokenizer
    source = f"BERT-large architecture, random weights, seed {seed}"
    return QuestionAnswerer("bert-large-random", source, False, model.eval(), tokenizer)


def _check_folder(folder: Path) -> None:
    try:
        json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{folder}: has no config.json; give a folder that save_pretrained wrote"
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(f"{folder / 'config.json'}: not JSON ({error}); save it again") from error
    if not any(folder.glob("*.safetensors")):
        raise InputError(
            f"{folder}: has no weights (*.safetensors); save the model with save_pretrained"
        )
    if not any((folder / file).is_file() for file in ("vocab.txt", "tokenizer.json")):
        raise InputError(
            f"{folder}: has no vocabulary (vocab.txt or tokenizer.json); "
            "save the tokenizer into it with save_pretrained"
        )


def _check_bert(name: str, config: BertConfig) -> None:
    if config.model_type != "bert":
        raise InputError(f"{name}: is a {config.model_type} model, not a BERT; give a BERT")


def _check_loaded(
    name: str, config: BertConfig, missing: set[str], tokenizer: PreTrainedTokenizerBase
) -> None:
    if any(key.startswith("qa_outputs") for key in missing):
        raise InputError(
            f"{name}: has no question-answering head (its file holds no qa_outputs); "
            "give a BERT that was fine-tuned on SQuAD"
        )
    if missing:
        raise InputError(
            f"{name}: its weights lack {len(missing)} tensors, {min(missing)} first; "
            "save the model again"
        )
    if not _fits(len(tokenizer), config.vocab_size):
        raise InputError(
            f"{name}: its tokenizer has {len(tokenizer)} tokens, its embedding table "
            f"{config.vocab_size} rows; use the vocabulary that it was trained with"
        )


def _fits(tokens: int, rows: int) -> bool:
    """Equal, or padded up to a round number of rows, as some checkpoints are for speed."""
    return tokens == rows or any(rows == -(-tokens // step) * step for step in (8, 64, 128))


def _why_not(name: str, source: str, local: bool, error: Exception) -> str:
    reason = str(error).strip().split("\n")[0][:200] or type(error).__name__
    if local:
        return f"{name}: cannot be loaded ({reason}); save the model and its tokenizer again"
    return (
        f"{name}: cannot be fetched from the hub as {source!r} ({reason}); check the name and the "
        "network, or use MODEL=embedded, which needs none"
    )
