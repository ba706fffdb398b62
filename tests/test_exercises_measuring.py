"""The checks of chapters 05 to 07: right answers pass, typical wrong ones get a line that helps."""

import json
import random
import re
import sys
import time

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from transformers import BertConfig
from verdict_checks import assert_right, says

from helpers.chapters import NOTEBOOKS
from helpers.costs import bert_cost, weight_bytes
from helpers.exercises import chapter_07, check, handout
from helpers.exports import export_bert
from helpers.fusion import fuse_bert
from helpers.latency import measure
from helpers.models import load
from helpers.quantization import quantize_dynamic_bert
from helpers.ratios import paired_ratio
from helpers.recorded import recorded, rung_of

# --- 05 -----------------------------------------------------------------------------------------


def test_a_percentile():
    samples = handout("05.1")
    p90 = np.percentile(samples, 90)
    for right in (
        p90,
        float(p90),
        np.float32(p90),
        np.array(p90),
        torch.tensor(p90),
        sorted(samples)[180],
        round(p90, 2),
    ):
        assert_right("05.1", right)
    assert "(it is their mean)" in says("05.1", samples.mean())
    assert ": 100 of the 200 calls took no longer" in says("05.1", np.median(samples))
    assert ": 198 of the 200" in says("05.1", np.percentile(samples, 99))
    assert ": 2 of the 200" in says("05.1", np.percentile(samples, 0.9))
    assert ": 0 of the 200" in says("05.1", p90 / 1000)
    assert "a number of milliseconds is wanted" in says("05.1", [p90])
    (samples := handout("05.1"))[:] = 0
    assert handout("05.1").min() > 5


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (
            lambda s, f: s.mean() / f.mean(),
            "slow=.10, 12, 60.*gives 2.828: that is the ratio of .*means",
        ),
        (lambda s, f: np.median(s) / np.median(f), "2.4: that is the ratio of the two medians"),
        (lambda s, f: np.mean(s / f), "2.667: that is the mean of the ratios"),
        (lambda s, f: np.median(f / s), "0.3333: that is how many times longer `fast` took"),
        (lambda s, f: 3.0, "gives 3, which no round's ratio supports"),
        (lambda s, f: s / f, "a number is what should come back"),
        (lambda s, f: paired_ratio(s, f), "a number is what should come back .* tuple"),
        (lambda s: s, "raises TypeError"),
        (2.5, "a function of two arrays is wanted, and this is float 2.5"),
    ],
)
def test_wrong_ratios(function, told):
    assert re.search(told, says("05.2", function))


def test_right_ratios():
    assert_right("05.2", lambda slow, fast: np.median(slow / fast))
    assert_right("05.2", lambda slow, fast: paired_ratio(slow, fast)[0])


def refuse(session, asked):
    in_use = session.get_providers()[0]
    if in_use != asked:
        raise RuntimeError(f"asked for {asked}, and it runs on {in_use}")
    return session


def in_the_list(session, asked):
    assert asked in session.get_providers(), f"no {asked} in {session.get_providers()}"
    return session


def available(session, asked):
    if asked not in onnxruntime.get_available_providers():
        raise RuntimeError(asked)
    return session


def leaving(session, asked):
    if session.get_providers()[0] != asked:
        sys.exit(f"asked {asked}, in use {session.get_providers()[0]}")
    return session


def without_a_word(session, asked):
    if session.get_providers()[0] != asked:
        raise RuntimeError("wrong provider")
    return session


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (
            in_the_list,
            r"session on \['TensorrtExecutionProvider', .* asked for CUDA.* raises nothing",
        ),
        (
            without_a_word,
            "raises RuntimeError .wrong provider.; CUDAExecutionProvider should stand",
        ),
        (
            lambda s, a: s if s.get_providers()[0] == a else None,
            "raises nothing, and gives NoneType",
        ),
        (lambda s, a: s.get_providers()[0] == a, "give the session back, and gives bool True"),
        (lambda s, a: s.provider, "raises AttributeError"),
        (leaving, "it ends the whole program; an error is wanted, which a caller can catch"),
        (lambda s, a: sys.exit(a), "raises SystemExit .CPUExecutionProvider"),
        ("CPUExecutionProvider", "a function of a session and a provider's name is wanted"),
    ],
)
def test_wrong_refusals(function, told):
    assert re.search(told, says("05.3", function))


