"""A graph before and after a rewrite: which nodes went, and what stands in their place.

An optimizer that replaces nodes keeps the names of the values that others read. So the names tell
what a new node stands for: all that lay between the values that are still there.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import onnx

from helpers.errors import InputError
from helpers.graphs import read_model
from helpers.subgraphs import nested

__all__ = ["named_part", "numbered", "part", "stands_for"]


def named_part(
    path: Path | str,
    text: str,
    *,
    shapes: bool = True,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
) -> onnx.GraphProto:
    """The nodes of a file whose first output's name holds some text, cut out by `part`.

    Args:
        path: an .onnx file.
        text: what the name holds, such as `/layer.0/`.
        shapes: as in `part`.
        inputs: as in `part`.
        outputs: as in `part`.

    Raises:
        InputError: the file is missing or no ONNX model, or as `part`.
    """
    graph = read_model(path).graph
    nodes = [node for node in graph.node if node.output and text in node.output[0]]
    return part(graph, nodes, shapes=shapes, inputs=inputs, outputs=outputs)


def part(
    graph: onnx.GraphProto,
    nodes: Iterable[onnx.NodeProto],
    *,
    shapes: bool = True,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
) -> onnx.GraphProto:
    """Some nodes of a graph as a graph of their own, without weights and constants.

    Args:
        graph: where the nodes are.
        nodes: which of them, in their order.
        shapes: whether nodes stay that only compute with sizes, as `Shape` gives them.
        inputs: what its inputs shall be called; as they were when left out.
        outputs: likewise.

    Returns:
        A graph to look at, not to run: it takes what the nodes take from other nodes and from
        the graph's inputs, in the order of use, and gives what others, or nobody, take from them.
        Neither has a type.

    Raises:
        InputError: there is no node among them, one holds a graph, or it has not as many inputs or
            outputs as names were given.
    """
    out = {tensor.name for tensor in graph.initializer} | _constants(graph, sizes=not shapes)
    chosen = [node for node in nodes if node.output and node.output[0] not in out]
    if not chosen:
        raise InputError("no nodes to cut out; choose some, as by what their names hold")
    if inner := next((node for node in chosen if nested(node)), None):
        raise InputError(f"{inner.name or inner.op_type}: holds a graph; cut around it")
    cut = onnx.GraphProto(name=graph.name)
    for node in chosen:
        copy = cut.node.add()
        copy.CopyFrom(node)
        copy.input[:] = ["" if value in out else value for value in node.input]
    made = [value for node in chosen for value in node.output if value]
    taken = dict.fromkeys(value for node in cut.node for value in node.input if value)
    elsewhere = [node for node in graph.node if not set(made) & set(node.output)]
    wanted = {value for node in elsewhere for value in node.input}
    wanted |= {value.name for value in graph.output}
    ends = [value for value in made if value in wanted or value not in taken]
    starts = [value for value in taken if value not in made]
    called = _renamed(starts, inputs, "inputs") | _renamed(ends, outputs, "outputs")
    cut.input.extend(onnx.ValueInfoProto(name=called[value]) for value in starts)
    cut.output.extend(onnx.ValueInfoProto(name=called[value]) for value in ends)
    for node in cut.node:
        node.input[:] = [called.get(value, value) for value in node.input]
        node.output[:] = [called.get(value, value) for value in node.output]
    return cut


def _renamed(values: Sequence[str], names: Sequence[str], what: str) -> dict[str, str]:
    if names and len(names) != len(values):
        raise InputError(f"{what}={list(names)}: it has {len(values)}: {', '.join(values)}")
    return dict(zip(values, names or values, strict=True))


def _constants(graph: onnx.GraphProto, *, sizes: bool) -> set[str]:
    """The values that are the same for all inputs; with `sizes`, for all inputs of these sizes."""
    fixed: set[str] = set()
    for node in graph.node:
        inputs = [value for value in node.input if value]
        if (
            node.op_type == "Constant"
            or (sizes and node.op_type in ("Shape", "Size"))
            or (sizes and inputs and fixed.issuperset(inputs))
        ):
            fixed.update(node.output)
    return fixed


def stands_for(before: onnx.GraphProto, after: onnx.GraphProto) -> dict[str, list[str]]:
    """What each new node of a rewritten graph has replaced.

    A node is new where `before` has no node of its type that gives a value of its first output's
    name. It stands for the nodes on the ways to its outputs, back to values that are still there.

    Args:
        before: a graph. Weights and constants do not matter.
        after: what was made of it.

    Returns:
        {first output of a new node: [first output of each node that it replaced, in order]}.

    Raises:
        InputError: a new node's outputs have names that `before` does not know.
    """
    makers = {value: node for node in before.node for value in node.output}
    still = {value for node in after.node for value in node.output}
    kept = {(node.op_type, node.output[0]) for node in before.node}
    found = {}
    for node in after.node:
        if (node.op_type, node.output[0]) in kept:
            continue
        ways = [value for value in node.output if value in makers]
        if not ways:
            raise InputError(
                f"{node.output[0]}: the graph before the rewrite has no value of this name; "
                "cut both graphs where their values have the same names"
            )
        replaced: set[str] = set()
        while ways:
            maker = makers[ways.pop()]
            if maker.output[0] not in replaced:
                replaced.add(maker.output[0])
                ways += [value for value in maker.input if value in makers and value not in still]
        found[node.output[0]] = [one.output[0] for one in before.node if one.output[0] in replaced]
    return found


def numbered(
    before: onnx.GraphProto, after: onnx.GraphProto
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Marks for `helpers.pictures.draw`: a new node and all that it stands for share a number.

    Args:
        before: a graph.
        after: what was made of it.

    Returns:
        For each of the two graphs {first output of a node: its number, from "1"}. Nodes that are
        the same in both have none.

    Raises:
        InputError: as `stands_for`.
    """
    marks_before, marks_after = {}, {}
    for number, (new, replaced) in enumerate(stands_for(before, after).items(), start=1):
        marks_after[new] = str(number)
        marks_before |= dict.fromkeys(replaced, str(number))
    return marks_before, marks_after
