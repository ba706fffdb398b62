"""Types and shapes of values, as one reads them: `float[1, 3, height, ?]`."""

import onnx

__all__ = ["element_text", "type_text"]


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
        tensor = kind.tensor_type
        dims = ", ".join(_dim(dim) for dim in tensor.shape.dim)
        return f"{element_text(tensor.elem_type)}[{dims if tensor.HasField('shape') else '...'}]"
    if which in ("sequence_type", "optional_type"):
        return f"{which.removesuffix('_type')}({type_text(getattr(kind, which).elem_type)})"
    return "unknown" if which is None else which.removesuffix("_type")


def _dim(dim: onnx.TensorShapeProto.Dimension) -> str:
    return dim.dim_param or (str(dim.dim_value) if dim.HasField("dim_value") else "?")
