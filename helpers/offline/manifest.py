"""Whose a folder of results is: `manifest.json` in it says what the run was made with."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from helpers.errors import InputError
from helpers.files import write_json, writing_to
from helpers.plain_json import read_json
from helpers.scratch import alone_in

__all__ = ["FILES", "claim"]

_BYTES = 50_000_000  # of a manifest: more than a hundred thousand shards

FILES = "files"
"""The folder of the model's file, where the project itself cannot be written to."""


def claim(folder: Path, decisive: Mapping[str, Any], digests: Mapping[str, str]) -> None:
    """Makes a folder this run's own, or finds that it is.

    Shards may be added later; one that was answered may neither change nor go.

    Args:
        folder: where results go.
        decisive: what decides the answers besides the shards.
        digests: {name of a shard: SHA-256}.

    Raises:
        InputError: it holds another run's results, or files that are no run's.
    """
    manifest = folder / "manifest.json"
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with alone_in(folder):  # of two that begin at once the second sees whose it is
        if manifest.exists():
            _same(manifest, decisive, digests)
        elif any(not _ours(path) for path in folder.iterdir()):
            raise InputError(
                f"OUT={folder}: holds files, but no manifest.json; name an empty folder"
            )
        write_json(manifest, {"settings": dict(decisive), "shards": dict(digests)})


def _ours(path: Path) -> bool:
    """Whether a run may have put something there before it wrote its manifest, or while it does."""
    scrap = path.name.startswith(".manifest.json-") and path.name.endswith(".part")
    return scrap or path.name == FILES


def _same(manifest: Path, decisive: Mapping[str, Any], digests: Mapping[str, str]) -> None:
    folder = manifest.parent
    found = read_json(manifest, most=_BYTES, remedy="name another folder")
    try:
        settings, shards = dict(found["settings"]), dict(found["shards"])
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{manifest}: no manifest of a run; name another folder") from None
    plain = json.loads(json.dumps(dict(decisive)))
    for name in {**plain, **settings}:
        there, here = settings.get(name), plain.get(name)
        if there != here:
            raise InputError(
                f"OUT={folder}: another run's, with {name:.60}={there!s:.70} where this one has "
                f"{here!s:.70}; name another folder, or set it so"
            )
    for name, digest in shards.items():
        if digests.get(name) != digest:
            raise InputError(
                f"OUT={folder}: another run's, whose shard {name:.60} was a different one; "
                "name another folder"
            )
