"""The exercises of chapter 06: count fusions, batch by length, round weights, beat two files."""

import warnings
from collections.abc import Callable
from math import ceil
from typing import Any

import numpy as np
import onnx

from helpers.exercises.beating import beats_both
from helpers.exercises.packing import batches_in
from helpers.exercises.verdicts import NotYet, called, shown, wanted, whole
from helpers.fusion import FUSED_OPERATORS, fused_counts

__all__ = ["CHECKS", "HANDOUTS"]

_LAYERS = 4
_BITS_16 = 2**15 - 1
_LARGEST = 64  # of a weight in 7 bits


def _half_fused() -> onnx.ModelProto:
    """A BERT of 4 layers in which some patterns were not recognised; its nodes, to be counted."""
    own = {"domain": "com.microsoft"}
    nodes = [("EmbedLayerNormalization", own)]
    for layer in range(_LAYERS):
        nodes += [("Attention", {} if layer == 2 else own)]  # ONNX's own, of opset 23
        ends = [("SkipLayerNormalization", own)]
        nodes += [("Add", {}), ("LayerNormalization", {})] if layer == 1 else ends
        nodes += [("MatMul", {}), ("BiasGelu", own), ("MatMul", {})]
        nodes += [("Add", {}), ("LayerNormalization", {})] if layer == 3 else ends
    edges = ["ids", *(f"edge_{number}" for number in range(1, len(nodes))), "logits"]
    made = [
        onnx.helper.make_node(operator, [before], [after], **domain)
        for (operator, domain), before, after in zip(nodes, edges, edges[1:], strict=False)
    ]
    sizes = ["batch", "length", 128]
    ends = [onnx.helper.make_tensor_value_info(name, 1, sizes) for name in ("ids", "logits")]
    graph = onnx.helper.make_graph(made, "half_fused", ends[:1], ends[1:])
    versions = [onnx.helper.make_opsetid("", 23), onnx.helper.make_opsetid("com.microsoft", 1)]
    return onnx.helper.make_model(graph, opset_imports=versions, ir_version=11)


def _missing_fusions(answer: Any) -> str:
    given = wanted(answer, dict, "a dictionary {operator: how many are missing}")
    found = fused_counts(_half_fused())
    fused = {name: base + _LAYERS * each for name, (base, each) in FUSED_OPERATORS.items()}
    for name, number in given.items():
        if name not in fused:
            raise NotYet(f"{shown(name)} is none of the four operators {', '.join(fused)}")
        whole(number, f"{name}: a whole number")
    for name, number in fused.items():
        said = whole(given.get(name, 0), f"{name}: a whole number")
        if said != number - found[name]:
            raise NotYet(
                f"{name}: {said} missing, you say. Hold how many a BERT of {_LAYERS} layers has, "
                "fused whole, against how many this model has"
            )
    return "ONNX's own Attention bears the same name; its domain tells it apart."


def _computed(batches: list[list[int]], lengths: np.ndarray) -> int:
    """How many tokens are computed, padding included."""
    return sum(len(batch) * int(lengths[batch].max()) for batch in batches)


def _sorted_batches(lengths: np.ndarray, batch: int, *, shortest_first: bool) -> list[list[int]]:
    order = np.argsort(lengths if shortest_first else -lengths, kind="stable").tolist()
    return [order[at : at + batch] for at in range(0, len(order), batch)]


def _batches(answer: Any) -> str:
    if not callable(answer):
        raise NotYet(f"a function of lengths and batch is wanted, and this is {shown(answer)}")
    random = np.random.default_rng(6)
    cases = [(np.array([7, 90, 8, 100]), 2), (np.array([30]), 4), (np.array([5, 5, 5]), 2)]
    cases += [(random.integers(10, 129, 150), batch) for batch in (1, 8, 16, 200)]
    for lengths, batch in cases:
        told = f"{lengths.tolist()}" if len(lengths) < 6 else f"{len(lengths)} windows"
        names = f"lengths={told}, batch={batch}"
        found = called(answer, lengths.copy(), batch, names=names)
        batches = batches_in(found, names)
        if wrong := _wrong_batches(batches, lengths, batch):
            raise NotYet(f"for {names}: {wrong}")
    return f"{len(cases)} cases, with no more runs than needed and little padding."


