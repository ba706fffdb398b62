"""Every file that one BERT is run from: exported, fused, in half precision, in int8.

Each is made once and kept under the hash of what it was made from, so a second run starts at once.
"""

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import BertConfig

from helpers import exports, fusion, quantization
from helpers.apart import apart
from helpers.artifacts import artifact
from helpers.exports import export_bert
from helpers.files import sha256
from helpers.fusion import check_fused, fuse_bert, halve
from helpers.quantization import (
    needs_reduce_range,
    quantize_dynamic_bert,
    quantize_static_bert,
)
from helpers.recipes import arrays_digest, code_digest, versions_of, weights_digest
from helpers.rungs import nncf, openvino_int8

__all__ = ["ModelFiles"]

_OPSET = 11
_BIG = 1 << 28  # bytes of weights from which a file is made in a process of its own
_MAKERS = ("torch", "onnx", "onnxruntime", "onnxruntime-gpu", "transformers")
_MAKERS += ("numpy", "openvino", "nncf")
_CODE = (exports, fusion, quantization, nncf)


class ModelFiles:
    """The files of one model, made when they are first asked for.

    Args:
        model: a BERT with a question-answering head, eager attention, in evaluation mode.
        name: what file names begin with.
        folder: where the files are kept.
        calibration: windows that int8 takes the ranges of its numbers from: {input name: int64
            [windows, length]}.
        gpu: whether the optimizer may use fusions that only a GPU runs.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        *,
        name: str,
        folder: Path,
        calibration: Mapping[str, np.ndarray],
        gpu: bool = False,
    ) -> None:
        self.model, self.name, self.folder, self.gpu = model, name, folder, gpu
        self.calibration = calibration

    @cached_property
    def exported(self) -> Path:
        """The model as the TorchScript exporter writes it: opset 11, any batch and length."""
        made_from = {
            "weights": weights_digest(self.model),
            "config": self.model.config.to_diff_dict(),
            "attention": self.model.config._attn_implementation,
            "recipe": code_digest(_CODE),
            "opset": _OPSET,
            "makers": versions_of(_MAKERS),
        }
        return self._made("exported", made_from, lambda path: export_bert(self.model, path))

    @cached_property
    def fused(self) -> Path:
        """The same with all of BERT's fusions, each of them counted.

        Raises:
            FusionError: the optimizer left out some.
        """
        return self._fused("fused")

    @cached_property
    def fused_fp16(self) -> Path:
        """The fused model in half precision, for a GPU; inputs are int32.

        Raises:
            FusionError: the optimizer left out some.
        """
        make = partial(_halve, layers=self.model.config.num_hidden_layers)
        return self._from(self.fused, "fused-fp16", make)

    @cached_property
    def int8_dynamic(self) -> Path:
        """The fused model with int8 weights; activations are rounded as they come.

        Raises:
            FusionError: the optimizer left out some fusion.
        """
        return self._from(self.fused, "int8-dynamic", quantize_dynamic_bert)

    @cached_property
    def int8_norms_apart(self) -> Path:
        """The same, but made from a model whose LayerNormalization is not fused with the sum.

        Raises:
            FusionError: the optimizer left out some other fusion.
        """
        return self._from(
            self._fused("fused-but-norms", norms=False), "int8-norms-apart", quantize_dynamic_bert
        )

    @cached_property
    def int8_static(self) -> Path:
        """The model in int8 with ranges from the calibration windows, in QDQ form."""
        plain = self._fused("fused-but-attention", attention=False)
        make = partial(quantize_static_bert, calibration=self.calibration)
        return self._from(plain, "int8-static", make, calibration=arrays_digest(self.calibration))

    @cached_property
    def openvino_int8(self) -> Path:
        """The exported model in int8 by NNCF, with ranges from the calibration windows."""
        return self._from(
            self.exported,
            "openvino-int8",
            partial(openvino_int8, calibration=self.calibration),
            suffix=".zip",
            calibration=arrays_digest(self.calibration),
        )

    def _fused(self, stem: str, **options: Any) -> Path:
        make = partial(_fuse, config=self.model.config, gpu=self.gpu, **options)
        return self._from(self.exported, stem, make, gpu=self.gpu, **options)

    def _from(
        self,
        source: Path,
        stem: str,
        make: Callable[[Path, Path], object],
        *,
        suffix: str = ".onnx",
        **settings: Any,
    ) -> Path:
        made_from = {
            "source": sha256(source),
            "how": stem,
            "recipe": code_digest(_CODE),
            "reduce_range": needs_reduce_range(),  # files in int8 are made for this processor
            "makers": versions_of(_MAKERS),
            **settings,
        }
        size = sum(weight.nbytes for weight in self.model.parameters())
        run = partial(apart, make) if size > _BIG else make
        return self._made(stem, made_from, partial(run, source), suffix)

    def _made(
        self,
        stem: str,
        made_from: Mapping[str, Any],
        make: Callable[[Path], object],
        suffix: str = ".onnx",
    ) -> Path:
        return artifact(self.folder, f"{self.name}-{stem}", made_from, make, suffix)


def _fuse(
    source: Path,
    path: Path,
    *,
    config: BertConfig,
    gpu: bool,
    attention: bool = True,
    norms: bool = True,
) -> None:
    fuse_bert(source, path, config, gpu=gpu, attention=attention, norms=norms)
    form = "Attention" if attention else "MultiHeadAttention"
    check_fused(path, config.num_hidden_layers, attention=form, norms=norms)


def _halve(source: Path, path: Path, *, layers: int) -> None:
    halve(source, path)
    check_fused(path, layers)