def test_what_is_available_is_no_refusal(monkeypatch):
    every = [f"{one}ExecutionProvider" for one in ("Tensorrt", "CUDA", "CPU")]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: every)
    assert "asked for CUDAExecutionProvider it raises nothing" in says("05.3", available)


def test_a_right_refusal():
    assert_right("05.3", refuse)


def apart(ours, theirs):
    off = [~(np.abs(a - b) <= 0.001) for a, b in zip(ours, theirs, strict=True)]
    return np.flatnonzero((off[0] | off[1]).any(axis=1))


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (
            lambda a, b: [7] if np.abs(a[0][7] - b[0][7]).max() > 0.001 else [],
            "window 2 .*gives \\[\\]",
        ),
        (lambda a, b: np.flatnonzero((a[0] - b[0]).max(axis=1) > 0.001), "window 2 is lower"),
        (
            lambda a, b: np.flatnonzero(np.abs(a[0] - b[0]).max(axis=1) > 0.001),
            "end logit of window 4",
        ),
        (lambda a, b: np.flatnonzero(np.abs(np.subtract(a, b)).max(axis=(0, 2)) > 0.001), "is NaN"),
        (lambda a, b: np.flatnonzero(np.any(np.asarray(a) != b, axis=(0, 2))), "7 is higher"),
        (
            lambda a, b: np.argwhere(~(np.abs(np.subtract(a, b)) <= 0.001))[:, 1],
            "each once, in order",
        ),
        (
            lambda a, b: (~(np.abs(np.subtract(a, b)) <= 0.001)).any(axis=(0, 2)),
            "a list of window num",
        ),
        (
            lambda a, b: np.flatnonzero((~(np.abs(np.subtract(a, b)) <= 0.009)).any(axis=(0, 2))),
            "lower by 0.0015, it gives",
        ),
        (
            lambda a, b: apart(a, [np.where(np.isnan(t), o, t) for o, t in zip(a, b, strict=True)]),
            "in the second pair, it gives",
        ),
        (lambda a, b: range(10**12), "a list of window numbers is wanted; .* range"),
        (lambda a, b: 7, "a list of window numbers is wanted; where one start logit .* int 7"),
        (lambda a: a, "raises TypeError"),
        ([7], "a function of two pairs is wanted"),
    ],
)
def test_wrong_comparisons_of_windows(function, told):
    assert re.search(told, says("05.4", function))


def test_a_right_comparison_of_windows():
    assert_right("05.4", apart)
    assert_right("05.4", lambda a, b: (int(i) for i in apart(a, b)))


def stopwatch(
    engines,
    samples,
    *,
    warmup=3,
    mixed=True,
    same=True,
    scale=1000,
    clock=time.perf_counter,
    between=0,
):
    times = {name: [] for name in engines}
    order = random.Random(0)
    for number in range(-warmup, samples):
        names = order.sample(list(engines), len(engines)) if mixed else list(engines)
        for name in names:
            start = clock()
            time.sleep(between)
            engines[name](number % samples if same else name)
            if number >= 0:
                times[name].append((clock() - start) * scale)
    return times


def in_orders(engines, samples, orders, *, once=False, from_warmup=False, window=None):
    """Rounds in these orders by turns; the clock started once a round, the first round kept."""
    times = {name: [] for name in engines}
    for number in range(samples + 1):
        start = time.perf_counter()
        for name in orders.split()[number % len(orders.split())]:
            start = start if once else time.perf_counter()
            engines[name](number if window is None else window)
            times[name].append((time.perf_counter() - start) * 1000)
    return {name: all_[:-1] if from_warmup else all_[1:] for name, all_ in times.items()}


def one_after_the_other(engines, samples):
    return {name: stopwatch({name: run}, samples)[name] for name, run in engines.items()}