def _wrong_batches(batches: list[list[int]], lengths: np.ndarray, batch: int) -> str | None:
    numbers = sorted(number for one in batches for number in one)
    there = set(range(len(lengths)))
    if lost := there - set(numbers):
        return f"window {min(lost)} is in no batch"
    if strange := set(numbers) - there:
        return f"{min(strange)} is the number of no window; they are counted from 0"
    if len(numbers) > len(there):
        return f"{len(there)} windows are there, and the batches hold {len(numbers)} numbers"
    if (most := max(map(len, batches))) > batch:
        return f"a batch holds {most} windows"
    if not all(batches) or len(batches) > ceil(len(lengths) / batch):
        return f"{len(batches)} batches, though fewer would hold all of the windows"
    ways = (_sorted_batches(lengths, batch, shortest_first=first) for first in (True, False))
    if (computed := _computed(batches, lengths)) > max(_computed(way, lengths) for way in ways):
        return f"{computed} tokens are computed, {computed - lengths.sum()} of them padding"
    return None


def _rounded(answer: Any) -> str:
    if not callable(answer):
        raise NotYet(f"a function of a matrix is wanted, and this is {shown(answer)}")
    random = np.random.default_rng(7)
    plain = random.standard_normal((32, 6)).astype(np.float32)
    spread = plain * np.float32([1, 1000, 0.001, -1, 1, 1])
    dead = plain.copy()
    dead[:, 2] = 0
    for what, weights in (
        ("a matrix whose columns differ in size", spread),
        ("a matrix of normal numbers", plain),
        ("a matrix with a column of zeros", dead),
    ):
        with warnings.catch_warnings():
            # 0 / 0 is no number, and what int8 makes of that is chance
            warnings.filterwarnings("error", message="invalid value encountered in cast")
            found = called(answer, weights.copy(), names=what)
        if not isinstance(found, tuple | list) or len(found) != 2:
            raise NotYet(f"a pair (weights, scales) is wanted; for {what} it is {shown(found)}")
        _check_rounded(weights, *found, what)
    return f"No pair with activations up to 255 leaves 16 bits: {255 * 2 * _LARGEST} fits."


def _check_rounded(weights: np.ndarray, whole: Any, scale: Any, what: str) -> None:
    if not isinstance(whole, np.ndarray) or whole.dtype != np.int8 or whole.shape != weights.shape:
        raise NotYet(f"weights as an int8 array of the matrix's shape are wanted: {shown(whole)}")
    try:
        scales = np.broadcast_to(np.asarray(scale, np.float64), (1, weights.shape[1]))[0]
    except Exception:  # no numbers, or of another shape
        raise NotYet(f"a scale for each column is wanted, and this is {shown(scale)}") from None
    dead = ~weights.any(axis=0)  # any scale will do, but it must be a number
    strange = np.flatnonzero(~np.isfinite(scales) | ~(dead | (scales > 0)))
    if strange.size:
        column = strange[0]
        raise NotYet(f"{what}: the scale of column {column} is {scales[column]}")
    largest = int(np.abs(whole.astype(int)).max())
    if 2 * 255 * largest > _BITS_16:
        raise NotYet(
            f"{what}: a weight becomes {largest}; two of them on activations of 255 make "
            f"{2 * 255 * largest}, and 16 bits hold {_BITS_16}"
        )
    off = np.abs(whole * scales - weights).max(axis=0)
    coarse = off > 0.505 * np.abs(weights).max(axis=0) / (_LARGEST - 1) + 1e-12
    if coarse.any():
        column = int(np.flatnonzero(coarse)[0])
        raise NotYet(
            f"{what}: in column {column}, whose largest weight is "
            f"{np.abs(weights[:, column]).max():.3g}, a weight is off by {off[column]:.2g}, "
            f"{off[column] / abs(scales[column]):.2f} of its scale; a scale that fits the column, "
            "and whole numbers that are the nearest, are off by less"
        )


CHECKS: dict[str, Callable[[Any], str]] = {
    "06.1": _missing_fusions,
    "06.2": _batches,
    "06.3": _rounded,
    "06.4": beats_both,
}
"""{exercise: its check}; a check returns words for a right answer, and raises `NotYet`."""

HANDOUTS: dict[str, Callable[[], Any]] = {"06.1": _half_fused}
"""{exercise: what makes the thing that it starts from}."""
