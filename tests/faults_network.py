"""What goes wrong with the network: nobody answers, the wrong thing comes, or too slowly."""

import contextlib
import hashlib
import socket
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from unittest.mock import patch

from builders import server
from fault import Fault

from helpers import downloads
from helpers.downloads import fetch
from helpers.errors import InputError

__all__ = ["FAULTS", "Faulty"]

CONTENT = b"squad" * 4000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
UNCHANGED = {"fetch": fetch}


class Faulty(BaseHTTPRequestHandler):
    """Answers each path with a fault of its own; counts what it was asked."""

    asked = 0

    def do_GET(self):
        type(self).asked += 1
        with contextlib.suppress(BrokenPipeError):  # who asked has had enough
            getattr(self, self.path.strip("/").split("/")[0], self.missing)()

    do_HEAD = do_GET

    def missing(self):
        self.send_error(404)

    def broken(self):
        self.send_error(500)

    def silent(self):
        time.sleep(5)

    def dripping(self):
        self.begin(len(CONTENT))
        for byte in CONTENT[:60]:
            self.wfile.write(bytes([byte]))
            time.sleep(0.1)

    def endless(self):
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(CONTENT)

    def huge(self):
        self.begin(10**15)

    def short(self):
        self.begin(len(CONTENT))
        self.wfile.write(CONTENT[:100])

    def long(self):
        self.begin(len(CONTENT) - 100)
        self.wfile.write(CONTENT[:-100])

    def other(self):
        self.begin(len(CONTENT))
        self.wfile.write(CONTENT[::-1])

    def circle(self):
        self.send_response(302)
        self.send_header("Location", f"{self.path}/again")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def begin(self, length):
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, *_):
        pass


def fetched(path: str, **limits: float) -> Callable[[Path], str]:
    """Fetches from the faulty server; tells what came, how often it was asked and what is left."""

    def cause(folder: Path) -> str:
        counting = type("Counting", (Faulty,), {"asked": 0})
        with server(counting) as address, patch.multiple(downloads, **(limits or UNCHANGED)):
            told = refusal(lambda: fetch(f"{address}/{path}", folder / "squad", digest=DIGEST))
        told = told.replace(address, "")
        left = [one.name for one in folder.iterdir()]
        return f"{told}; asked {counting.asked} times; left {left}"

    return cause


def refusal(act: Callable[[], object]) -> str:
    try:
        return f"got {act()}"
    except InputError as error:
        return f"refused: {error}"


def unreachable(folder: Path) -> str:
    """The SQuAD file where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/dev-v1.1.json"
    with patch.multiple(downloads, SQUAD_DEV_URL=address, DOWNLOADS=folder):
        return refusal(downloads.squad_dev)


OFFLINE = r"fetch it on a machine with a network and put it at squad; asked {} times; left \[\]"
CANNOT = r"refused: /{}: cannot be downloaded \({}\); " + OFFLINE

FAULTS = [
    Fault(
        "network",
        "nobody listens at the address of the SQuAD file",
        r"refused: http://127.* cannot be downloaded \(.*refused\); fetch it on a machine with a "
        r"network and put it at dev-v1\.1\.json$",
        unreachable,
        slow=False,
    ),
    *(
        Fault("network", name, CANNOT.format(path, why, times), fetched(path, **limits), slow=False)
        for name, path, why, times, limits in [
            ("the server answers 404", "missing", "Not Found", 1, {}),
            ("the server answers 500", "broken", "Internal Server Error", 1, {}),
            ("the server says nothing", "silent", "timed out", 1, {"_SILENCE_S": 0.3}),
            (
                "a byte drips in now and then",
                "dripping",
                "not whole after .*",
                1,
                {"_WHOLE_S": 0.5},
            ),
            (
                "a file without an end, or a length",
                "endless",
                "more than 50,000 bytes",
                1,
                {"_MOST": 50_000},
            ),
            ("a file of a petabyte is announced", "huge", "more than 100,000,000 bytes", 1, {}),
            ("the server breaks off in the midst", "short", ".*100 out of 20000 bytes", 1, {}),
            ("redirects without an end", "circle", ".*infinite loop.*", 11, {}),
        ]
    ),
    *(
        Fault(
            "network",
            name,
            rf"refused: /{path}: the file that came has SHA-256 [0-9a-f]{{64}}, expected {DIGEST}; "
            r"try again.*; asked 1 times; left \[\]",
            fetched(path),
            slow=False,
        )
        for name, path in [
            ("a file of another length", "long"),
            ("a file of other content", "other"),
        ]
    ),
]