def by_measure(engines, samples):
    return {name: one.samples_ms for name, one in measure(engines, samples=samples).items()}


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (one_after_the_other, "round 1 should hold each engine once; .* order: a a a a"),
        (
            lambda e, n: stopwatch(e, n, warmup=0),
            "a was called 12 times, so its very first call counts",
        ),
        (
            lambda e, n: stopwatch(e, n, mixed=False),
            "order a b c: each engine always runs behind",
        ),
        (lambda e, n: stopwatch(e, n, same=False), "in round 1 the engines got the windows"),
        (
            lambda e, n: stopwatch(e, n, scale=1),
            "3 ms, asleep, and the least sample of it is 0.003",
        ),
        (lambda e, n: stopwatch(e, n, clock=time.process_time), "a clock that goes on"),
        (lambda e, n: stopwatch(e, n, scale=1e6), "the clock is for one call"),
        (lambda e, n: stopwatch(e, n, scale=1e9), "the clock is for one call"),
        (lambda e, n: in_orders(e, n, "abc bca cab"), "each engine always runs behind the same"),
        (lambda e, n: in_orders(e, n, "abc cba"), "no other orders than a b c, c b a"),
        (lambda e, n: in_orders(e, n, "abc acb bca cab", once=True), "the clock is for one call"),
        (lambda e, n: in_orders(e, n, "abc acb bca cab", from_warmup=True), "the clock is for one"),
        (lambda e, n: in_orders(e, n, "abc acb bca cab", window=5), "every round ran window int 5"),
        (
            lambda e, n: {k: v[:-1] for k, v in stopwatch(e, n).items()},
            "12 samples are wanted, there are 11",
        ),
        (
            lambda e, n: {k: sum(v) for k, v in stopwatch(e, n).items()},
            "its samples are no numbers, but float",
        ),
        (
            lambda e, n: {k: [1.0] * n for k in e},
            "a was called 0 times, so 12 samples cannot be its own",
        ),
        (
            lambda e, n: list(stopwatch(e, n).values()),
            "a dictionary with a list each is wanted; it is list",
        ),
        (
            lambda e, n: stopwatch(e, n, between=0.005),
            r"half of its samples are \d+\.?\d* ms or more longer than their calls",
        ),
        (lambda e, n: dict.fromkeys(stopwatch(e, n), range(10**12)), "no numbers, but range"),
        (lambda e, n: e["d"](0), "raises KeyError"),
        ({"a": [1]}, "a function of engines and samples is wanted"),
    ],
)
def test_unfair_stopwatches(function, told):
    assert re.search(told, says("05.5", function))


def test_fair_stopwatches():
    assert_right("05.5", stopwatch)
    assert_right("05.5", by_measure)


# --- 06 -----------------------------------------------------------------------------------------


def test_missing_fusions():
    assert_right("06.1", {"Attention": 1, "SkipLayerNormalization": 2})
    assert_right("06.1", {"SkipLayerNormalization": 2, "BiasGelu": 0, "Attention": 1})
    nodes = [node.op_type for node in handout("06.1").graph.node]
    assert nodes.count("Attention") == 4  # who counts by name alone misses one
    assert says("06.1", {"SkipLayerNormalization": 2}).startswith("Attention: 0 missing, you say")
    assert "SkipLayerNormalization: 0 missing" in says("06.1", {"Attention": 1})
    assert "Attention: 3 missing" in says("06.1", {"Attention": 3, "SkipLayerNormalization": 6})
    assert "str 'Gelu' is none of the four" in says("06.1", {"Gelu": 1})
    assert_right("06.1", {"Attention": np.int64(1), "SkipLayerNormalization": np.array(2)})
    assert "Attention: a whole number is wanted" in says("06.1", {"Attention": True})
    assert "Attention: a whole number is wanted" in says("06.1", {"Attention": "one"})
    assert "a dictionary {operator: how many are missing} is wanted" in says("06.1", 3)


def batches(lengths, batch):
    order = np.argsort(lengths)
    return [order[at : at + batch] for at in range(0, len(order), batch)]


def in_file_order(lengths, batch):
    return [range(at, min(at + batch, len(lengths))) for at in range(0, len(lengths), batch)]


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (
            in_file_order,
            r"lengths=\[7, 90, 8, 100\], batch=2: 380 tokens are computed, 175 of them",
        ),
        (lambda n, b: [[i] for i in np.argsort(n)], "4 batches, though fewer would hold all"),
        (lambda n, b: [np.argsort(n)], "a batch holds 4 windows"),
        (lambda n, b: batches(n, b)[:-1], "window 1 is in no batch"),
        (lambda n, b: [np.sort(n)[:2], [0, 1, 2, 3]], "7 is the number of no window"),
        (lambda n, b: [*batches(n, b), [0]], "4 windows are there, and the batches hold 5"),
        (lambda n, b: np.argsort(n), "a batch as a list of window numbers is wanted"),
        (lambda n, b: [range(10**12)], "in this are over 1,000 things"),
        (lambda n: n, "raises TypeError"),
        ([[0]], "a function of lengths and batch is wanted"),
    ],
)
def test_wrong_batches(function, told):
    assert re.search(told, says("06.2", function))


