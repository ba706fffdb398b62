"""From a BERT in PyTorch to an .onnx file, and the assertions every export deserves."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch

from helpers.errors import NotAsAsked
from helpers.files import put_in_place
from helpers.graphs import read_model
from helpers.value_types import dimensions

__all__ = [
    "BERT_ORDER",
    "INPUT_NAMES",
    "OUTPUT_NAMES",
    "ExportError",
    "GraphFacts",
    "check_export",
    "export_bert",
    "feeds",
    "graph_facts",
]

INPUT_NAMES = ("input_ids", "input_mask", "segment_ids")
"""The article's names for BERT's three inputs, in the order of BERT's `forward`."""

OUTPUT_NAMES = ("start", "end")
"""The article's names for its two outputs."""

_AXES = {0: "batch_size", 1: "max_seq_len"}
BERT_ORDER = ("input_ids", "attention_mask", "token_type_ids")
"""BERT's own names for its inputs, in the order of its `forward`, and of `INPUT_NAMES`."""


class ExportError(NotAsAsked):
    """An export ran through, but the file is not what was asked for."""


@dataclass(frozen=True)
class GraphFacts:
    """What a file says about itself.

    Attributes:
        opset: the version of the standard operator set it is written in.
        inputs: {input name: its dimensions, as `helpers.value_types.dimensions` gives them}.
        outputs: the same for the outputs.
        external: whether weights lie in a second file.
    """

    opset: int
    inputs: dict[str, tuple[int | str, ...]]
    outputs: dict[str, tuple[int | str, ...]]
    external: bool


def graph_facts(path: Path | str) -> GraphFacts:
    """Reads opset, names and dimensions from an .onnx file; the weights are not loaded.

    Raises:
        InputError: the file is missing or no ONNX model.
    """
    model = read_model(path)
    versions = {entry.domain: entry.version for entry in model.opset_import}
    return GraphFacts(
        opset=versions.get("", versions.get("ai.onnx", 0)),
        inputs={value.name: dimensions(value.type) for value in model.graph.input},
        outputs={value.name: dimensions(value.type) for value in model.graph.output},
        external=any(
            tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in model.graph.initializer
        ),
    )


def check_export(
    path: Path | str,
    *,
    opset: int,
    inputs: Sequence[str] = INPUT_NAMES,
    outputs: Sequence[str] = OUTPUT_NAMES,
    dynamic: Mapping[int, str] | None = None,
    external: bool = False,
) -> GraphFacts:
    """Asserts that an export is what was asked for; the exporter itself may change it silently.

    Args:
        path: the .onnx file.
        opset: the opset asked for.
        inputs: the input names, in order.
        outputs: the output names, in order.
        dynamic: {axis: name} that every input and output must have; batch and length by default.
        external: whether weights may lie in a second file, which must then travel along.

    Returns:
        What the file says about itself.

    Raises:
        ExportError: the opset, a name or a dimension differs, or weights lie in a second file
            and may not. All differences are told.
    """
    facts = graph_facts(path)
    axes = _AXES if dynamic is None else dynamic
    _refuse_if_different(path, facts, opset, inputs, outputs, axes, external)
    return facts


def export_bert(
    model: torch.nn.Module, path: Path | str, *, opset: int = 11, length: int = 128
) -> GraphFacts:
    """Exports a BERT with the article's settings, checks the file, and puts it in place.

    Args:
        model: a BERT with a question-answering head, eager attention, in evaluation mode.
        path: where the .onnx file shall stand.
        opset: the opset; eager attention exports from 11 on.
        length: tokens of the example that is traced. The file takes any length.

    Returns:
        What the file says about itself.

    Raises:
        ExportError: the file is not what was asked for.
    """
    device = next(model.parameters()).device
    ids = torch.ones(1, length, dtype=torch.int64, device=device)
    axes = {name: _AXES for name in (*INPUT_NAMES, *OUTPUT_NAMES)}
    with put_in_place(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing warns of branches that BERT never takes
        with torch.no_grad():
            torch.onnx.export(
                model,
                args=(ids, torch.ones_like(ids), torch.zeros_like(ids)),
                f=str(temporary),
                dynamo=False,
                opset_version=opset,
                do_constant_folding=True,
                input_names=list(INPUT_NAMES),
                output_names=list(OUTPUT_NAMES),
                dynamic_axes=axes,
            )
        facts = graph_facts(temporary)
        _refuse_if_different(path, facts, opset, INPUT_NAMES, OUTPUT_NAMES, _AXES, external=False)
    return facts


def feeds(inputs: Mapping[str, np.ndarray]) -> list[dict[str, np.ndarray]]:
    """Windows one by one, under the names that an exported BERT has for its inputs.

    Args:
        inputs: {BERT's own name: int64 [windows, length]}.

    Returns:
        A feed of one window each, {the file's name: int64 [1, length]}.
    """
    names = list(zip(INPUT_NAMES, BERT_ORDER, strict=True))
    count = len(inputs[BERT_ORDER[0]])
    return [{ours: inputs[berts][i : i + 1] for ours, berts in names} for i in range(count)]


def _refuse_if_different(
    path: Path | str,
    facts: GraphFacts,
    opset: int,
    inputs: Sequence[str],
    outputs: Sequence[str],
    dynamic: Mapping[int, str],
    external: bool,
) -> None:
    """Raises ExportError with every difference and, for each kind of them, its remedy."""
    wrong: list[tuple[str, str]] = []
    if facts.opset != opset:
        wrong.append((f"opset {facts.opset}, asked for {opset}", "dynamo=False"))
    if facts.external and not external:
        wrong.append(("weights in a second file, asked for one file", "dynamo=False"))
    for kind, found, asked in (
        ("inputs", facts.inputs, inputs),
        ("outputs", facts.outputs, outputs),
    ):
        if list(found) != list(asked):
            remedy = f"{kind[:-1]}_names={list(asked)}"
            wrong.append((f"{kind} {list(found)}, asked for {list(asked)}", remedy))
        for name, dims in found.items():
            fixed = {a: n for a, n in dynamic.items() if a >= len(dims) or dims[a] != n}
            if fixed:
                difference = f"{name} has dimensions {dims}, asked for {fixed}"
                wrong.append((difference, "dynamic_axes for every input and output"))
    if wrong:
        told = "; ".join(difference for difference, _ in wrong)
        remedies = ", ".join(dict.fromkeys(remedy for _, remedy in wrong))
        raise ExportError(f"{path}: {told}; export again with {remedies}")
