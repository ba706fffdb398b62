"""An ONNX Runtime session on the execution provider that was asked for, or none at all."""

import ctypes.util
import importlib.metadata
import importlib.util
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import onnxruntime

from helpers.errors import InputError, reason_of
from helpers.graphs import count_ops

__all__ = ["PROVIDERS", "open_session", "ops_in_session", "tensorrt_needs"]

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
"""What the course calls a device, and what ONNX Runtime calls its execution provider."""

_NEWER = ("Unsupported model IR version", "is under development")
_TOO_NEW = (
    f"it is newer than ONNX Runtime {onnxruntime.__version__}: write it with an older opset or IR "
    "version, or upgrade onnxruntime"
)
_RECORD = "session.record_ep_graph_assignment_info"


def open_session(
    path: Path | str,
    *,
    device: str = "cpu",
    threads: int | None = None,
    options: onnxruntime.SessionOptions | None = None,
    tf32: bool = False,
    provider_options: Mapping[str, str] | None = None,
    without: Sequence[str] = (),
) -> onnxruntime.InferenceSession:
    """Opens a model on one execution provider and refuses to fall back to another.

    ONNX Runtime itself falls back to the CPU with no more than a log line; only
    `session.get_providers()` tells. Its Python part tries again on the CPU where opening or a run
    fails; that is switched off.

    Args:
        path: the .onnx file. It may ask for all memory; limit a process that opens a stranger's.
        device: `cpu`, `cuda` or `tensorrt`. Behind TensorRT stands CUDA, and behind both the CPU,
            for operators that they lack.
        threads: threads inside one operator; ONNX Runtime's own choice when None.
        options: session options to start from. They are changed (ONNX Runtime cannot copy them):
            the log level is lowered, and `threads`, where given, is set on them.
        tf32: whether the CUDA provider may round float32 factors to TF32, of 19 bits instead of
            32; ONNX Runtime itself allows it.
        provider_options: more options of the provider asked for, by ONNX Runtime's names.
        without: graph optimizers left out, by ONNX Runtime's names; an unknown one goes unnoticed.

    Returns:
        A session whose first provider is the one asked for.

    Raises:
        InputError: no such device, no ONNX model, two packages of ONNX Runtime installed over each
            other, or the session came up on another provider.
    """
    _refuse_two_packages()
    if device not in PROVIDERS:
        raise InputError(f"device={device!r}: unknown; use one of {', '.join(PROVIDERS)}")
    asked = PROVIDERS[device]
    options = options or onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what matters of a failed provider is raised below
    options.add_session_config_entry(_RECORD, "1")
    if threads is not None:
        options.intra_op_num_threads = threads
    if device != "cpu":
        _use_cuda_libraries()
    if device == "tensorrt":
        _use_tensorrt_libraries()
    if asked not in onnxruntime.get_available_providers():
        raise InputError(_no_provider(device, asked, "this onnxruntime was built without it"))
    try:
        if Path(path).is_fifo():  # it would be waited for
            raise OSError("it is no plain file")
        session = onnxruntime.InferenceSession(
            str(path),
            options,
            providers=_providers(device, tf32, provider_options or {}),
            disabled_optimizers=list(without),
            enable_fallback=int(device == "tensorrt"),  # without its libraries it raises at length
        )
        session.disable_fallback()  # a run that fails would go on, on the CPU
    except MemoryError:
        raise
    except Exception as error:  # onnxruntime has no common base class of its errors
        reason = reason_of(error)
        remedy = _TOO_NEW if any(words in reason for words in _NEWER) else "export it again"
        raise InputError(f"{path}: ONNX Runtime cannot open it ({reason}); {remedy}") from error
    if (in_use := session.get_providers()[0]) != asked:
        raise InputError(_no_provider(device, asked, f"the session came up on {in_use}"))
    return session


@cache
def _refuse_two_packages() -> None:
    """Of two packages in one folder, whose file is whose depends on which was installed last."""
    places: dict[Path, str] = {}
    for package in ("onnxruntime", "onnxruntime-gpu"):
        with suppress(importlib.metadata.PackageNotFoundError):
            there = Path(str(importlib.metadata.distribution(package).locate_file("onnxruntime")))
            other = places.setdefault(there, package)
            if other != package:
                raise InputError(
                    f"{there}: {other} and {package} are both installed there, over each other, "
                    f"and neither is whole: pip uninstall -y {other} {package}, then install one"
                )


def ops_in_session(path: Path | str, *, without: Sequence[str] = ()) -> dict[str, int]:
    """How often each operator stands in the graph that a session on the CPU makes of a file.

    The session writes its graph to a temporary file, which costs time: to look, not to run.

    Args:
        path: the .onnx file.
        without: graph optimizers that are left out, as `open_session` takes them.

    Returns:
        {operator: count}, as `helpers.graphs.count_ops` counts.

    Raises:
        InputError: as `open_session`.
    """
    options = onnxruntime.SessionOptions()
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder) / "in-session.onnx")
        open_session(path, options=options, without=without)
        return count_ops(options.optimized_model_filepath)


def tensorrt_needs() -> str | None:
    """Why ONNX Runtime finds no TensorRT here, in one line; None where it may find it."""
    packages = any(map(importlib.util.find_spec, ("tensorrt", "tensorrt_libs")))
    return None if packages or ctypes.util.find_library("nvinfer") else "TensorRT is not installed"


def _providers(
    device: str, tf32: bool, more: Mapping[str, str]
) -> list[str | tuple[str, dict[str, str]]]:
    """The provider asked for and those behind it, each with its options."""
    order = {"cuda": ["cuda", "cpu"], "tensorrt": ["tensorrt", "cuda", "cpu"]}.get(device, [device])
    options: dict[str, dict[str, str]] = {"cuda": {"use_tf32": str(int(tf32))}}
    options[device] = {**options.get(device, {}), **more}
    return [
        (PROVIDERS[name], options[name]) if options.get(name) else PROVIDERS[name] for name in order
    ]


def _use_cuda_libraries() -> None:
    """Loads CUDA and cuDNN from where torch's wheel brought them, before the provider looks."""
    import torch

    if torch.cuda.is_available() and hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()


def _use_tensorrt_libraries() -> None:
    """Loads TensorRT from where its Python package brought it, where there is one."""
    with suppress(ImportError):
        importlib.import_module("tensorrt")


def _no_provider(device: str, asked: str, why: str) -> str:
    more = " and TensorRT 10 (tensorrt-cu13==10.16.1.11)" if device == "tensorrt" else ""
    return (
        f"device={device!r}: {asked} is not to be had ({why}); install a driver, CUDA 13 and "
        f"cuDNN 9 with onnxruntime-gpu{more}, or use device='cpu'"
    )