def test_right_batches():
    assert_right("06.2", batches)
    assert_right("06.2", lambda lengths, batch: batches(-lengths, batch))
    assert_right("06.2", lambda lengths, batch: [set(one) for one in batches(lengths, batch)])


def rounded(weights, *, largest=64, axis=0, dead=1.0, how=np.round):
    scale = np.abs(weights).max(axis=axis) / largest
    safe = np.where(scale == 0, 1, scale)
    return how(weights / safe).astype(np.int8), np.where(scale == 0, dead, scale)


@pytest.mark.filterwarnings("ignore")  # a division by zero
@pytest.mark.parametrize(
    ("function", "told"),
    [
        (
            lambda w: rounded(w, largest=127),
            "a weight becomes 127; .* make 64770, and 16 bits hold 32767",
        ),
        (
            lambda w: rounded(w, axis=None),
            "columns differ in size: in column 0, .* is off by .* of its scale; a scale that fits",
        ),
        (lambda w: rounded(w, dead=np.nan), "column of zeros: the scale of column 2 is nan"),
        (
            lambda w: rounded(w, how=np.floor),
            r"differ in size: in column 0.*is off by [\d.e-]+, (0.9\d|1.00) of its scale",
        ),
        (lambda w: rounded(w, largest=32), r"is off by [\d.]+, 0.[45]\d of its scale"),
        (
            lambda w: (rounded(w)[0].astype(float), rounded(w)[1]),
            "an int8 array of the matrix's shape",
        ),
        (lambda w: (rounded(w)[0].T, rounded(w)[1]), "an int8 array of the matrix's shape"),
        (lambda w: (rounded(w)[0], "one"), "a scale for each column is wanted, and this is str"),
        (lambda w: rounded(w)[0], "a pair .weights, scales. is wanted"),
        (lambda: 0, "raises TypeError"),
        (0, "a function of a matrix is wanted"),
    ],
)
def test_wrong_roundings(function, told):
    assert re.search(told, says("06.3", function))


def unguarded(w):
    scale = np.abs(w).max(axis=0) / 64
    return np.round(w / scale).astype(np.int8), scale


@pytest.mark.filterwarnings("ignore:invalid value encountered in divide")
def test_a_column_of_zeros_that_is_divided_by_zero_is_told():
    assert re.search("invalid value encountered in cast.*column of zeros", says("06.3", unguarded))


