"""One file from the network: fetched once, checked, and only then put in place."""

import http.client
import itertools
import socket
import threading
from pathlib import Path

from helpers.errors import InputError
from helpers.files import PROJECT, put_in_place, sha256, writing_to

__all__ = ["DOWNLOADS", "SQUAD_DEV_SHA256", "SQUAD_DEV_URL", "fetch", "squad_dev"]

DOWNLOADS = PROJECT / "data" / "downloads"
"""Where everything fetched is kept; git ignores it."""

SQUAD_DEV_URL = "https://rajpurkar.github.io/SQuAD-explorer/dataset/dev-v1.1.json"
"""The article's address of the SQuAD v1.1 development file."""

SQUAD_DEV_SHA256 = "95aa6a52d5d6a735563366753ca50492a658031da74f301ac5238b03966972c9"
"""The SHA-256 of that file, as several public projects pin it."""

_SILENCE_S = 30.0  # without a byte from the server
_WHOLE_S = 900.0  # for a file: 5 MB take so long at 6 kB a second
_BLOCK = 8192  # bytes that wget takes at a time
_MOST = 100_000_000  # bytes of a file: twenty times what SQuAD's have


def fetch(url: str, path: Path | str, *, digest: str) -> Path:
    """Downloads `url` to `path` with `wget`, unless a file with the right hash is there.

    Args:
        url: what to fetch.
        path: where it shall stand; its folder is made when missing.
        digest: the SHA-256 that the file must have, 64 hexadecimal digits.

    Returns:
        The path of a file whose hash is `digest`.

    Raises:
        InputError: no network, a server that is silent for 30 s or not done after 900, more than
            100 MB, or the file that came has another hash.
    """
    path = Path(path)
    if path.is_file() and sha256(path) == digest:
        return path
    with put_in_place(path) as temporary:
        arrived = temporary.with_name("arrived")  # wget takes another name where one is taken
        try:
            with writing_to(path.parent):  # a full disk is no matter of the network
                _download(url, arrived)
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise InputError(
                f"{url}: cannot be downloaded ({reason}); "
                f"fetch it on a machine with a network and put it at {path}"
            ) from error
        found = sha256(arrived)
        if found != digest:
            raise InputError(
                f"{url}: the file that came has SHA-256 {found}, expected {digest}; "
                "try again, and if it stays so do not use it"
            )
        arrived.replace(temporary)
    return path


def _download(url: str, to: Path) -> None:
    """Wget's call, with the ends that it lacks: of silence, and of a file that has none.

    A download that is given up ends with the next block of its server, or with its silence.
    """
    import wget  # here, because a machine that downloads nothing need not have it

    ended: list[Exception | None] = []
    given_up, blocks = threading.Event(), itertools.count()

    def look(came: int, announced: int, width: int) -> str:
        """Wget asks for its bar at each block, and shows none where that is empty.

        It does not know how much came where the server has not announced how much will.
        """
        if given_up.is_set() or max(next(blocks) * _BLOCK, announced) > _MOST:
            raise OSError(f"more than {_MOST:,} bytes")
        return ""

    def download() -> None:
        try:
            wget.download(url, str(to), bar=look)
            ended.append(None)
        except Exception as error:
            ended.append(error)

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_SILENCE_S)  # the one way to give wget a limit
    try:
        thread = threading.Thread(target=download, daemon=True)
        thread.start()
        thread.join(_WHOLE_S)
    finally:
        socket.setdefaulttimeout(before)
    if not ended:
        given_up.set()
        raise TimeoutError(f"not whole after {_WHOLE_S:g} s")
    if ended[0] is not None:
        raise ended[0]


def squad_dev() -> Path:
    """The SQuAD v1.1 development file: 10,570 questions on 48 articles, downloaded once.

    Returns:
        The path of dev-v1.1.json.

    Raises:
        InputError: it is not there yet and there is no network.
    """
    return fetch(SQUAD_DEV_URL, DOWNLOADS / "dev-v1.1.json", digest=SQUAD_DEV_SHA256)
