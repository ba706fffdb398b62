"""A model's files from the hub: fetched once, and held against their hashes each time.

The hub names a file by its hash: SHA-256 where it is large, git's SHA-1 of a blob where it is
small. huggingface_hub keeps it under that name, and does not look at its content again.
"""

import hashlib
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from helpers.downloads import DOWNLOADS
from helpers.errors import InputError, reason_of
from helpers.files import sha256, writing_to
from helpers.scratch import alone_in

__all__ = ["from_hub"]

_KINDS = ["*.json", "*.safetensors", "vocab.txt"]
_PATIENCE_S = 120.0  # so long an answer of the hub may be as slow as it likes
_LEAST = 1000.0  # bytes a second that it must have come with after that
_TOLD = 5_000_000  # bytes of what the hub tells of a model, which is read into memory
_TEXT = 16 << 20  # bytes of a file that is no weights, as helpers.checkpoints takes them
_WEIGHTS = 20_000_000_000  # bytes of a file of weights; BERT-large has 1.3 billion
_TRIES = 50  # that one address is asked; huggingface_hub has no end where each try brings 10 MB
_asked: Counter[str] = Counter()  # how often, since a fetch began
_led_to: dict[str, int] = {}  # bytes that may come from where an answer led


def from_hub(name: str, source: str) -> Path:
    """The folder of a hub model's files, of the kinds that are needed alone.

    Args:
        name: what the model was asked for as.
        source: its name on the hub.

    Returns:
        The folder. Files that were altered since they came have been fetched again.

    Raises:
        InputError: it cannot be had: no network, no such model, no room, less than a kilobyte a
            second for two minutes, more than 20 GB of weights, 16 MiB of another file or 5 MB that
            the hub tells of a model, one address asked 50 times; or a file is not what its hash
            says, and does not become so.
    """
    folder = _snapshot(name, source)
    spoiled = _spoiled(folder)
    with writing_to(DOWNLOADS):
        for file in spoiled:
            file.resolve().unlink()
            file.unlink(missing_ok=True)  # the link to it
    if not spoiled:
        return folder
    try:
        folder = _snapshot(name, source)
        reason = "what came has another one" if _spoiled(folder) else ""
    except InputError as error:
        reason = str(error)
    if reason:
        raise InputError(
            f"{spoiled[0]}: had not the hash that it came with, and cannot be fetched again: "
            f"{reason}"
        )
    return folder


def _snapshot(name: str, source: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        _be_impatient()
        _asked.clear()
        _led_to.clear()
        with writing_to(DOWNLOADS), _swept(source):
            return Path(snapshot_download(source, cache_dir=DOWNLOADS, allow_patterns=_KINDS))
    except InputError:
        raise
    except Exception as error:  # no network, no such model, a gate
        raise InputError(
            f"{name}: no such folder, and it cannot be fetched from the hub "
            f"({reason_of(error)[:200]}); check the name and the network, or use MODEL=embedded, "
            "which needs none"
        ) from error


@contextmanager
def _swept(source: str) -> Iterator[None]:
    """Inside, nobody else fetches a model; what killed processes left of it is removed before.

    huggingface_hub does not go on with a file that a process began which is no more, and leaves it;
    and it leaves the files of its locks.
    """
    from huggingface_hub.file_download import repo_folder_name

    name = repo_folder_name(repo_id=source, repo_type="model")
    folder = DOWNLOADS / name
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with alone_in(folder):
            for left in folder.glob("blobs/*.incomplete"):
                left.unlink(missing_ok=True)
            yield
    finally:
        shutil.rmtree(DOWNLOADS / ".locks" / name, ignore_errors=True)
        with suppress(OSError):
            folder.rmdir()  # where nothing came


def _be_impatient() -> None:
    """Gives huggingface_hub's client ends that it lacks: of time, and of bytes."""
    from huggingface_hub import get_session

    client = get_session()
    for kind, hook in (("request", _plainly), ("response", _hurry)):
        before = client.event_hooks[kind]
        if hook not in before:
            client.event_hooks = {**client.event_hooks, kind: [*before, hook]}


def _plainly(request: Any) -> None:
    """Asks for bytes as they are, so that those are counted which are kept.

    What may come is decided by what was asked for first; where that leads elsewhere, it stays so:
    the hub leads to another server for files of weights, and huggingface_hub asks there anew.
    """
    request.headers["Accept-Encoding"] = "identity"
    url = str(request.url)
    request.extensions.setdefault("most", _led_to.get(url, _most(request.url.path)))
    _asked[url] += 1
    if _asked[url] > _TRIES:
        raise OSError(f"{request.url.path} is not whole after {_TRIES} tries")


def _most(path: str) -> int:
    if "/api/models/" in path or "/resolve/" not in path:
        return _TOLD
    return _WEIGHTS if path.endswith(".safetensors") else _TEXT


def _hurry(response: Any) -> None:
    most, announced = response.request.extensions["most"], response.headers.get("content-length")
    if "location" in response.headers:
        _led_to[str(response.request.url.join(response.headers["location"]))] = most
    if announced and announced.isdecimal():
        if int(announced) > most:
            raise OSError(f"{int(announced):,} bytes are announced, more than {most:,}")
        most = int(announced)
    packed = response.headers.get("content-encoding", "identity")
    if packed.lower() != "identity":
        raise OSError(f"it comes packed ({packed[:20]}), which was not asked for")
    response.stream = _paced(response.stream, most)


def _paced(stream: Any, most: int) -> Any:
    """A stream of bytes, which ends in an error where they come too slowly, or are too many."""
    kind = next(one for one in type(stream).__mro__ if one.__name__ == "SyncByteStream")

    class Paced(kind):
        def __iter__(self) -> Iterator[bytes]:
            start, came = time.monotonic(), 0
            for part in stream:
                came += len(part)
                waited = time.monotonic() - start
                if waited > _PATIENCE_S and came < _LEAST * waited:
                    raise OSError(f"{came:,} bytes came in {waited:.0f} s, which is too slow")
                if came > most:
                    raise OSError(f"more than {most:,} bytes came, which is too many")
                yield part

        def close(self) -> None:
            stream.close()

    return Paced()


def _spoiled(folder: Path) -> list[Path]:
    """The files whose content has another hash than their name in the cache says."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [path for path in files if not _as_named(path.resolve())]


def _as_named(blob: Path) -> bool:
    if re.fullmatch("[0-9a-f]{64}", blob.name):
        return sha256(blob) == blob.name
    if re.fullmatch("[0-9a-f]{40}", blob.name):
        content = blob.read_bytes()
        named = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
        return named.hexdigest() == blob.name
    return True  # a disk without links: the file has its own name, which tells no hash
