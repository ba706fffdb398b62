"""What goes wrong with the network: nobody answers, the wrong thing comes, or too slowly."""

import contextlib
import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from unittest.mock import patch

from builders import server
from fault import Fault
from hub_server import hub as whole_hub
from processes import HERE, Command

from helpers import downloads
from helpers.downloads import fetch
from helpers.errors import InputError
from helpers.files import PROJECT
from helpers.models import EMBEDDED

__all__ = ["FAULTS"]

CONTENT = b"squad" * 4000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
UNCHANGED = {"fetch": fetch}
BOUNDED = 60.0  # seconds in which a command gives a hub up


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


def hub(path: str) -> Callable[[Path], str]:
    """Loads a model by its hub name, in a process of its own, from a hub with this fault."""

    def cause(folder: Path) -> str:
        with server(Faulty) as address:
            started = time.monotonic()
            done = subprocess.run(
                [sys.executable, HERE / "hub_load.py", folder / "cache", "some/bert"],
                env=dict(
                    os.environ,
                    HF_ENDPOINT=f"{address}/{path}",
                    HF_HUB_DOWNLOAD_TIMEOUT="2",
                    HF_HUB_ETAG_TIMEOUT="2",
                    HUB_PATIENCE="2",
                ),
                cwd=PROJECT,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            seconds = time.monotonic() - started
        lines = done.stdout.strip().splitlines()
        told = json.loads(lines[-1]) if lines else done.stderr[-200:]
        within = "in time" if seconds < BOUNDED else f"after {seconds:.0f} s"
        return f"{within}, {len(lines)} line: {str(told).replace(address, '')}"

    return cause


def hub_twice(folder: Path) -> str:
    """Two processes want a model from the hub at the same moment, in one empty cache."""
    asked: list[str] = []
    go, cache = folder / "go", folder / "cache"
    told = [folder / f"{number}.told" for number in (1, 2)]
    with server(whole_hub("owner/bert", EMBEDDED, asked)) as address:
        env = {"HF_ENDPOINT": address, "HF_HUB_DISABLE_XET": "1", "TOGETHER": str(go)}
        works = (
            Command.python(HERE / "hub_load.py", cache, "owner/bert", output=output, **env)
            for output in told
        )
        with next(works) as one, next(works) as two:
            for command in (one, two):
                command.wait_for("waits")
            go.touch()
            for command in (one, two):
                assert command.wait() == 0, command.told[-300:]
    first, second = (json.loads(path.read_text().splitlines()[-1]) for path in told)
    came = [line for line in asked if line.startswith("GET") and line.endswith(".safetensors")]
    left = [path.name for path in cache.rglob("*") if path.suffix in (".lock", ".incomplete")]
    alike = "the same model" if first == second and first[1] else f"{first} and {second}"
    return f"{alike} twice, its weights fetched {len(came)} times; locks and halves left: {left}"


OFFLINE = r"fetch it on a machine with a network and put it at squad; asked {} times; left \[\]"
HUB = (
    r"in time, 1 line: some/bert: no such folder, and it cannot be fetched from the hub "
    r"\(.*{}.*\); check the name and the network, or use MODEL=embedded.*"
)
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
    Fault(
        "two at once",
        "fetches of a model from its hub",
        r"the same model twice, its weights fetched 1 times; locks and halves left: \[\]$",
        hub_twice,
    ),
    *(
        Fault("network", f"a model's hub: {name}", HUB.format(why), hub(path))
        for name, path, why in [
            ("404", "missing", "404 Not Found"),
            ("500", "broken", "500 Internal Server Error"),
            ("silence", "silent", "([Tt]imed out|disconnected)"),
            ("redirects without an end", "circle", "redirects"),
            ("a byte drips in now and then", "dripping", "bytes came in 2 s, which is too slow"),
        ]
    ),
]
