"""Types and shapes of values, as one reads them: `float[1, 3, height, ?]`."""

from math import prod

import onnx

from helpers.errors import InputError

__all__ = ["dimensions", "element_text", "numbers_in", "type_text"]

_DIMS = 64  # of a tensor, as NumPy has it
_MOST = 2**63 - 1  # numbers of a tensor: ONNX counts in 64 bits


def dimensions(kind: onnx.TypeProto) -> tuple[int | str, ...]:
    """A tensor's dimensions, one by one.

    Args:
        kind: the `type` of an input, an output or a `value_info` entry.

    Returns:
        A number is fixed, a name takes any size, `"?"` is unknown. `("...",)` for an unknown number
        of dimensions, and `()` for a scalar and for what is no tensor.
    """
    tensor = kind.tensor_type
    if kind.HasField("tensor_type") and not tensor.HasField("shape"):
        return ("...",)
    return tuple(_dimension(dim) for dim in tensor.shape.dim)


def numbers_in(tensor: onnx.TensorProto) -> int:
    """How many numbers a tensor says that it has, whether they are there or not.

    Raises:
        InputError: it has more than 64 dimensions, or no number of numbers that a file could hold.
    """
    count = prod(tensor.dims) if len(tensor.dims) <= _DIMS else -1
    if not 0 <= count <= _MOST:
        raise InputError(
            f"the tensor {tensor.name!r:.60} has {len(tensor.dims):,} dimensions and no number of "
            "values that a file could hold; export the model again"
        )
    return count


def element_text(number: int) -> str:
    """The name of an element type: `float` for 1; `type 99` for a number unknown to ONNX."""
    known = onnx.TensorProto.DataType
    return known.Name(number).lower() if number in known.values() else f"type {number}"


def type_text(kind: onnx.TypeProto) -> str:
    """A value's type as text: `float[1, 3, height, ?]`, `int64[]` for a scalar.

    Args:
        kind: the `type` of an input, an output or a `value_info` entry.

    Returns:
        The elements' type and the dimensions: a number is fixed, a name takes any size, `?` is
        unknown. `float[...]` has an unknown number of dimensions. `sequence(...)` and
        `optional(...)` hold another type; whatever else there is, is named only.
    """
    which = kind.WhichOneof("value")
    if which == "tensor_type":
        dims = ", ".join(map(str, dimensions(kind)))
        return f"{element_text(kind.tensor_type.elem_type)}[{dims}]"
    if which in ("sequence_type", "optional_type"):
        return f"{which.removesuffix('_type')}({type_text(getattr(kind, which).elem_type)})"
    return "unknown" if which is None else which.removesuffix("_type")


def _dimension(dim: onnx.TensorShapeProto.Dimension) -> int | str:
    return dim.dim_param or (dim.dim_value if dim.HasField("dim_value") else "?")
