"""The WordPiece vocabulary of the small model."""

from __future__ import annotations

import string
from collections.abc import Iterable
from pathlib import Path

from tokenizers import BertWordPieceTokenizer

__all__ = ["MASK", "load_tokenizer", "train_vocabulary"]

_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
MASK = _SPECIAL.index("[MASK]")
"""The id of [MASK], the last of the special tokens."""
_EXTRA = "£€°–—’‘“”…½×"


def train_vocabulary(texts: Iterable[str], path: Path, size: int = 5200) -> None:
    """Learn a lower-case vocabulary and write `vocab.txt`.

    The same texts give the same file. The trainer numbers letters inside words by chance, and
    breaks ties by those numbers, so they are numbered for it, as special tokens.

    Args:
        texts: Passages and questions.
        path: Where to write; one word piece a line, its id is the line's number from 0.
        size: How many word pieces.
    """
    trainer = BertWordPieceTokenizer(lowercase=True)
    alphabet = sorted(set(string.printable.strip().lower() + _EXTRA))
    inner = [f"##{letter}" for letter in alphabet if letter.isascii() and letter.isalnum()]
    trainer.train_from_iterator(
        texts,
        vocab_size=size,
        min_frequency=3,
        special_tokens=[*_SPECIAL, *alphabet, *inner],
        show_progress=False,
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet) + 60,
    )
    vocabulary = trainer.get_vocab()
    path.write_text(
        "\n".join(sorted(vocabulary, key=vocabulary.__getitem__)) + "\n", encoding="utf-8"
    )


def load_tokenizer(path: Path) -> BertWordPieceTokenizer:
    """Load the tokenizer of a `vocab.txt`."""
    return BertWordPieceTokenizer(str(path), lowercase=True)
