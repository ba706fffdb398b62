"""The exercises of chapter 07: FLOPs and bytes by hand, a place on the roofline, what binds."""

from collections.abc import Callable, Mapping
from math import isclose, isfinite
from typing import Any

from transformers import BertConfig

from helpers.costs import bert_cost, weight_bytes
from helpers.exercises.verdicts import NotYet, called, number, pair_of, shown, wanted
from helpers.recorded import recorded, rung_of

__all__ = ["CHECKS", "HANDOUTS"]

_H, _F, _S = 1024, 4096, 384  # BERT-large, at 384 tokens
_GPUS = {"L4": (300, 121), "A10": (600, 125), "A100": (1555, 312), "H200": (4800, 989)}
_BETWEEN = {"made up": (1000, 989), "made up too": (860, 989)}  # reading is near to launching
_LAUNCHING = 176 * 3.8e-3  # ms
_LARGE = BertConfig(
    num_hidden_layers=24, hidden_size=_H, intermediate_size=_F, num_attention_heads=16
)


def _number(answer: Any, what: str) -> float:
    value = number(answer, what)
    if not isfinite(value):
        raise NotYet(f"{what} is wanted, and this is {shown(answer)}")
    return value


def _named(value: float, others: Mapping[str, float], *, within: float = 1e-9) -> str | None:
    """Which of some wrong numbers a value is, in words."""
    return next((w for w, one in others.items() if isclose(value, one, rel_tol=within)), None)


def _flops(hidden: int, inner: int, length: int) -> tuple[int, int]:
    """FLOPs of one layer: products with weights, products of activations."""
    one = BertConfig(num_hidden_layers=1, hidden_size=hidden, intermediate_size=inner)
    head = 2 * length * hidden * one.num_labels
    cost = bert_cost(one, length=length)
    return cost.linear_flops - head, cost.attention_flops


def _layer_flops(answer: Any) -> str:
    value = _number(answer, "a number of FLOPs")
    linear, attention = _flops(_H, _F, _S)
    right = linear + attention
    feed_forward = 2 * _S * _H * _F
    wrong = {
        "a multiply-add is two operations, and here it counts as one": right / 2,
        "it is the work of all 24 layers": 24 * right,
        "it is the work of all 24 layers, and the head's": bert_cost(_LARGE, length=_S).flops,
        "the products of tokens with tokens are missing": linear,
        "it holds the products of tokens with tokens alone": attention,
        "of the two products with tokens' scores one is missing": linear + attention / 2,
        "of the feed-forward part one product is missing": right - feed_forward,
        "the feed-forward part is missing": right - 2 * feed_forward,
        "it is right for 128 tokens": sum(_flops(_H, _F, 128)),
        "16 heads share the width, so that each has a 16th of it": linear + 16 * attention,
        "each of the 16 heads does its part, and one is counted": linear + attention / 16,
    }
    if (what := _named(value, wrong)) is not None:
        raise NotYet(f"{value:,.0f}: {what}")
    if value != right:
        much = (
            "close, but not to the last FLOP"
            if isclose(value, right, rel_tol=0.01)
            else ("too many" if value > right else "too few")
        )
        raise NotYet(f"{value:,.0f} FLOPs: {much}")
    return f"{attention / right:.0%} of them are scores and sum, at 384 tokens."


def _int8_bytes(hidden: int, inner: int) -> tuple[int, int]:
    """Numbers in the matrices of one layer, and numbers in its vectors."""
    sizes = {"hidden_size": hidden, "intermediate_size": inner}
    two, one = (BertConfig(num_hidden_layers=layers, **sizes) for layers in (2, 1))
    eight, whole = (weight_bytes(two, p) - weight_bytes(one, p) for p in ("int8", "fp32"))
    vectors = (4 * eight - whole) // 12  # eight = m + 4 v, whole = 4 m + 4 v
    return eight - 4 * vectors, vectors


