"""Makes the golden files with the converter of transformers 4, which transformers 5 dropped.

It needs an environment of its own, because the project uses transformers 5::

    python -m venv /tmp/transformers4
    /tmp/transformers4/bin/pip install "transformers==4.57.*" numpy
    /tmp/transformers4/bin/python tests/golden/make_golden.py

`cases-v1.1.json` is written by hand; `vocab.txt` is a WordPiece vocabulary made of its words and
characters (`python tests/golden/make_golden.py --vocabulary`, in either environment).
"""

import json
import re
import sys
import unicodedata
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
SETTINGS = {
    "384-128": (384, 128, 64),
    "128-64": (128, 64, 64),
    "64-16-16": (64, 16, 16),
    "128-128": (128, 128, 64),  # the article's, where this converter leaps over words
}


def write_vocabulary() -> None:
    """Half of the cases' words whole, the others to be split into pieces, and every character."""
    text = (HERE / "cases-v1.1.json").read_text(encoding="utf-8").lower()
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    words = sorted(set(re.findall(r"[a-z]{2,}", text)))
    letters = sorted({c for c in text if c.isprintable() and not c.isspace() and c != "語"})
    pieces = sorted({f"##{word[i : i + 2]}" for word in words for i in range(1, len(word) - 1)})
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *words[::2]]
    tokens += [f"##{letter}" for letter in letters if letter.isalnum()]
    tokens += [piece for piece in pieces if len(piece) == 4]
    unique = list(dict.fromkeys(tokens))
    (HERE / "vocab.txt").write_text("\n".join(unique) + "\n", encoding="utf-8")


def main() -> None:
    """Converts the cases under every setting and writes one .npz file a setting."""
    from transformers import BertTokenizer
    from transformers.data.processors.squad import SquadExample, squad_convert_example_to_features

    root = json.loads((HERE / "cases-v1.1.json").read_text(encoding="utf-8"))
    tokenizer = BertTokenizer(str(HERE / "vocab.txt"), do_lower_case=True)
    for name, (length, stride, query) in SETTINGS.items():
        arrays = {"input_ids": [], "attention_mask": [], "token_type_ids": [], "example_index": []}
        index = -1
        for article in root["data"]:
            for paragraph in article["paragraphs"]:
                for qa in paragraph["qas"]:
                    index += 1
                    example = SquadExample(
                        qa["id"], qa["question"], paragraph["context"], None, None, "", []
                    )
                    squad_convert_example_to_features.__globals__["tokenizer"] = tokenizer
                    windows = squad_convert_example_to_features(
                        example, length, stride, query, "max_length", is_training=False
                    )
                    for window in windows:
                        arrays["input_ids"].append(window.input_ids)
                        arrays["attention_mask"].append(window.attention_mask)
                        arrays["token_type_ids"].append(window.token_type_ids)
                        arrays["example_index"].append(index)
        stacked = {key: np.array(value, dtype=np.int64) for key, value in arrays.items()}
        np.savez_compressed(HERE / f"windows-{name}.npz", **stacked)
        print(name, stacked["input_ids"].shape)


if __name__ == "__main__":
    if "--vocabulary" in sys.argv:
        write_vocabulary()
    else:
        main()
