"""Where two models, or parts of them, differ, field by field."""

from typing import Any

__all__ = ["first_difference"]


def first_difference(found: Any, expected: Any) -> str | None:
    """The first field in which a message differs from another one of its type, in words.

    A field that is missing and one that holds its default are the same.

    Args:
        found: the protobuf message that is judged, such as a model.
        expected: what it is held against.

    Returns:
        The field, such as `graph.node[2].output[0]`, and where a list is longer or shorter its two
        lengths; None where the messages are the same.
    """
    for field in expected.DESCRIPTOR.fields:
        ours, theirs = getattr(found, field.name), getattr(expected, field.name)
        if hasattr(theirs, "DESCRIPTOR"):
            if not found.HasField(field.name) and not expected.HasField(field.name):
                continue  # its inside would be made up, and the inside of that, without end
            if (inner := first_difference(ours, theirs)) is not None:
                return f"{field.name}.{inner}"
        elif isinstance(theirs, str | bytes) or not hasattr(theirs, "__len__"):
            if ours != theirs:
                return field.name
        elif len(ours) != len(theirs):
            return f"{field.name} has {len(ours)} entries in place of {len(theirs)}"
        else:
            for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
                if not hasattr(other, "DESCRIPTOR"):
                    if one != other:
                        return f"{field.name}[{number}]"
                elif (inner := first_difference(one, other)) is not None:
                    return f"{field.name}[{number}].{inner}"
    return None