def test_right_roundings():
    assert_right("06.3", rounded)
    assert_right("06.3", lambda w: rounded(w, dead=0.0))
    assert_right("06.3", lambda w: (rounded(w, largest=63)[0], rounded(w, largest=63)[1][None]))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The embedded model: exported, fused, fused with int32 inputs, and in int8."""
    folder = tmp_path_factory.mktemp("beat")
    answerer = load("embedded")
    found = {n: folder / f"{n}.onnx" for n in ("exported", "fused", "int8", "int32", "both")}
    export_bert(answerer.model, found["exported"])
    fuse_bert(found["exported"], found["fused"], answerer.model.config)
    fuse_bert(found["exported"], found["int32"], answerer.model.config, gpu=True)
    for source, out in (("fused", "int8"), ("int32", "both")):
        quantize_dynamic_bert(found[source], found[out], reduce_range=True)
    return found


def test_both_files_are_beaten(files, tmp_path):
    assert_right("06.4", files["both"])
    assert_right("06.4", str(files["both"]))
    assert "it is no smaller than half: 100.0% of the fused file" in says("06.4", files["fused"])
    assert re.search("nodes are not fewer than the", says("06.4", files["int8"]))
    half = tmp_path / "half.onnx"
    fuse_bert(files["exported"], half, load("embedded").model.config, precision="fp16")
    assert "it is no smaller than half: 50." in says("06.4", half)
    spoilt = onnx.load(files["both"])
    for tensor in spoilt.graph.initializer:
        if len(tensor.raw_data) > 10_000:
            tensor.raw_data = tensor.raw_data[::-1]
    onnx.save(spoilt, tmp_path / "spoilt.onnx")
    told = says("06.4", tmp_path / "spoilt.onnx")
    assert re.search(r"starts and ends in 40 windows only \d+% are PyTorch's", told)
    apart = tmp_path / "apart.onnx"
    onnx.save_model(onnx.load(files["both"]), apart, save_as_external_data=True, location="a.data")
    assert "keeps weights in a.data; one file is wanted" in says("06.4", apart)
    fixed = onnx.load(files["both"])
    for value in fixed.graph.input:
        value.type.tensor_type.shape.dim[1].dim_value = 128
    onnx.save(fixed, tmp_path / "fixed.onnx")
    assert "Got invalid dimensions" in says("06.4", tmp_path / "fixed.onnx")


def test_packing_nodes_into_a_function_beats_nothing(files, tmp_path):
    model = onnx.load(files["int8"])
    first = next(i for i, n in enumerate(model.graph.node) if n.op_type[:7] == "QAttent")
    inside, outputs = model.graph.node[first:], [value.name for value in model.graph.output]
    made = {name for node in inside for name in node.output}
    inputs = sorted({name for node in inside for name in node.input if name} - made)
    packed = onnx.helper.make_function("own", "packed", inputs, outputs, inside, model.opset_import)
    model.functions.append(packed)
    del model.graph.node[first:]
    model.graph.node.append(onnx.helper.make_node("packed", inputs, outputs, domain="own"))
    model.opset_import.append(onnx.helper.make_opsetid("own", 1))
    onnx.save(model, tmp_path / "packed.onnx")
    told = says("06.4", tmp_path / "packed.onnx")
    assert re.search(r"small enough; but (\d+) nodes are not fewer than the \1 of", told), told


# --- 07 -----------------------------------------------------------------------------------------

H, F, S = 1024, 4096, 384
LINEAR, ATTENTION = 2 * S * (4 * H * H + 2 * H * F), 4 * S * S * H


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ((LINEAR + ATTENTION) / 2, "a multiply-add is two operations"),
        (24 * (LINEAR + ATTENTION), "the work of all 24 layers$"),
        (LINEAR, "the products of tokens with tokens are missing"),
        (LINEAR + ATTENTION // 2, "one is missing"),
        (LINEAR - 2 * S * H * F + ATTENTION, "of the feed-forward part one product is missing"),
        (2 * 128 * (4 * H * H + 2 * H * F) + 4 * 128 * 128 * H, "it is right for 128 tokens"),
        (LINEAR + 16 * ATTENTION, "16 heads share the width"),
        (10.27e9, "close, but not to the last FLOP"),
        (10**12, "too many"),
        (10**9, "too few"),
        (float("nan"), "a number of FLOPs is wanted"),
        ("10", "a number of FLOPs is wanted, and this is str"),
    ],
)
def test_wrong_flops(number, told):
    assert re.search(told, says("07.1", number))


def test_right_flops():
    assert_right("07.1", LINEAR + ATTENTION)
    assert_right("07.1", float(LINEAR + ATTENTION))
    config = BertConfig(num_hidden_layers=1, hidden_size=H, intermediate_size=F)
    cost = bert_cost(config, length=S)
    assert cost.flops == LINEAR + ATTENTION + 4 * S * H  # the head's


def in_int8(h, f):
    return 4 * h * h + 2 * h * f + 4 * (9 * h + f)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (
            lambda h, f: 4 * h * h + 2 * h * f,
            "H=1000, F=3000 it gives 10,000,000 bytes: the vectors are missing",
        ),
        (lambda h, f: 4 * h * h + 2 * h * f + 9 * h + f, "the vectors stay in 32 bits"),
        (lambda h, f: 4 * (4 * h * h + 2 * h * f + 9 * h + f), "all of it is in 32 bits"),
        (lambda h, f: in_int8(h, f) - 16 * h, "what layer normalisation multiplies with"),
        (lambda h, f: in_int8(h, f) - 8 * h, "one is missing"),
        (lambda h, f: in_int8(h, f) - 20 * h - 4 * f, "the biases are missing"),
        (lambda h, f: in_int8(h, f) - 4 * f, "the bias of the wider part is missing"),
        (lambda h, f: in_int8(1024, 4096), "H=1000, F=3000 .* not what the parameters"),
        (lambda h, f: "many", "a number is wanted"),
        (lambda h: h, "raises TypeError"),
        (5, "a function of H and F is wanted"),
    ],
)
def test_wrong_bytes(function, told):
    assert re.search(told, says("07.2", function))


def test_right_bytes():
    assert_right("07.2", in_int8)
    layer = load("embedded").model.bert.encoder.layer[0]
    sizes = [(tensor.dim(), tensor.numel()) for tensor in layer.parameters()]
    config = load("embedded").model.config
    by_hand = sum(number if dim == 2 else 4 * number for dim, number in sizes)
    assert in_int8(config.hidden_size, config.intermediate_size) == by_hand


def test_a_place_on_the_roofline():
    record = recorded("h200-bert-large-random")
    limit, rung = record["limit"], rung_of(record, "ort-fp16-graph")
    x = limit["flops"] / limit["weight_bytes"]["fp16"]
    y = limit["flops"] / rung["device_ms"]["p50"] / 1e6
    assert_right("07.3", (x, y))
    assert_right("07.3", [round(x, 1), round(y)])
    fp32 = limit["flops"] / limit["weight_bytes"]["fp32"]
    assert "those are the bytes of fp32" in says("07.3", (fp32, y))
    assert "turned round" in says("07.3", (1 / x, y))
    assert "which bytes does the rung read" in says("07.3", (1.5 * x, y))
    from_host = limit["flops"] / rung["latency_ms"]["p50"] / 1e6
    assert "from main memory to main memory" in says("07.3", (x, from_host))
    assert "a factor of 10^-3 is wrong" in says("07.3", (x, y / 1000))
    assert "that is the peak" in says("07.3", (x, limit["peak_gflops"]["fp16"]))
    assert "by the time of one run?" in says("07.3", (x, 2.5 * y))
    assert "a pair of numbers is wanted" in says("07.3", (x, y, 1))


LARGE = chapter_07._LARGE
CHAPTER = NOTEBOOKS / "07-where-the-milliseconds-go.ipynb"


def binds(batch, gb_s, tflop_s, *, reading=1, launching=1, unit=1e9):
    times = {
        "computing": bert_cost(LARGE, batch=batch).flops / tflop_s / unit,
        "reading": weight_bytes(LARGE, "fp16") / gb_s / 1e6 * reading,
        "launching": 176 * 3.8e-3 * launching,
    }
    return max(times, key=times.get)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (
            lambda b, g, t: binds(b, g, t, reading=b),
            r"batch=2.*\(A10\) it says reading.*which of the three grow",
        ),
        (
            lambda b, g, t: binds(b, g, t, launching=b),
            r"batch=\d.* it says launching.* grow with the batch",
        ),
        (lambda b, g, t: binds(1, g, t), "it says reading, and another takes longer; which"),
        (
            lambda b, g, t: binds(b, g, t, unit=1e6),
            r"batch=1, gb_s=300.*it says computing, and another takes longer$",
        ),
        (
            lambda b, g, t: binds(b, g, t, launching=1.5),
            "gb_s=860, .* it says launching, and another",
        ),
        (
            lambda b, g, t: binds(b, g, t, reading=1.12),
            "gb_s=1000, .* it says reading, and another",
        ),
        (lambda b, g, t: binds(b, g, t, launching=1.12), "gb_s=860, .* it says launching"),
        (lambda b, g, t: binds(b, g, t, launching=0.9), "gb_s=1000, .* it says reading"),
        (lambda b, g, t: binds(b, g, t, reading=0.94), "gb_s=860, .* it says launching"),
        (lambda b, g, t: "memory", "'memory' is none of computing, reading, launching"),
        (lambda b, g, t: 1, "one of computing, reading, launching is wanted"),
        (lambda b: b, "raises TypeError"),
        ("launching", "a function of three numbers is wanted"),
    ],
)
def test_wrong_bounds(function, told):
    assert re.search(told, says("07.4", function))


def test_a_right_bound():
    assert_right("07.4", binds)
    count = int(re.search(r"right\. (\d+) cases", repr(check("07.4", binds)))[1])
    assert count > 18  # few are too near to tell


def test_the_gpus_of_the_exercise_are_those_of_the_chapter():
    text = json.dumps(json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"])
    for gb_s, tflop_s in chapter_07._GPUS.values():
        assert f"({gb_s}, {tflop_s})" in text
    assert "3.8e-3" in text
