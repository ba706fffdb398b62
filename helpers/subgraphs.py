"""The graphs inside a graph: an If holds two, a Loop and a Scan one, and each may hold more."""

from collections.abc import Iterator

import onnx

__all__ = ["all_graphs", "damaged_name", "nested"]


def nested(node: onnx.NodeProto) -> list[tuple[str, onnx.GraphProto]]:
    """A node's nested graphs with the names of their attributes; an If's `then_branch` first."""
    graphs = [(a.name, a.g) for a in node.attribute if a.HasField("g")]
    graphs += [(a.name, graph) for a in node.attribute for graph in a.graphs]
    return sorted(graphs, key=lambda item: item[0] == "else_branch")


def all_graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """The graph and, depth first, all graphs inside it."""
    yield graph
    for node in graph.node:
        for _, inner in nested(node):
            yield from all_graphs(inner)


def damaged_name(model: onnx.ModelProto) -> bytes | None:
    """The first name that is no text, as a damaged file may have it.

    Protobuf gives bytes instead of a text for what is not UTF-8, which nobody expects.

    Returns:
        The name of a graph, a domain, an operator, a node, an attribute, an initializer, or of what
        a graph or a node takes or gives; None where all are texts.
    """
    return next((name for name in _names(model) if isinstance(name, bytes)), None)


def _names(model: onnx.ModelProto) -> Iterator[str | bytes]:
    yield from (entry.domain for entry in model.opset_import)
    for graph in all_graphs(model.graph):
        yield graph.name
        yield from (value.name for value in (*graph.input, *graph.output, *graph.initializer))
        for node in graph.node:
            yield from (node.op_type, node.domain, node.name, *node.input, *node.output)
            # attributes before graphs inside them, whose order their names decide
            yield from (one.name for one in node.attribute)
