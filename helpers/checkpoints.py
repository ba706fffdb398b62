"""The folder a model is loaded from: where it is, and whether it holds what a BERT needs."""

import os
from pathlib import Path
from typing import Any

from transformers import BertConfig, PreTrainedTokenizerBase

from helpers.errors import InputError
from helpers.plain_json import read_json

__all__ = ["check_config", "check_folder", "check_loaded", "is_path"]

_SIZES = (
    "num_hidden_layers",
    "hidden_size",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
    "type_vocab_size",
)
_INDEX = "model.safetensors.index.json"  # which tensor lies in which file, where they are several
_LAYERS = 200  # BERT-large has 24; transformers makes each before it looks at the weights
_TEXTS = (".json", ".txt", ".jinja")
_TEXT_BYTES = 16 << 20  # of each; the largest of BERT-large's has half a MB
_TOKENIZERS = (None, "BertTokenizer", "BertTokenizerFast")


def is_path(source: str) -> bool:
    """Whether a name means a folder: it exists, or it is not of the hub's form `owner/name`."""
    return (
        os.path.exists(source) or source.startswith((".", "/", "~", "\\")) or source.count("/") > 1
    )


def check_folder(name: str, folder: Path) -> None:
    """Raises InputError unless `folder` holds a BERT's config, safetensors and a vocabulary.

    Its JSON is read here as plain data, before transformers sees the folder: what the files say
    about code to be run is neither asked about nor followed, a list of files of weights may name
    safetensors in this folder and nothing else, and a tokenizer must be BERT's, whose steps are
    known: others may come with rules that make a gigabyte of a sentence.
    """
    if not folder.is_dir():
        raise InputError(f"{name}: no such model folder; give one that save_pretrained wrote")
    _check_files(folder)
    if not (folder / "config.json").exists():
        raise InputError(f"{folder}: has no config.json; give a folder that save_pretrained wrote")
    config = _read_json(folder / "config.json")
    _check_type(name, config)
    weights = _weights(folder)
    if not any((folder / file).is_file() for file in ("vocab.txt", "tokenizer.json")):
        raise InputError(
            f"{folder}: has no vocabulary (vocab.txt or tokenizer.json); "
            "save the tokenizer into it with save_pretrained"
        )
    _check_tokenizer(folder / "tokenizer_config.json")
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


def _check_files(folder: Path) -> None:
    """Refuses what is no plain file (a pipe never ends, a device neither) and endless texts."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            continue
        if not path.is_file():
            raise InputError(f"{path}: is no plain file; remove it, or put the file itself there")
        if path.suffix in _TEXTS and path.stat().st_size > _TEXT_BYTES:
            raise InputError(
                f"{path}: has {path.stat().st_size:,} bytes, and no BERT's has more than "
                f"{_TEXT_BYTES:,}; save the model and its tokenizer again"
            )


def _read_json(path: Path) -> Any:
    return read_json(path, most=_TEXT_BYTES, remedy="save it again")


def _weights(folder: Path) -> list[Path]:
    """The files of weights: the one, or those that its index names, all in this folder."""
    if not (folder / _INDEX).exists():
        if (folder / "model.safetensors").exists():
            return [folder / "model.safetensors"]
        raise InputError(
            f"{folder}: has no weights (model.safetensors); save the model with save_pretrained"
        )
    index = _read_json(folder / _INDEX)
    files = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(files, dict) or not files:
        raise InputError(f"{folder / _INDEX}: has no weight_map; save the model again")
    for file in files.values():
        plain = isinstance(file, str) and Path(file).name == file and "\\" not in file
        if not plain or not file.endswith(".safetensors") or not (folder / file).is_file():
            raise InputError(
                f"{folder / _INDEX}: names {file!r:.80}, which is no safetensors file in that "
                "folder; save the model again with save_pretrained"
            )
    return [folder / file for file in sorted(set(files.values()))]


def _check_tokenizer(path: Path) -> None:
    settings = _read_json(path) if path.exists() else {}
    kind = settings.get("tokenizer_class") if isinstance(settings, dict) else settings
    if kind not in _TOKENIZERS:
        raise InputError(
            f"{path}: its tokenizer_class is {kind!r:.60}; "
            "save the BertTokenizer that it was trained with into the folder"
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
    labels = config.get("num_labels", 2)  # transformers would make a name for each
    if labels != 2:
        told = f"its num_labels is {labels!r:.60}, not 2 (start and end)"
        raise InputError(f"{name}: {told}; give a BERT that was fine-tuned on SQuAD")
    layers, hidden, inner, *rows = sizes.values()
    if layers > _LAYERS:
        raise InputError(f"{name}: its num_hidden_layers is {layers:,}, {_LAYERS} at most")
    needed = layers * (4 * hidden * hidden + 2 * hidden * inner) + sum(rows) * hidden
    if needed > room:  # a byte a number is less than any file has
        raise InputError(
            f"{name}: cannot be loaded (its config asks for more weights than the {room:,} bytes "
            "of its files can hold); save the model and its tokenizer again"
        )


def _fits(tokens: int, rows: int) -> bool:
    """Equal, or padded up to a round number of rows, as some checkpoints are for speed."""
    return tokens == rows or any(rows == -(-tokens // step) * step for step in (8, 64, 128))
