"""A graph in words, for those who cannot see its picture."""

from collections.abc import Mapping, Sequence

import onnx

from helpers.subgraphs import nested

__all__ = ["describe", "describe_marks"]


def describe(graph: onnx.GraphProto, *, title: str | None = None, most: int = 12) -> str:
    """A graph in words, for those who cannot see the picture.

    Args:
        graph: a model's graph, or a body.
        title: what it is called; None: its own name.
        most: with more nodes than this, operators are counted and not told one by one.
    """
    if len(graph.node) <= most:
        told = "; ".join(_sentence(node, most) for node in graph.node)
    else:
        ops = [node.op_type for node in graph.node]
        told = f"{len(ops)} nodes: {_counted(ops)}"
    inputs = ", ".join(value.name for value in graph.input) or "none"
    outputs = ", ".join(value.name for value in graph.output) or "none"
    weights = [tensor.name for tensor in graph.initializer]
    held = ", ".join(weights) if len(weights) <= most else f"{len(weights)} tensors"
    inputs += f"; initializers {held}" if weights else ""
    return f"{title or graph.name}: inputs {inputs}; {told or 'no nodes'}; outputs {outputs}"


def describe_marks(
    graphs: Sequence[onnx.GraphProto], marks: Sequence[Mapping[str, str]]
) -> list[str]:
    """What each mark stands on, in words: "mark 1: 2 Add, 1 Mul / 1 Gemm".

    Args:
        graphs: beside each other.
        marks: for each of them {first output of a node: its mark}; nothing where there are none.
    """
    found = []
    for mark in dict.fromkeys(mark for own in marks for mark in own.values()):
        sides = []
        for graph, own in zip(graphs, marks, strict=True):
            ops = [n.op_type for n in graph.node if n.output and own.get(n.output[0]) == mark]
            sides.append(_counted(ops) or "nothing")
        found.append(f"mark {mark}: {' / '.join(sides)}")
    return found


def _counted(ops: Sequence[str]) -> str:
    return ", ".join(f"{ops.count(op)} {op}" for op in sorted(set(ops)))


def _sentence(node: onnx.NodeProto, most: int) -> str:
    given, taken = (", ".join(filter(None, names)) for names in (node.output, node.input))
    text = f"{given} = {node.op_type}({taken})"
    for name, body in nested(node):
        text += f" with {name} [{describe(body, most=most)}]"
    return text
