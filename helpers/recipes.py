"""What decides a made file's content, as hashes and versions: weights, arrays, code, packages."""

import hashlib
import importlib.metadata
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

__all__ = ["arrays_digest", "code_digest", "versions_of", "weights_digest"]


def weights_digest(model: "torch.nn.Module") -> str:
    """SHA-256 over a model's weights: names, number formats, shapes and bytes.

    The architecture is not in it: put what else decides a file, such as the kind of attention, into
    `made_from` beside it.

    Args:
        model: on any device. BERT-large, 1.3 GB, takes some seconds.

    Returns:
        64 hexadecimal digits. The order of the layers and the device do not count.
    """
    import torch

    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        header = json.dumps([name, str(tensor.dtype), list(tensor.shape)])
        digest.update(header.encode() + b"\n")
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy())
    return digest.hexdigest()


def arrays_digest(arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 over arrays: names, shapes and bytes; 64 hexadecimal digits, in any order of names.

    Args:
        arrays: of numbers, by name.
    """
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()


def code_digest(modules: Iterable[ModuleType]) -> str:
    """SHA-256 over the source of modules: other code, other files.

    Args:
        modules: of Python, read from files.
    """
    digest = hashlib.sha256()
    for module in modules:
        digest.update(Path(module.__file__ or "").read_bytes())
    return digest.hexdigest()


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """{package: version}, of those that are installed.

    Args:
        packages: by the names that pip knows them by.
    """
    found = {}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
