"""An exported BERT in int8 for OpenVINO, made by NNCF from sample inputs.

The package is imported when a file is made: the rest of the course does without it.
"""

import contextlib
import io
import logging
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from helpers.exports import feeds
from helpers.files import put_in_place
from helpers.quantization import needs_reduce_range
from helpers.rungs.rung import Inputs

if TYPE_CHECKING:
    import openvino

__all__ = ["openvino_int8"]


def openvino_int8(
    path: Path | str,
    out: Path | str,
    calibration: Inputs,
    *,
    reduce_range: bool | None = None,
) -> None:
    """Quantises an exported BERT to int8 by NNCF, weights and activations, after training.

    Args:
        path: the .onnx file, with the article's input names.
        out: the file to write: OpenVINO's model.xml and model.bin, in one uncompressed zip.
        calibration: windows that the ranges are taken from: {input name: int64 [windows, length]}.
        reduce_range: whether weights keep to 7 bits; None for what `needs_reduce_range` says of
            this processor. Measured on an earlier embedded model, 742 questions,
            windows of 128, fp32 F1 80.85 (AMD EPYC, Zen 3, no VNNI; openvino 2026.4.1, nncf 3.4.0):
            80.73 in 7 bits, 79.72 in 8, where sums of products saturate.
    """
    nncf = _quiet_nncf()
    import openvino
    from nncf.quantization.advanced_parameters import (
        AdvancedQuantizationParameters,
        OverflowFix,
    )

    narrow = needs_reduce_range() if reduce_range is None else reduce_range
    windows = feeds(calibration)
    with contextlib.redirect_stdout(io.StringIO()):  # progress bars, one after the other
        model = nncf.quantize(
            openvino.Core().read_model(path),
            nncf.Dataset(windows),
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=len(windows),
            advanced_parameters=AdvancedQuantizationParameters(
                overflow_fix=OverflowFix.ENABLE if narrow else OverflowFix.DISABLE
            ),
        )
    _write(model, Path(out))


def _write(model: "openvino.Model", path: Path) -> None:
    """Writes OpenVINO's two files as one; nothing is rounded to 16 bits on the way."""
    import openvino

    with put_in_place(path) as temporary:
        openvino.save_model(model, temporary.with_name("model.xml"), compress_to_fp16=False)
        with zipfile.ZipFile(temporary, "w") as parts:
            for name in ("model.xml", "model.bin"):
                parts.write(temporary.with_name(name), name)


@contextlib.contextmanager
def _as_in_ci() -> Iterator[None]:
    """Sets the variables by which NNCF knows that it may not report to its makers."""
    told = {"CI": "true", "NNCF_CI": "1"}
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _quiet_nncf() -> ModuleType:
    """Imports NNCF, which otherwise calls an analytics service as soon as it is imported."""
    with _as_in_ci():
        import nncf
    nncf.set_log_level(logging.ERROR)
    return nncf