def _layer_bytes(answer: Any) -> str:
    if not callable(answer):
        raise NotYet(f"a function of H and F is wanted, and this is {shown(answer)}")
    for hidden, inner in ((1000, 3000), (128, 512), (_H, _F)):
        matrices, vectors = _int8_bytes(hidden, inner)
        names = f"H={hidden}, F={inner}"
        value = _number(called(answer, hidden, inner, names=names), f"for {names}: a number")
        wrong = {
            "the vectors are missing": matrices,
            "the vectors stay in 32 bits": matrices + vectors,
            "all of it is in 32 bits": 4 * (matrices + vectors),
            "what layer normalisation multiplies with and adds is missing": (
                matrices + 4 * (vectors - 4 * hidden)
            ),
            "of the two layer normalisations one is missing": (
                matrices + 4 * (vectors - 2 * hidden)
            ),
            "the biases are missing": matrices + 16 * hidden,
            "the bias of the wider part is missing": matrices + 4 * (vectors - inner),
        }
        if value != matrices + 4 * vectors:
            what = _named(value, wrong) or "not what the parameters of such a layer add up to"
            raise NotYet(f"for {names} it gives {value:,.0f} bytes: {what}")
    matrices, vectors = _int8_bytes(_H, _F)
    return f"A layer of BERT-large: {matrices + 4 * vectors:,} bytes, a quarter of fp32's."


def _place(answer: Any) -> str:
    pair = pair_of(answer, "a pair of numbers")
    across, up = (_number(one, "a pair of numbers") for one in pair)
    record = recorded("h200-bert-large-random")
    rung, limit = rung_of(record, "ort-fp16-graph"), record["limit"]
    flops, stored = limit["flops"], limit["weight_bytes"]
    if not isclose(across, flops / stored["fp16"], rel_tol=0.01):
        wrong = {
            "those are the bytes of fp32": flops / stored["fp32"],
            "bytes for each FLOP, turned round": stored["fp16"] / flops,
            "the FLOPs of attention are missing": limit["linear_flops"] / stored["fp16"],
        }
        what = _named(across, wrong, within=0.005) or "which bytes does the rung read, all in all?"
        raise NotYet(f"across, {across:.4g} FLOPs a byte: {what}")
    rate = flops / rung["device_ms"]["p50"] / 1e6
    if not isclose(up, rate, rel_tol=0.01):
        wrong = {
            "that is the time from main memory to main memory": (
                flops / rung["latency_ms"]["p50"] / 1e6
            ),
            "that is the peak": limit["peak_gflops"]["fp16"],
            **{f"a factor of 10^{n} is wrong": rate * 10.0**n for n in (-9, -6, -3, 3, 6, 9)},
        }
        what = _named(up, wrong, within=0.01) or "FLOPs of one run, by the time of one run?"
        raise NotYet(f"across it is right; upwards, {up:.4g} GFLOP/s: {what}")
    roof = min(limit["peak_gflops"]["fp16"], across * limit["bandwidth_gb_s"])
    return f"The roof over it is at {roof:,.0f} GFLOP/s: {up / roof:.0%} of it is reached."


def _what_binds(answer: Any) -> str:
    if not callable(answer):
        raise NotYet(f"a function of three numbers is wanted, and this is {shown(answer)}")
    count, flops, stored = 0, bert_cost(_LARGE).flops, weight_bytes(_LARGE, "fp16")
    for batch in (1, 2, 4, 8, 16, 64):
        for name, (gb_s, tflop_s) in {**_GPUS, **_BETWEEN}.items():
            times = {
                "computing": batch * flops / tflop_s / 1e9,
                "reading": stored / gb_s / 1e6,
                "launching": _LAUNCHING,
            }
            second, first = sorted(times.values())[-2:]
            if first < 1.02 * second:
                continue  # too near to tell
            names = f"batch={batch}, gb_s={gb_s}, tflop_s={tflop_s} ({name})"
            found = called(answer, batch, gb_s, tflop_s, names=names)
            word = wanted(found, str, f"for {names}: one of {', '.join(times)}")
            if word not in times:
                raise NotYet(f"for {names}: {shown(word)} is none of {', '.join(times)}")
            if times[word] != first:
                more = "" if batch == 1 else "; which of the three grow with the batch?"
                raise NotYet(f"for {names} it says {word}, and another takes longer{more}")
            count += 1
    return f"{count} cases: windows of one batch share the reading and the launching."


CHECKS: dict[str, Callable[[Any], str]] = {
    "07.1": _layer_flops,
    "07.2": _layer_bytes,
    "07.3": _place,
    "07.4": _what_binds,
}
"""{exercise: its check}; a check returns words for a right answer, and raises `NotYet`."""

HANDOUTS: dict[str, Callable[[], Any]] = {}
"""{exercise: what makes the thing that it starts from}."""
