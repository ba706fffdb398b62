"""An .onnx file in ONNX Runtime whose inputs and outputs stay in the device's memory.

`session.run` takes arrays from main memory and allocates its outputs anew each time. IO binding
names the memory once: inputs are copied to where the last ones lay, and outputs are written to
where the last ones lay. That is also what a CUDA graph asks for, which replays the kernels of one
run, with the same addresses, in one launch.
"""

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime

from helpers.errors import InputError
from helpers.exports import BERT_ORDER
from helpers.rungs.rung import Inputs, Rung, remarks
from helpers.rungs.session import NUMPY_TYPES, input_kinds, placed_elsewhere, rung_session
from helpers.sessions import PROVIDERS

__all__ = ["Bindings", "bound_rung"]

_RUNS_BEFORE_REPLAY = 3  # two plain runs, so that all memory is allocated, and the capture


def bound_rung(
    path: Path | str,
    *,
    name: str,
    device: str,
    graph: bool = False,
    precision: str = "fp32",
    threads: int | None = None,
    spinning: bool = False,
    length: int | None = None,
    notes: str | None = None,
) -> Rung:
    """An exported BERT in ONNX Runtime with IO binding, and on request as one CUDA graph.

    Args:
        path: the .onnx file, with the article's input and output names.
        name: what charts and tables call it.
        device: `cpu` or `cuda`. On the CPU it is there to be checked: nothing is gained.
        graph: captures the run as a CUDA graph. Then the rung takes one shape only: that of its
            first run. All of the file's operators have to run on the GPU.
        precision: the number format of the file's products.
        threads: threads inside one operator; ONNX Runtime's own choice when None.
        spinning: whether idle worker threads may go on spinning after a run.
        length: binds, and captures, for one window of so many tokens now, so that it counts as
            build time and not as first run.
        notes: what a reader has to know besides.

    Raises:
        InputError: a graph is asked for and the device is not `cuda`, the session cannot be had,
            or the file has other inputs; later, when a captured rung is given another shape.
    """
    if graph and device != "cuda":
        raise InputError(f"graph=True, device={device!r}: a CUDA graph needs device='cuda'")
    start = time.perf_counter()
    session = rung_session(
        path,
        device=device,
        threads=threads,
        spinning=spinning,
        provider_options={"enable_cuda_graph": "1"} if graph else None,
    )
    bindings = Bindings(session, input_kinds(session, path), graph=graph)
    if length is not None:
        bindings.run({name: np.ones((1, length), np.int64) for name in BERT_ORDER})
    return Rung(
        name,
        "ONNX Runtime",
        precision,
        PROVIDERS[device],
        session.get_providers()[0],
        bindings.run,
        build_ms=(time.perf_counter() - start) * 1000,
        device_run_ms=None if device == "cpu" else bindings.device_run_ms,
        notes=remarks(notes, placed_elsewhere(session), length=length if graph else None),
    )


class Bindings:
    """The memory that a session's inputs and outputs are bound to, a set of it for each shape.

    Args:
        session: an open session.
        kinds: {BERT's name of an input: (the file's name, its number format)}.
        graph: whether the session captures a CUDA graph, which allows one shape only.
    """

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        kinds: Mapping[str, tuple[str, np.dtype]],
        *,
        graph: bool = False,
    ) -> None:
        self._session, self._kinds, self._graph = session, kinds, graph
        on_cpu = session.get_providers()[0] == PROVIDERS["cpu"]
        self._place = "cpu" if on_cpu else "cuda"
        self._bound: dict[tuple[int, ...], _Bound] = {}

    def run(self, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """Copies the inputs in, runs, and copies the outputs out.

        Args:
            inputs: {input name: int64 [batch, length]}.

        Returns:
            (start, end) logits, float32 [batch, length], in memory of their own.

        Raises:
            InputError: a CUDA graph was captured for another shape.
        """
        bound = self._filled(inputs)
        self._run(bound)
        start, end = (np.array(value.numpy(), np.float32) for value in bound.outputs)
        return start, end

    def device_run_ms(self, inputs: Inputs) -> float:
        """Copies the inputs in, waits, and times one run without any copy, in milliseconds.

        Args:
            inputs: {input name: int64 [batch, length]}.
        """
        bound = self._filled(inputs)
        bound.binding.synchronize_inputs()
        start = time.perf_counter()
        self._run(bound)
        return (time.perf_counter() - start) * 1000

    def _run(self, bound: "_Bound") -> None:
        self._session.run_with_iobinding(bound.binding)
        bound.binding.synchronize_outputs()

    def _filled(self, inputs: Inputs) -> "_Bound":
        """The memory for this shape, with the inputs in it."""
        shape = inputs["input_ids"].shape
        new = shape not in self._bound
        if new and self._graph and self._bound:
            (captured,) = self._bound
            raise InputError(
                f"inputs of {list(shape)}: the CUDA graph was captured for {list(captured)}; "
                "make a rung of its own for each shape"
            )
        if new:
            self._bound[shape] = _Bound(self._session, self._kinds, shape, self._place)
        bound = self._bound[shape]
        for name, (_, kind) in self._kinds.items():
            bound.inputs[name].update_inplace(np.ascontiguousarray(inputs[name], kind))
        for _ in range(_RUNS_BEFORE_REPLAY if new and self._graph else 0):
            self._run(bound)
        return bound


class _Bound:
    """Inputs and outputs of one shape on the device."""

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        kinds: Mapping[str, tuple[str, np.dtype]],
        shape: tuple[int, ...],
        place: str,
    ) -> None:
        def memory(kind: np.dtype) -> onnxruntime.OrtValue:
            return onnxruntime.OrtValue.ortvalue_from_shape_and_type(shape, kind.type, place)

        self.binding = session.io_binding()
        self.inputs = {name: memory(kind) for name, (_, kind) in kinds.items()}
        for name, (ours, _) in kinds.items():
            self.binding.bind_ortvalue_input(ours, self.inputs[name])
        self.outputs = [memory(NUMPY_TYPES[output.type]) for output in session.get_outputs()]
        for output, value in zip(session.get_outputs(), self.outputs, strict=True):
            self.binding.bind_ortvalue_output(output.name, value)
