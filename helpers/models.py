"""Which BERT: one name, one way to load it, the same code behind every name."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from transformers import (
    BertConfig,
    BertForQuestionAnswering,
    BertTokenizer,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from helpers.checkpoints import check_config, check_folder, check_loaded, is_path
from helpers.errors import InputError
from helpers.files import PROJECT, expanded
from helpers.hub import from_hub

__all__ = ["BERT_LARGE", "EMBEDDED", "QuestionAnswerer", "load"]

EMBEDDED = PROJECT / "data" / "embedded-bert"
"""The folder of the small BERT that this project trained and ships."""

BERT_LARGE = "bert-large-uncased-whole-word-masking-finetuned-squad"
"""The article's model, by its name on the hub."""

transformers_logging.disable_progress_bar()  # loading takes a moment; the bar says nothing

_NO_CODE = {"trust_remote_code": False}  # a model folder is data: code in it is never run

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

    @property
    def weights_sha256(self) -> str:
        """A hash of all weights with their names, types and shapes, in the order of the names.

        Equal hashes mean equal weights, whatever file they came from.
        """
        whole = hashlib.sha256()
        for name, tensor in sorted(self.model.state_dict().items()):
            whole.update(f"{name} {tensor.dtype} {list(tensor.shape)}\n".encode())
            whole.update(tensor.contiguous().numpy())
        return whole.hexdigest()


def load(
    name: str = "embedded", *, attention: str = "eager", seed: int = 0, layers: int | None = None
) -> QuestionAnswerer:
    """Loads a BERT that answers questions.

    Args:
        name: `embedded`, the small BERT in `data/embedded-bert`; `bert-large`, the article's
            model, fetched once from the hub into `data/downloads`; `bert-large-random`, the same
            architecture with random weights, for timing without a network; or a folder written
            by `save_pretrained`, or any other hub name.
        attention: `eager`, the plain formula, which ONNX Runtime's optimizer recognises; or
            `sdpa`, PyTorch's fused one, the default of transformers.
        seed: seeds the weights of `bert-large-random`.
        layers: keeps the first so many layers only, to look at a small graph: answers then mean
            nothing. All when None.

    Returns:
        The model in evaluation mode, float32, on the CPU, with its tokenizer.

    Raises:
        InputError: it has not so many layers, cannot be had, is not a BERT, has no weights in
            safetensors, no question-answering head with two outputs, fewer than two segments, or a
            tokenizer of another class, without [CLS], [SEP] or [PAD], or of another size than its
            embedding table; or a file of its folder is a device or too large.
    """
    if layers is not None:
        return _first_layers(load(name, attention=attention, seed=seed), layers)
    if name == "bert-large-random":
        return _random_large(attention, seed)
    source = {"embedded": str(EMBEDDED), "bert-large": BERT_LARGE}.get(name, name)
    folder = expanded(source) if is_path(source) else from_hub(name, source)
    if name == "embedded" and not folder.is_dir():
        raise InputError(f"{EMBEDDED}: no such folder; restore it with git, or run `make model`")
    check_folder(name, folder)
    try:
        config = BertConfig.from_pretrained(folder, **_NO_CODE)
        check_config(name, config)
        with _quiet():
            model, report = BertForQuestionAnswering.from_pretrained(
                folder,
                config=config,
                attn_implementation=attention,
                dtype=torch.float32,
                use_safetensors=True,
                output_loading_info=True,
                **_NO_CODE,
            )
        tokenizer = BertTokenizer.from_pretrained(folder, **_NO_CODE)
    except (InputError, MemoryError):
        raise
    except Exception as error:  # many kinds, from several libraries; all mean a broken folder
        reason = str(error).strip().split("\n")[0][:200] or type(error).__name__
        raise InputError(
            f"{name}: cannot be loaded ({reason}); save the model and its tokenizer again"
        ) from error
    check_loaded(name, config, set(report["missing_keys"]), tokenizer)
    return QuestionAnswerer(name, source, True, model.eval(), tokenizer)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps transformers from printing its report: what is missing is raised, in one line."""
    level = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity(transformers_logging.CRITICAL)
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)


def _first_layers(whole: QuestionAnswerer, layers: int) -> QuestionAnswerer:
    """The model without what comes behind its first layers."""
    there = whole.model.config.num_hidden_layers
    if not 1 <= layers <= there:
        raise InputError(f"layers={layers}: {whole.name} has {there}; give 1 to {there}, or None")
    whole.model.bert.encoder.layer = whole.model.bert.encoder.layer[:layers]
    whole.model.config.num_hidden_layers = layers
    return replace(whole, source=f"{whole.source}, first {layers} layers", trained=False)


def _random_large(attention: str, seed: int) -> QuestionAnswerer:
    """BERT-large with seeded random weights; it reads ids from the embedded model's tokenizer."""
    config = BertConfig(**_LARGE_SHAPE, attn_implementation=attention)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = BertForQuestionAnswering(config)
    tokenizer = load("embedded").tokenizer
    source = f"BERT-large architecture, random weights, seed {seed}"
    return QuestionAnswerer("bert-large-random", source, False, model.eval(), tokenizer)
