"""Is a file better than two of chapter 06's? Asked of its bytes, its nodes and its answers."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
import torch

from helpers.exercises.judging import as_model, as_path, opened, ran, without_functions
from helpers.exercises.verdicts import NotYet
from helpers.exports import INPUT_NAMES, OUTPUT_NAMES, export_bert, feeds
from helpers.fusion import fuse_bert
from helpers.graphs import count_ops, external_files
from helpers.models import load
from helpers.quantization import quantize_dynamic_bert
from helpers.settings import SQUAD_MINI
from helpers.squad import featurize, read_squad

__all__ = ["beats_both"]

_WINDOWS = 40
_KEPT = 0.85  # of the likeliest starts and ends


class _Bar(NamedTuple):
    """What has to be beaten, and what PyTorch answers.

    Attributes:
        fused_bytes: size of the fused file.
        int8_nodes: nodes of the dynamically quantised file.
        feeds: windows without padding, {input name: int64 [1, length]}.
        likeliest: the likeliest start and end of each, by PyTorch.
    """

    fused_bytes: int
    int8_nodes: int
    feeds: list[dict[str, np.ndarray]]
    likeliest: list[tuple[int, int]]


@cache
def _bar() -> _Bar:
    answerer = load("embedded")
    with tempfile.TemporaryDirectory() as name:
        exported, fused, int8 = (Path(name) / f"{one}.onnx" for one in ("a", "b", "c"))
        export_bert(answerer.model, exported)
        fuse_bert(exported, fused, answerer.model.config)
        quantize_dynamic_bert(fused, int8, reduce_range=True)
        size, nodes = fused.stat().st_size, sum(count_ops(int8).values())
    examples = read_squad(SQUAD_MINI)
    features = featurize(examples, answerer.tokenizer, max_seq_length=128, doc_stride=128)
    rows = np.linspace(0, len(features) - 1, _WINDOWS).astype(int)
    windows = [
        {name: array[:, : int(feed["input_mask"].sum())] for name, array in feed.items()}
        for feed in feeds(features.inputs(rows))
    ]
    likeliest = []
    for feed in windows:
        with torch.inference_mode():
            output = answerer.model(*(torch.from_numpy(feed[name]) for name in INPUT_NAMES))
        likeliest.append((int(output.start_logits.argmax()), int(output.end_logits.argmax())))
    return _Bar(size, nodes, windows, likeliest)


def beats_both(answer: Any) -> str:
    """Holds a file to half the fused file's bytes, fewer nodes than int8's, and the same answers.

    Args:
        answer: the path of an .onnx file with the article's inputs and outputs.

    Returns:
        What the right answer shows.

    Raises:
        NotYet: it is no such file, does not beat both, or answers otherwise.
    """
    path = as_path(answer)
    if apart := external_files(path):
        raise NotYet(f"{path.name} keeps weights in {apart[0]}; one file is wanted")
    model = as_model(path)
    session = opened(model, inputs=list(INPUT_NAMES), outputs=list(OUTPUT_NAMES))
    bar, size = _bar(), path.stat().st_size
    if size > bar.fused_bytes / 2:
        raise NotYet(f"it is no smaller than half: {size / bar.fused_bytes:.1%} of the fused file")
    if (nodes := sum(count_ops(without_functions(model)).values())) >= bar.int8_nodes:
        raise NotYet(
            f"{size / bar.fused_bytes:.0%} of the fused file's bytes, small enough; but {nodes} "
            f"nodes are not fewer than the {bar.int8_nodes} of the int8 file"
        )
    kept = _kept(session, bar)
    if kept < _KEPT:
        raise NotYet(
            f"small enough, with {nodes} nodes; but of the likeliest starts and ends in "
            f"{_WINDOWS} windows only {kept:.0%} are PyTorch's"
        )
    return (
        f"{size / bar.fused_bytes:.0%} of the bytes, {nodes} nodes, and {kept:.0%} of the "
        "likeliest starts and ends are PyTorch's."
    )


def _kept(session: onnxruntime.InferenceSession, bar: _Bar) -> float:
    """The share of windows' starts and ends whose likeliest token is PyTorch's."""
    kinds = {value.name: value.type for value in session.get_inputs()}
    types = {"tensor(int32)": np.int32, "tensor(int64)": np.int64}
    if strange := {kind for kind in kinds.values() if kind not in types}:
        raise NotYet(f"its inputs are of type {min(strange)}; tokens are whole numbers")
    same = []
    for feed, likeliest in zip(bar.feeds, bar.likeliest, strict=True):
        given = {name: array.astype(types[kinds[name]]) for name, array in feed.items()}
        found = ran(session, given)
        named = dict(zip([value.name for value in session.get_outputs()], found, strict=True))
        for name, token in zip(OUTPUT_NAMES, likeliest, strict=True):
            same.append(bool(named[name].size) and int(named[name].argmax()) == token)
    return float(np.mean(same))
