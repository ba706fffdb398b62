"""What the rungs of ONNX Runtime share: how a session is opened, and what its inputs are."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from helpers.errors import InputError
from helpers.exports import BERT_ORDER, INPUT_NAMES
from helpers.placement import nodes_by_provider
from helpers.rungs.rung import remarks
from helpers.sessions import open_session

__all__ = ["NUMPY_TYPES", "input_kinds", "placed_elsewhere", "rung_session"]

NUMPY_TYPES = {
    "tensor(int32)": np.dtype(np.int32),
    "tensor(int64)": np.dtype(np.int64),
    "tensor(float)": np.dtype(np.float32),
    "tensor(float16)": np.dtype(np.float16),
}
"""{what ONNX Runtime calls a kind of numbers: what NumPy calls it}."""

_PRODUCTS = ("MatMul", "Gemm", "Attention")  # with these in their names operators multiply matrices


def rung_session(
    path: Path | str,
    *,
    device: str,
    threads: int | None,
    spinning: bool,
    provider_options: Mapping[str, str] | None = None,
    without: Sequence[str] = (),
) -> onnxruntime.InferenceSession:
    """A session whose idle threads spin only where asked to.

    Args:
        path: the .onnx file.
        device: `cpu`, `cuda` or `tensorrt`.
        threads: threads inside one operator; ONNX Runtime's own choice when None.
        spinning: whether idle worker threads may go on spinning after a run.
        provider_options: options of the execution provider asked for.
        without: optimizers that the session leaves out, by their names.

    Raises:
        InputError: the session cannot be had on that device.
    """
    options = onnxruntime.SessionOptions()
    if not spinning:
        options.add_session_config_entry("session.force_spinning_stop", "1")
    return open_session(
        path,
        device=device,
        threads=threads,
        options=options,
        provider_options=provider_options,
        without=without,
    )


def placed_elsewhere(session: onnxruntime.InferenceSession) -> str | None:
    """How many operators do not run on the provider asked for, in words; None where all do.

    Args:
        session: the rung's session.

    Raises:
        InputError: matrix products are among them, in which nearly all of the time goes, or that
            provider has no operator at all.
    """
    asked = session.get_providers()[0]
    counts, products = nodes_by_provider(session), nodes_by_provider(session, only=_PRODUCTS)
    others = {name: n for name, n in counts.items() if name != asked}
    if products.total() > products[asked] or (counts and not counts[asked]):
        told = ", ".join(f"{n} on {name}" for name, n in products.items())
        raise InputError(
            f"asked for {asked}, which has {counts[asked]} of {counts.total()} operators (matrix "
            f"products: {told or 'none'}); a time measured so would bear a false name: install "
            "what that provider needs, or ask for another"
        )
    told = [f"{n} of {counts.total()} operators on {name}" for name, n in others.items()]
    return remarks(*told)


def input_kinds(
    session: onnxruntime.InferenceSession, path: Path | str
) -> dict[str, tuple[str, np.dtype]]:
    """{BERT's name of an input: (the file's name of it, int64 or int32)}, in BERT's order.

    Raises:
        InputError: the file's inputs are not the article's three, or not of whole numbers.
    """
    kinds = {value.name: NUMPY_TYPES.get(value.type) for value in session.get_inputs()}
    if set(kinds) != set(INPUT_NAMES) or any(k is None or k.kind != "i" for k in kinds.values()):
        raise InputError(
            f"{path}: takes {', '.join(f'{name} ({kind})' for name, kind in kinds.items())}; "
            f"give a file with the inputs {', '.join(INPUT_NAMES)}, int64 or int32"
        )
    return {berts: (ours, kinds[ours]) for ours, berts in zip(INPUT_NAMES, BERT_ORDER, strict=True)}
