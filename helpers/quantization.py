"""BERT in 8-bit integers by ONNX Runtime: with scales found at run time, or calibrated beforehand.

Weights become int8, a scale for each output channel; what flows between layers becomes uint8 in
front of every matrix product and float again behind it. On x86 without VNNI, ONNX Runtime adds the
products of two such pairs in 16 bits, which saturate; weights of 7 bits (`reduce_range`) do not
reach that limit.

Measured on an earlier embedded model, 742 questions, windows of 128, fp32 F1
80.85 (AMD EPYC, Zen 3, no VNNI; onnxruntime 1.31.1, onnx 1.23.2): dynamic, fused 80.96 with
reduce_range and 80.57 without; static 81.10 and 80.00. One scale a tensor instead of one a channel:
80.22 and 80.67 (both with reduce_range). QUInt8 weights, whose products do not saturate: 80.88, and
10 % slower.
"""

import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from helpers.environment import processor_features
from helpers.errors import InputError, refusing
from helpers.exports import BERT_ORDER, feeds
from helpers.files import put_in_place
from helpers.graphs import read_model

__all__ = ["Quantization", "needs_reduce_range", "quantize_dynamic_bert", "quantize_static_bert"]

_VNNI = {"avx512_vnni", "avx_vnni", "amx_int8"}  # sums of 8-bit products in 32 bits
_X86 = {"x86_64", "amd64", "i386", "i686", "x86"}
_PER_CHANNEL_OPSET = 13  # the first whose DequantizeLinear takes a scale for each channel


@dataclass(frozen=True)
class Quantization:
    """What was done to a model, for records.

    Attributes:
        scheme: `dynamic` or `static`.
        reduce_range: whether weights are kept to 7 of 8 bits.
        calibrated_on: how many windows the scales of activations were found on; 0 for dynamic.
    """

    scheme: str
    reduce_range: bool
    calibrated_on: int

    @property
    def notes(self) -> str | None:
        """What a reader of a record has to know besides, or None."""
        return "weights in 7 bits (reduce_range)" if self.reduce_range else None


def needs_reduce_range() -> bool:
    """Whether int8 weights must be kept to 7 bits here, lest sums of products saturate.

    True on x86 unless the system lists VNNI or AMX among the processor's instructions; False
    elsewhere: ARM adds such products in 32 bits.
    """
    x86 = platform.machine().lower() in _X86
    return x86 and _VNNI.isdisjoint(processor_features())


def quantize_dynamic_bert(
    path: Path | str, out: Path | str, *, reduce_range: bool | None = None
) -> Quantization:
    """Quantises the weights now and the activations at run time, each tensor by its own range.

    Args:
        path: an exported BERT, fused or not, in fp32.
        out: where the int8 file shall stand.
        reduce_range: weights in 7 bits; None for what `needs_reduce_range` says of this machine.

    Returns:
        What was done.

    Raises:
        InputError: the file is missing, or no ONNX model that can be quantised.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    reduce = needs_reduce_range() if reduce_range is None else reduce_range
    with put_in_place(out, all_there=True) as temporary, refusing(path, "cannot be quantised"):
        quantize_dynamic(
            _loaded(path),
            temporary,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=reduce,
            # the type of what leaves a fused operator, which shape inference does not know
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )
    return Quantization("dynamic", reduce, 0)


def quantize_static_bert(
    path: Path | str,
    out: Path | str,
    *,
    calibration: Mapping[str, np.ndarray],
    reduce_range: bool | None = None,
) -> Quantization:
    """Quantises the products with weights, by ranges of activations seen on some windows.

    The file has QuantizeLinear and DequantizeLinear around such products (QDQ), which other engines
    read too. Ranges are the smallest and largest value seen (MinMax; percentiles and entropy gave
    the same F1 within 0.4 points). What a product gives is left in float: quantising that as well
    cost 0.3 points of F1. So are products of two activations, inside attention: 0.6 points. (All
    figures here are of an earlier embedded model.)

    Args:
        path: an exported BERT in fp32; best one fused with `attention=False`, so that the
            projections to query, key and value are products that can be quantised.
        out: where the int8 file shall stand.
        calibration: the windows, {BERT's input name: int64 [windows, length]}; 64 of the text that
            the model will meet are enough (16 and 256 gave the same F1 within 0.3 points).
        reduce_range: weights in 7 bits; None for what `needs_reduce_range` says of this machine.

    Returns:
        What was done.

    Raises:
        InputError: there are no windows, an input lacks, or the file is missing or no
            ONNX model that can be quantised.
    """
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    windows = _windows(calibration)
    reduce = needs_reduce_range() if reduce_range is None else reduce_range
    with put_in_place(out, all_there=True) as temporary, refusing(path, "cannot be quantised"):
        quantize_static(
            _with_shapes(_loaded(path)),
            temporary,
            _reader(windows),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["MatMul"],
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=reduce,
            extra_options={
                "MatMulConstBOnly": True,
                "OpTypesToExcludeOutputQuantization": ["MatMul"],
            },
        )
    return Quantization("static", reduce, len(windows))


def _loaded(path: Path | str) -> onnx.ModelProto:
    """The model with its weights, marked as prepared: the quantiser asks for that in its log."""
    from onnxruntime.quantization.quant_utils import add_pre_process_metadata

    read_model(path)  # tells what is wrong with it
    model = onnx.load(str(path))
    add_pre_process_metadata(model)
    return model


def _with_shapes(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model in an opset with scales for each channel, and with the type of every tensor."""
    from onnxruntime.tools.symbolic_shape_infer import SymbolicShapeInference

    version = next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    if version < _PER_CHANNEL_OPSET:
        model = onnx.version_converter.convert_version(model, _PER_CHANNEL_OPSET)
    return SymbolicShapeInference.infer_shapes(model, auto_merge=True)


def _windows(calibration: Mapping[str, np.ndarray]) -> list[dict[str, np.ndarray]]:
    """Feeds of one window each, under the names in the file."""
    missing = [name for name in BERT_ORDER if name not in calibration]
    count = 0 if missing else len(calibration[BERT_ORDER[0]])
    if not count:
        raise InputError(
            f"calibration={list(calibration)}: {count} windows, and missing are {missing}; give at "
            f"least one window of {', '.join(BERT_ORDER)}"
        )
    return feeds(calibration)


def _reader(windows: Iterable[dict[str, np.ndarray]]) -> object:
    """The feeds in the form that the calibrator asks for: one at a call, and None at the end."""
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):
        def __init__(self, left: Iterator[dict[str, np.ndarray]]) -> None:
            self.left = left

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self.left, None)

    return Reader(iter(windows))
