"""What stands in a graph: its operators, those of nested graphs too, and two files side by side."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx

from helpers.errors import InputError
from helpers.subgraphs import all_graphs, damaged_name, nested
from helpers.value_types import numbers_in, type_text

__all__ = [
    "GraphSummary", "compare", "count_ops", "external_files", "list_ops", "read_model", "summarize",
]  # fmt: skip

_WIDEST = 200  # letters of a cell of `compare`: every line is as wide as the widest
_ORDER = {"opset": 0, "input": 1, "output": 2, "weights": 3, "": 4}  # "": an operator


@dataclass(frozen=True)
class GraphSummary:
    """What a reader wants to know of a model at first sight.

    Attributes:
        opsets: {domain: version}; the domain of the standard operators is "ai.onnx".
        inputs: {input name: its type, as `type_text` writes it}; weights are no inputs.
        outputs: the same for the outputs.
        operators: the nodes in order, as `list_ops` writes them.
        counts: {operator: how often}, nested graphs included, as `count_ops` counts.
        weights: how many numbers its initializers hold, nested graphs included.
    """

    opsets: dict[str, int]
    inputs: dict[str, str]
    outputs: dict[str, str]
    operators: list[str]
    counts: dict[str, int]
    weights: int


def list_ops(source: Path | str | onnx.ModelProto) -> list[str]:
    """The operators of a file or a model in order, with those of nested graphs in brackets.

    Returns:
        One text a node of the main graph: `Conv`; `Loop[Conv Identity]`; for an If, which has two
        nested graphs, `If[then: Mul | else: Sub]`. A nested graph without nodes is `-`. Operators
        that are not of the standard set carry their domain: `com.microsoft.Gelu`.

    Raises:
        InputError: the file is missing or no ONNX model.
    """
    return _ops(read_model(source).graph)


def count_ops(source: Path | str | onnx.ModelProto) -> dict[str, int]:
    """How often each operator stands in a file or a model, nested graphs included.

    Returns:
        {operator: count}, the most frequent first, then by name.

    Raises:
        InputError: the file is missing or no ONNX model.
    """
    counts = Counter(_name(node) for g in all_graphs(read_model(source).graph) for node in g.node)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def summarize(source: Path | str | onnx.ModelProto) -> GraphSummary:
    """Reads a model's opsets, inputs, outputs, operators and number of weights.

    Args:
        source: an .onnx file or a model. Weights in a second file are counted, but not loaded.

    Raises:
        InputError: the file is missing or no ONNX model, or a weight has more than 64 dimensions
            or 2**63 numbers.
    """
    model = read_model(source)
    weights = [tensor for g in all_graphs(model.graph) for tensor in g.initializer]
    own = {tensor.name for tensor in model.graph.initializer}  # old files list them as inputs too
    return GraphSummary(
        opsets={entry.domain or "ai.onnx": entry.version for entry in model.opset_import},
        inputs={v.name: type_text(v.type) for v in model.graph.input if v.name not in own},
        outputs={v.name: type_text(v.type) for v in model.graph.output},
        operators=list_ops(model),
        counts=count_ops(model),
        weights=sum(numbers_in(tensor) for tensor in weights),
    )


def compare(
    left: Path | str | onnx.ModelProto,
    right: Path | str | onnx.ModelProto,
    *,
    names: Sequence[str] | None = None,
) -> str:
    """Two models side by side as a table of text, a line a fact, with `*` before what differs.

    Args:
        left: an .onnx file or a model, the first column.
        right: the same for the second.
        names: the headings of the two columns; by default the files' or the graphs' names.

    Returns:
        A header and a line each for the opsets, the inputs and outputs, the number of weights and
        the count of each operator. "-" stands where a model has no such thing.

    Raises:
        InputError: a file is missing or no ONNX model, or `names` are not two.
    """
    headings = [_title(left), _title(right)] if names is None else list(names)
    if len(headings) != 2:
        raise InputError(f"names={headings}: two columns need two names")
    a, b = _facts(summarize(left)), _facts(summarize(right))
    lines = [("", "", *headings)]
    for fact in sorted({**a, **b}, key=lambda fact: _ORDER[fact[0]]):
        pair = a.get(fact, "-"), b.get(fact, "-")
        line = "" if pair[0] == pair[1] else "*", " ".join(filter(None, fact)), *pair
        lines.append(tuple(one if len(one) <= _WIDEST else f"{one[:_WIDEST]}..." for one in line))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rows = ("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
    return "\n".join(rows)


def external_files(source: Path | str | onnx.ModelProto) -> list[str]:
    """The files that hold weights of a model, as it names them: relative to its own folder.

    Raises:
        InputError: the file is missing or no ONNX model, or such a name is no text.
    """
    graphs = list(all_graphs(read_model(source).graph))
    tensors = [tensor for g in graphs for tensor in g.initializer]
    tensors += [
        part for g in graphs for s in g.sparse_initializer for part in (s.values, s.indices)
    ]
    settings = [attribute for g in graphs for node in g.node for attribute in node.attribute]
    tensors += [tensor for one in settings for tensor in (one.t, *one.tensors)]
    names = {e.value for t in tensors for e in t.external_data if e.key == "location"}
    for name in names:
        if isinstance(name, bytes):  # as of `damaged_name`
            raise InputError(f"the name {name!r:.60} of a file of weights is no text; export again")
    return sorted(names)


def read_model(source: Path | str | onnx.ModelProto) -> onnx.ModelProto:
    """Gives a model as it is, and reads it from a file without the weights of a second file.

    Raises:
        InputError: the file is missing, too large, no ONNX model, or has a name that is no text.
    """
    if isinstance(source, onnx.ModelProto):
        return source
    if not Path(source).is_file():
        raise InputError(f"{source}: no such file; export a model to it first")
    if (size := Path(source).stat().st_size) > onnx.checker.MAXIMUM_PROTOBUF:
        raise InputError(
            f"{source}: {size:,} bytes, more than an ONNX model may have; keep its weights apart "
            "(onnx.save_model, save_as_external_data=True)"
        )
    try:
        model = onnx.load(str(source), load_external_data=False)
    except Exception as error:  # protobuf's DecodeError, whose class depends on its build
        raise InputError(f"{source}: no ONNX model ({error}); export it again") from error
    if not model.HasField("graph"):
        raise InputError(f"{source}: no ONNX model (it holds no graph); export it again")
    if (name := damaged_name(model)) is not None:
        raise InputError(f"{source}: the name {name!r:.60} is no text; copy or export it again")
    return model


def _title(source: Path | str | onnx.ModelProto) -> str:
    return source.graph.name if isinstance(source, onnx.ModelProto) else Path(source).name


def _facts(summary: GraphSummary) -> dict[tuple[str, str], str]:
    """{(kind of fact, name): what it says}."""
    return {
        **{("opset", domain): str(version) for domain, version in summary.opsets.items()},
        **{("input", name): kind for name, kind in summary.inputs.items()},
        **{("output", name): kind for name, kind in summary.outputs.items()},
        ("weights", ""): f"{summary.weights:,}",
        **{("", name): str(count) for name, count in summary.counts.items()},
    }


def _ops(graph: onnx.GraphProto) -> list[str]:
    texts = []
    for node in graph.node:
        bodies = [(name, " ".join(_ops(inner)) or "-") for name, inner in nested(node)]
        if len(bodies) > 1:
            bodies = [(name, f"{name.removesuffix('_branch')}: {body}") for name, body in bodies]
        texts.append(_name(node) + (f"[{' | '.join(b for _, b in bodies)}]" if bodies else ""))
    return texts


def _name(node: onnx.NodeProto) -> str:
    return node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"
