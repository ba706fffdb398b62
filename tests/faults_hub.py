"""What goes wrong with a model's hub: it fails, sends what it should not, or is cut off."""

import json
import re
import shutil
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from builders import server
from fault import Fault
from faults_network import Faulty
from hub_server import hub as whole_hub
from places import small_disk
from processes import HERE, Command, wait_until

from helpers.files import sha256
from helpers.models import EMBEDDED

__all__ = ["FAULTS"]

BOUNDED = 60.0  # seconds in which a command gives a hub up
WEIGHTS, LARGE = "model.safetensors", "more.safetensors"
SHORT_WAITS = {
    "HF_HUB_DOWNLOAD_TIMEOUT": "2",
    "HF_HUB_ETAG_TIMEOUT": "2",
    "HUB_PATIENCE": "2",
    "HUB_TRIES": "8",
}


def loading(address: str, folder: Path, name: str = "a", **env: str) -> Command:
    """Loads a model by its hub name into `<folder>/cache`, in a process that has a name."""
    arguments = (HERE / "hub_load.py", folder / "cache", "owner/bert")
    own = {"HF_ENDPOINT": address, "HF_HUB_DISABLE_XET": "1", **env}
    return Command.python(*arguments, output=folder / f"{name}.told", **own)


def came(command: Command) -> object:
    """What the process told of the model: its facts, or why it was refused."""
    assert command.wait() == 0, command.told[-300:]
    return json.loads(command.told.splitlines()[-1])


def left(folder: Path) -> list[str]:
    """The locks and halves in a cache."""
    return [one.name for one in folder.rglob("*") if one.suffix in (".lock", ".incomplete")]


# --- it fails ----------------------------------------------------------------------------------


def from_hub(handler: type[BaseHTTPRequestHandler], path: str = "") -> Callable[[Path], str]:
    """Loads a model from a hub with a fault."""

    def cause(folder: Path) -> str:
        with server(handler) as address:
            started = time.monotonic()
            with loading(f"{address}{path}", folder, **SHORT_WAITS) as command:
                told = str(came(command)).replace(address, "")
                seconds = time.monotonic() - started
        within = "in time" if seconds < BOUNDED else f"after {seconds:.0f} s"
        return f"{within}: {told}; left {left(folder)}"

    return cause


# --- it sends what it should not ---------------------------------------------------------------


class Hub(whole_hub("owner/bert", EMBEDDED, [])):
    """A hub whose weights, or what it tells of a model, come in another way."""

    def send(self, status, data, body, kind, more=None):
        meant = kind == "application/octet-stream" and self.path.endswith(WEIGHTS)
        with suppress(OSError):  # who asked has had enough
            if meant:
                self.weights(status, data, body, kind, more)
            elif kind == "application/json":
                self.told(status, data, body, kind, more)
            else:
                super().send(status, data, body, kind, more)

    def weights(self, *answer):
        super().send(*answer)

    def told(self, *answer):
        super().send(*answer)


class Announcing(Hub):
    """Says that a petabyte comes."""

    def weights(self, status, data, body, kind, more=None):
        sends, self.send_header = self.send_header, self.larger
        self.plain = sends
        super().weights(status, data, body, kind, more)

    def larger(self, name, value):
        self.plain(name, str(10**15) if name == "Content-Length" else value)


class BreakingOff(Hub):
    """Sends the weights' first bytes alone."""

    def weights(self, status, data, body, kind, more=None):
        super().weights(status, data, False, kind, more)
        if body:
            self.wfile.write(data[:1000])
            self.close_connection = True


class BreakingOffLate(Hub):
    """Sends 15 MB of 25 each time, from the start: huggingface_hub counts such a try as none."""

    def weights(self, status, data, body, kind, more=None):
        large = bytes(25_000_000)
        super().weights(status, large, False, kind, more)
        if body:
            self.wfile.write(large[:15_000_000])
            self.close_connection = True


class Altering(Hub):
    """Sends weights of the same length, under the hash of the true ones."""

    def weights(self, status, data, body, kind, more=None):
        super().weights(status, data, False, kind, more)
        if body:
            self.wfile.write(data[:-1] + bytes([data[-1] ^ 1]))


class Packing(Hub):
    """Tells of a model in half a gigabyte, which it packs into two megabytes."""

    def told(self, status, data, body, kind, more=None):
        super().told(status, half_a_gigabyte(), body, kind, {"Content-Encoding": "gzip"})


@lru_cache(maxsize=1)
def half_a_gigabyte() -> bytes:
    """A listing of blanks, packed."""
    packer = zlib.compressobj(level=1, wbits=31)  # gzip's form
    blanks = [packer.compress(b" " * (1 << 20)) for _ in range(512)]
    return b"".join([*blanks, packer.compress(b"{}"), packer.flush()])


class Endless(Hub):
    """Tells of a model without an end, and without a length."""

    def told(self, status, data, body, kind, more=None):
        self.send_response(status)
        self.end_headers()
        while True:
            self.wfile.write(b" " * 100_000)


