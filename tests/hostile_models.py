"""Hostile files for fusion and quantisation, hostile tokenizers, and a hostile notebook."""

import json
from pathlib import Path

import nbformat
import numpy as np
from builders import copy_folder, write
from hostile import Case
from hostile_graphs import HUGE, NEGATIVE, circle, model, nested_ifs, outside, saved
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from onnx import helper
from transformers import BertConfig

from helpers.book import build_book
from helpers.fusion import fuse_bert
from helpers.models import EMBEDDED, load
from helpers.quantization import quantize_dynamic_bert, quantize_static_bert

__all__ = ["CASES"]

SCRIPT = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
TOKENS = len((EMBEDDED / "vocab.txt").read_text(encoding="utf-8").splitlines())
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="


# --- fusion and quantisation -------------------------------------------------------------------


def fused(path: Path):
    return fuse_bert(path, path.with_name("out.onnx"), BertConfig.from_pretrained(EMBEDDED)).total()


def dynamic(path: Path):
    return quantize_dynamic_bert(path, path.with_name("out.onnx")).scheme


def static(path: Path):
    ids = np.ones((1, 8), np.int64)
    windows = {"input_ids": ids, "attention_mask": ids, "token_type_ids": ids}
    return quantize_static_bert(path, path.with_name("out.onnx"), calibration=windows).scheme


def product(weight):
    """A model whose product takes a weight, as those have it that are quantised."""
    return model([helper.make_node("MatMul", ["x", "w"], ["y"])], weights=[weight])


def inputs_of_a_maker(reader, make):
    """What each maker of files is given: (name, expected, attempt)."""

    def of(content):
        return lambda folder: make(saved(folder, content))

    def outer(location, **how):
        return lambda folder: make(outside(location, **how)(folder))

    fusion = reader == "fusion"  # looks for patterns, and leaves alone what it does not know
    unknown = "read: 0" if fusion else "refused: model.onnx: cannot be"
    twice_told = "read: dynamic" if reader == "dynamic int8" else unknown
    twice = model([helper.make_node("Relu", ["x"], ["y"])] * 2)
    own = model([helper.make_node("Nonsense", ["x"], ["y"], domain="no.such")])
    given = [
        ("a file of text", "refused: model.onnx: no ONNX model", of(b"no model")),
        ("an empty file", "refused: model.onnx: no ONNX model", of(b"")),
        ("5,000 graphs", "refused: model.onnx: no ONNX model", of(nested_ifs(5_000))),
        ("a circle of 3 nodes", unknown, of(circle(3))),
        ("a value in two places", twice_told, of(twice)),
        ("an operator of nobody", unknown, of(own)),
        ("a weight of 2**124 numbers", unknown, of(product(HUGE))),
        ("a weight of -5 numbers", unknown, of(product(NEGATIVE))),
        ("weights at ../secret", "refused: .*model.onnx: ", outer("../secret")),
        ("weights at an absolute path", "refused: .*model.onnx: ", outer("{secret}")),
        ("weights behind a link", "refused: .*model.onnx: ", outer("w.data", link=True)),
    ]
    return [Case(name, reader, expected, attempt) for name, expected, attempt in given]


# --- tokenizers --------------------------------------------------------------------------------


def tokenizer(name, change):
    """The shipped model with one file of its tokenizer changed."""

    def attempt(folder: Path):
        copy = copy_folder(EMBEDDED, folder / "bert")
        content = change(copy / name)
        if content is not None:
            write(copy / name, content)
        loaded = load(str(copy))
        ran = "code ran" if (folder.parent / "ran").exists() else "no code ran"
        return f"{len(loaded.tokenizer)} tokens, {ran}"

    return attempt


def changed(**changes):
    def change(path: Path):
        return {**json.loads(path.read_text(encoding="utf-8")), **changes}

    return change


def with_code(path: Path):
    """Code beside the model, and a setting that asks for it."""
    code = "from pathlib import Path\nPath(__file__).parents[2].joinpath('ran').touch()\n"
    write(path.with_name("code.py"), code + "class Thing: ...\n")
    return changed(auto_map={"AutoTokenizer": ["code.Thing", None]})(path)


# --- the site ----------------------------------------------------------------------------------


def site(folder: Path):
    """A notebook whose outputs are what a hostile file's names and errors would be."""
    told = [
        new_output("stream", name="stdout", text=f"{SCRIPT}\n"),
        new_output("execute_result", data={"text/plain": SCRIPT}, execution_count=1),
        new_output(
            "display_data",
            data={"image/png": PNG, "text/plain": SCRIPT},
            metadata={"image/png": {"alt": SCRIPT}},
        ),
        new_output("error", ename=SCRIPT, evalue=SCRIPT, traceback=[SCRIPT]),
    ]
    cells = [
        new_markdown_cell("# 01 A title"),
        new_code_cell(f"print({SCRIPT!r})", outputs=told, execution_count=1),
    ]
    (folder / "chapters").mkdir()
    path = folder / "chapters" / "01-a.ipynb"
    language = {"language_info": {"name": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=language), path)
    index = build_book([path], folder / "site")
    told = []
    for page in (index.parent / "01-a.html", index):
        html = page.read_text(encoding="utf-8")
        raw = html.count("<script>document.title") + html.count("<img src=x")
        escaped = min(html.count("&lt;script&gt;"), html.count("&lt;img src=x"))
        told.append(f"{raw} pieces of markup, {escaped} told as text")
    return "; ".join(told)


TOKENIZERS = [
    ("an empty vocabulary", "vocab.txt", lambda path: b"", "refused: "),
    ("a vocabulary of bytes", "vocab.txt", lambda path: bytes(range(256)) * 20, "refused: "),
    ("a word of a megabyte", "vocab.txt", lambda path: "[UNK]\n" + "a" * (1 << 20), "refused: "),
    (
        "100,000 words more",
        "vocab.txt",
        lambda path: path.read_bytes() + b"".join(b"w%d\n" % one for one in range(100_000)),
        f"refused: .*tokens, its embedding table {TOKENS} rows",
    ),
    ("a list", "tokenizer.json", lambda path: "[]", "refused: "),
    ("a number for the model", "tokenizer.json", lambda path: {"model": 5}, "refused: "),
    ("100,000 levels", "tokenizer.json", lambda path: '{"model":' * 100_000, "refused: "),
    ("a list", "tokenizer_config.json", lambda path: "[]", "refused: "),
    ("100,000 levels", "tokenizer_config.json", lambda path: '{"a":' * 100_000, "refused: "),
    (
        "a class of nobody",
        "tokenizer_config.json",
        changed(tokenizer_class="os.system"),
        "refused: .*its tokenizer_class is 'os.system'; save the BertTokenizer",
    ),
    (
        "a text for the greatest length",
        "tokenizer_config.json",
        changed(model_max_length="$(touch x)"),
        f"read: {TOKENS} tokens, no code ran",
    ),
    (
        "code beside the model",
        "tokenizer_config.json",
        with_code,
        f"read: {TOKENS} tokens, no code ran",
    ),
]

CASES = [
    *(
        Case(name, file, expected, tokenizer(file, change))
        for name, file, change, expected in TOKENIZERS
    ),
    *inputs_of_a_maker("fusion", fused),
    *inputs_of_a_maker("dynamic int8", dynamic),
    *inputs_of_a_maker("static int8", static),
    Case(
        "markup in every kind of output",
        "the site",
        "read: 0 pieces of markup, [4-9] told as text; 0 pieces of markup, [1-9] told",
        site,
        True,
    ),
]
