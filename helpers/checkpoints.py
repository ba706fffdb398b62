"""The folder a model is loaded from: where it is, and whether it holds what a BERT needs."""

import json
import os
from pathlib import Path
from typing import Any

from transformers import BertConfig, PreTrainedTokenizerBase

from helpers.errors import InputError

__all__ = ["check_config", "check_folder", "check_loaded", "is_path"]


_SIZES = (
    "num_hidden_layers",
    "hidden_size",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
    "type_vocab_size",
)


def is_path(source: str) -> bool:
    """Whether a name means a folder: it exists, or it is not of the hub's form `owner/name`."""
    return (
        os.path.exists(source) or source.startswith((".", "/", "~", "\\")) or source.count("/") > 1
    )


def check_folder(name: str, folder: Path) -> None:
    """Raises InputError unless `folder` holds a BERT's config, safetensors and a vocabulary.

    The config is read here as plain JSON, before transformers sees the folder: what the files say
    about code to be run is neither asked about nor followed.
    """
    if not folder.is_dir():
        raise InputError(f"{name}: no such model folder; give one that save_pretrained wrote")
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{folder}: has no config.json; give a folder that save_pretrained wrote"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{folder / 'config.json'}: not JSON ({error}); save it again") from error
    _check_type(name, config)
    weights = list(folder.glob("*.safetensors"))
    if not weights:
        raise InputError(
            f"{folder}: has no weights (*.safetensors); save the model with save_pretrained"
        )
    if not any((folder / file).is_file() for file in ("vocab.txt", "tokenizer.json")):
        raise InputError(
            f"{folder}: has no vocabulary (vocab.txt or tokenizer.json); "
            "save the tokenizer into it with save_pretrained"
        )
    _check_sizes(name, config, sum(file.stat().st_size for file in weights))


def check_config(name: str, config: BertConfig) -> None:
    """Raises InputError unless the config is that of a BERT that marks starts and ends."""
    if config.num_labels != 2:
        raise InputError(
            f"{name}: its head gives {config.num_labels} numbers a token, not 2 (start and end); "
            "give a BERT that was fine-tuned on SQuAD"
        )
    if config.type_vocab_size < 2:
        raise InputError(
            f"{name}: its type_vocab_size is {config.type_vocab_size}, so it cannot tell question "
            "from passage; give a BERT with 2 segments"
        )


def check_loaded(
    name: str, config: BertConfig, missing: set[str], tokenizer: PreTrainedTokenizerBase
) -> None:
    """Raises InputError for weights that lack something, or a tokenizer that does not fit.

    Args:
        name: what the model was asked for as.
        config: its config.
        missing: names of tensors that the model has and the file has not.
        tokenizer: its tokenizer.
    """
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
    if not tokenizer.is_fast:
        raise InputError(
            f"{name}: its tokenizer ({type(tokenizer).__name__}) gives no offsets; "
            "save a BertTokenizer of the tokenizers kind (tokenizer.json) into the folder"
        )
    for token in ("cls", "sep", "pad"):
        if getattr(tokenizer, f"{token}_token_id") is None:
            raise InputError(
                f"{name}: its tokenizer has no {token}_token; "
                "save the BertTokenizer that it was trained with into the folder"
            )
    if not _fits(len(tokenizer), config.vocab_size):
        raise InputError(
            f"{name}: its tokenizer has {len(tokenizer)} tokens, its embedding table "
            f"{config.vocab_size} rows; use the vocabulary that it was trained with"
        )


def _check_type(name: str, config: Any) -> None:
    kind = config.get("model_type") if isinstance(config, dict) else None
    if not isinstance(kind, str):
        raise InputError(
            f"{name}: cannot be loaded (its config.json names no model_type); "
            "save the model and its tokenizer again"
        )
    if kind != "bert":
        raise InputError(f"{name}: is a {kind} model, not a BERT; give a BERT")


def _check_sizes(name: str, config: dict[str, Any], room: int) -> None:
    """Refuses sizes that are none, and those whose weights could never lie in `room` bytes.

    transformers makes the model that a config describes before it looks at the weights: a billion
    layers would never be made, and what the file lacks would be filled with random numbers.
    """
    plain = BertConfig()
    sizes = {}
    for key in _SIZES:
        sizes[key] = size = config.get(key, getattr(plain, key))
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise InputError(f"{name}: its {key} is {size!r:.60}; give a whole number from 1")
    layers, hidden, inner, *rows = sizes.values()
    needed = layers * (4 * hidden * hidden + 2 * hidden * inner) + sum(rows) * hidden
    if needed > room:  # a byte a number is less than any file has
        raise InputError(
            f"{name}: cannot be loaded (its config asks for more weights than the {room:,} bytes "
            "of its files can hold); save the model and its tokenizer again"
        )


def _fits(tokens: int, rows: int) -> bool:
    """Equal, or padded up to a round number of rows, as some checkpoints are for speed."""
    return tokens == rows or any(rows == -(-tokens // step) * step for step in (8, 64, 128))