def slow(folder: Path) -> type[BaseHTTPRequestHandler]:
    """A hub that sends a file of 25 MB, LARGE, in about a second; the folder has room for it.

    huggingface_hub writes 10 MB at a time: of a smaller file no half is ever on the disk.
    """
    shutil.copytree(EMBEDDED, folder / "served")
    (folder / "served" / LARGE).write_bytes(bytes(25_000_000))

    class Slow(whole_hub("owner/bert", folder / "served", [])):
        def send(self, status, data, body, kind, more=None):
            large = len(data) == 25_000_000
            super().send(status, data, body and not large, kind, more)
            step = len(data) // 30
            with suppress(OSError):  # who asked may have been killed
                for at in range(0, len(data) if body and large else 0, step):
                    self.wfile.write(data[at : at + step])
                    time.sleep(0.03)

    return Slow


# --- it is cut off -----------------------------------------------------------------------------


def killed(folder: Path) -> str:
    """Kills a process in the midst of a file, twice; the next one gets it whole."""
    with server(slow(folder)) as address:
        for _ in range(2):
            with loading(address, folder) as command:
                wait_until(lambda: any(halves(folder)), 120, "half a file")
                command.kill()
            (half,) = filter(None, halves(folder))
            assert half < 25_000_000 and not [*folder.rglob(f"snapshots/*/{LARGE}")]
        with loading(address, folder) as command:
            facts = came(command)
    (whole,) = folder.rglob(f"snapshots/*/{LARGE}")
    same = "the same file" if sha256(whole) == sha256(folder / "served" / LARGE) else "ANOTHER"
    return f"2 kills, half a file after each; then {facts[0]} and {same}; left {left(folder)}"


def halves(folder: Path) -> list[int]:
    """The sizes of what is coming."""
    found = []
    for path in (folder / "cache").rglob("*.incomplete"):
        with suppress(FileNotFoundError):  # put in place, while one looks
            found.append(path.stat().st_size)
    return found


def full(folder: Path) -> str:
    """The disk has room for the small files and not for the weights."""
    with small_disk(folder / "cache", 500), server(Hub) as address:
        with loading(address, folder) as command:
            told = came(command)
        halves = left(folder)
    return f"{str(told).replace(str(folder), '')}; left {halves}"


# --- two at once -------------------------------------------------------------------------------


def twice(folder: Path) -> str:
    """Two processes want a model from the hub at the same moment, in one empty cache."""
    asked: list[str] = []
    go, cache = folder / "go", folder / "cache"
    together = {"TOGETHER": str(go)}
    with (
        server(whole_hub("owner/bert", EMBEDDED, asked)) as address,
        loading(address, folder, "one", **together) as one,
        loading(address, folder, "two", **together) as two,
    ):
        for command in (one, two):
            command.wait_for("waits")
        go.touch()
        first, second = came(one), came(two)
    times = len([line for line in asked if re.match(rf"GET .*/{WEIGHTS}$", line)])
    alike = "the same model" if first == second and first[1] else f"{first} and {second}"
    return f"{alike} twice, its weights fetched {times} times; locks and halves left: {left(cache)}"


HUB = (
    r"in time: owner/bert: no such folder, and it cannot be fetched from the hub "
    r"\(.*{}.*\); check the name and the network, or use MODEL=embedded.*; left \[\]$"
)

FAULTS = [
    Fault(
        "two at once",
        "fetches of a model from its hub",
        r"the same model twice, its weights fetched 1 times; locks and halves left: \[\]$",
        twice,
    ),
    *(
        Fault("network", f"a model's hub: {name}", HUB.format(why), from_hub(handler, path))
        for name, handler, path, why in [
            ("404", Faulty, "/missing", "404 Not Found"),
            ("500", Faulty, "/broken", "500 Internal Server Error"),
            ("silence", Faulty, "/silent", "([Tt]imed out|disconnected)"),
            ("redirects without an end", Faulty, "/circle", "redirects"),
            (
                "a byte drips in now and then",
                Faulty,
                "/dripping",
                "bytes came in 2 s, which is",
            ),
            (
                "a petabyte is announced",
                Announcing,
                "",
                "1,000,000,000,000,000 bytes are announced, more than 20,000,000,000",
            ),
            (
                "it breaks off in the midst",
                BreakingOff,
                "",
                "peer closed.*received 1000 bytes",
            ),
            ("it breaks off each time", BreakingOffLate, "", "is not whole after 8 tries"),
            ("half a gigabyte, packed", Packing, "", r"it comes packed \(gzip\)"),
            ("a listing without an end", Endless, "", "more than 5,000,000 bytes came"),
        ]
    ),
    Fault(
        "network",
        "a model's hub: weights of other content",
        rf"in time: .*/{WEIGHTS}: had not the hash that it came with, and cannot be fetched again: "
        r"what came has another one; left \[\]$",
        from_hub(Altering),
    ),
    Fault(
        "killed",
        "during a fetch from a model's hub",
        r"2 kills, half a file after each; then owner/bert and the same file; left \[\]$",
        killed,
    ),
    Fault(
        "no room, read-only",
        "a full disk under a fetch from a hub",
        r"/cache: cannot write there \(No space left on device\); free some space, .*; left \[\]$",
        full,
    ),
]
