"""ONNX Runtime's fusions for BERT: many small operators become few, counted and asserted.

The patterns that the optimizer knows are those of the plain formula of attention, as the older
exporter writes it. Where it meets another graph it changes little and raises nothing, so the counts
have to be looked at.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import onnx

from helpers.errors import InputError, NotAsAsked, refusing
from helpers.files import put_in_place
from helpers.graphs import read_model

if TYPE_CHECKING:
    from onnxruntime.transformers.onnx_model_bert import BertOnnxModel
    from transformers import BertConfig

__all__ = ["FUSED_OPERATORS", "FusionError", "check_fused", "fuse_bert", "fused_counts", "halve"]

FUSED_OPERATORS = {
    "EmbedLayerNormalization": (1, 0),
    "Attention": (0, 1),
    "BiasGelu": (0, 1),
    "SkipLayerNormalization": (0, 2),
}
"""{operator of ONNX Runtime: (how many a BERT has, how many more a layer)}, fully fused."""

_CONTRIB = "com.microsoft"  # the domain of ONNX Runtime's own operators


class FusionError(NotAsAsked):
    """The optimizer ran through, but did not recognise all of the model."""


def fuse_bert(
    path: Path | str,
    out: Path | str,
    config: "BertConfig",
    *,
    precision: str = "fp32",
    gpu: bool = False,
    attention: bool = True,
    norms: bool = True,
) -> Counter[str]:
    """Fuses an exported BERT and writes the result.

    A fused attention takes the mask as one length a row: rows must be padded on the right, as
    `helpers.squad.featurize` pads them. A mask with holes gives wrong numbers and no error.

    Args:
        path: a BERT exported with eager attention and `dynamo=False`.
        out: where the fused file shall stand.
        config: the model's; its number of heads and its width are needed.
        precision: `fp32`, or `fp16`: weights and arithmetic in 16 bits, for a GPU; the logits come
            in fp32, by a Cast at the end. (The CPU provider has few operators in fp16 and converts
            to fp32 and back around the others.)
        gpu: whether the file is for a GPU: its inputs are then int32, which the fused embedding
            wants, and the casts in front of it are gone.
        attention: True for `Attention`, which does the projections to query, key and value too.
            False leaves those three as MatMul and fuses the rest of attention
            (`MultiHeadAttention`): static int8 can then quantise every MatMul with weights.
        norms: False leaves `Add` and `LayerNormalization` side by side, where True makes one
            `SkipLayerNormalization` of them. On a CPU the pair is faster than the one: 0.18 ms
            against 0.89 for [128, 1024] (onnxruntime 1.31.1, one thread of an AMD EPYC, Zen 4).
            The session joins them again unless its `SkipLayerNormFusion` is switched off.

    Returns:
        How often each fused operator stands in the file, as `fused_counts` counts.

    Raises:
        InputError: the precision is another, or the file is missing or no ONNX model.
    """
    if precision not in ("fp32", "fp16"):
        raise InputError(f"precision={precision!r}: cannot be fused; use fp32 or fp16")
    read_model(path)
    with refusing(path, "cannot be fused"):
        model = _optimized(path, config, gpu, attention, norms)
        if precision == "fp16":
            model.convert_float_to_float16(keep_io_types=True)
        if gpu:
            model.change_graph_inputs_to_int32()
    with put_in_place(out) as temporary:
        model.save_model_to_file(str(temporary))
    return fused_counts(out)


def halve(path: Path | str, out: Path | str) -> Counter[str]:
    """Converts a fused BERT to fp16: what `fuse_bert` does at the end, without fusing anew.

    Args:
        path: a BERT that `fuse_bert` wrote in fp32.
        out: where the file in half precision shall stand.

    Returns:
        How often each fused operator stands in the file, as `fused_counts` counts.

    Raises:
        InputError: the file is missing or no ONNX model.
    """
    from onnxruntime.transformers.onnx_model import OnnxModel

    model = OnnxModel(read_model(path))
    with _no_warnings():
        model.convert_float_to_float16(keep_io_types=True)
    with put_in_place(out) as temporary:
        model.save_model_to_file(str(temporary))
    return fused_counts(out)


def fused_counts(path: Path | str | onnx.ModelProto) -> Counter[str]:
    """How often each of ONNX Runtime's own operators stands in a file; 0 for all others.

    Args:
        path: an .onnx file or a model. Only operators of the domain com.microsoft count: since
            opset 23 the standard has an `Attention` too, which is another one.

    Raises:
        InputError: the file is missing or no ONNX model.
    """
    nodes = read_model(path).graph.node
    return Counter(node.op_type for node in nodes if node.domain == _CONTRIB)


def check_fused(
    path: Path | str, layers: int, *, attention: str = "Attention", norms: bool = True
) -> Counter[str]:
    """Asserts that every layer of a BERT was fused.

    Args:
        path: the fused .onnx file.
        layers: how many encoder layers the model has.
        attention: what attention was fused to; `MultiHeadAttention` after `attention=False`.
        norms: whether `SkipLayerNormalization` was to be made.

    Returns:
        The counts, as `fused_counts` gives them.

    Raises:
        FusionError: an operator stands there more or less often than it should. All are named.
    """
    found = fused_counts(path)
    wanted = {name: base + layers * each for name, (base, each) in FUSED_OPERATORS.items()}
    wanted[attention] = wanted.pop("Attention")
    wanted["SkipLayerNormalization"] *= norms
    wrong = [f"{found[name]} {name}, not {n}" for name, n in wanted.items() if found[name] != n]
    if wrong:
        raise FusionError(
            f"{path}: a BERT of {layers} layers should be fused whole, but it has "
            f"{'; '.join(wrong)}; export it with eager attention and dynamo=False"
        )
    return found


def _optimized(
    path: Path | str, config: "BertConfig", gpu: bool, attention: bool, norms: bool
) -> "BertOnnxModel":
    """The graph after the fusions written in Python; none by the engine (opt_level=0)."""
    from onnxruntime.transformers.fusion_options import FusionOptions
    from onnxruntime.transformers.optimizer import optimize_model

    options = FusionOptions("bert")
    options.use_multi_head_attention = not attention
    options.enable_skip_layer_norm = options.enable_bias_skip_layer_norm = norms
    with _no_warnings():
        return optimize_model(
            str(path),
            model_type="bert",
            num_heads=config.num_attention_heads,
            hidden_size=config.hidden_size,
            optimization_options=options,
            opt_level=0,
            use_gpu=gpu,
        )


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Keeps the optimizer's log quiet: what it did not recognise, the counts tell."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
