"""What goes wrong with what one looks through: a port, a browser, Netron."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import netron
import onnx
from fault import Fault
from faults_engines import one_node, python

from helpers.files import PROJECT

__all__ = ["FAULTS"]

VIEW = """\
import urllib.request
from helpers.viewer import view
with view({!r}) as shown:
    shown.frame(live=True)
    print(repr(shown), urllib.request.urlopen(shown.url).status if shown.url else "")
"""


def viewed(change: Callable[[Path], None]) -> Callable[[Path], str]:
    """Looks at a file through a Netron that was changed."""

    def cause(folder: Path) -> str:
        copy = folder / "packages" / "netron"
        shutil.copytree(Path(netron.__file__).parent, copy)
        change(copy)
        onnx.save(one_node(), folder / "m.onnx")
        told = python(VIEW.format(str(folder / "m.onnx")), folder / "packages")
        return " | ".join(told.splitlines())

    return cause


def expired(package: Path) -> None:
    page = package / "index.html"
    before, name, after = page.read_text(encoding="utf-8").partition('name="date" content="')
    page.write_text(f"{before}{name}2020-01-01{after[10:]}", encoding="utf-8")


def broken(package: Path) -> None:
    (package / "__init__.py").write_text("raise ImportError('broken')\n", encoding="utf-8")


def without_chromium(folder: Path) -> str:
    """The browser's tests where there is no Chromium to be found."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/test_browser.py"],
        env={**os.environ, "PATH": str(folder)},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    told = [line.strip() for line in done.stdout.splitlines() if "Chromium is not" in line]
    ended = re.findall(r"^(?:\d+ \w+, )*\d+ \w+", done.stdout.splitlines()[-1])
    return f"exit code {done.returncode}; {ended}; {told[-1] if told else 'not told'}"


def port_lost(folder: Path) -> str:
    """A port that was free when Netron chose it, and is not any more: the first two tries."""
    onnx.save(one_node(), folder / "m.onnx")
    with socket.socket() as other:
        other.bind(("localhost", 0))
        other.listen()
        code = (
            "import netron, helpers.serving as serving\n"
            "start, tries = netron.start, []\n"
            "def late(shown, address, browse):\n"
            "    tries.append(1)\n"
            f"    port = {other.getsockname()[1]} if len(tries) < 3 else 0\n"
            "    return start(shown, address=('localhost', port), browse=browse)\n"
            f"found = serving._served(late, {str(folder / 'm.onnx')!r})\n"
            "print(len(tries), 'tries, served on', found[0])\n"
        )
        return next(line for line in python(code).splitlines() if "tries" in line)


FAULTS = [
    Fault(
        "port, browser, viewer",
        "another process takes the port that Netron chose",
        r"3 tries, served on (localhost|127\.0\.0\.1)",
        port_lost,
    ),
    Fault(
        "port, browser, viewer",
        "Netron is too old to draw",
        r"Netron draws for 180 days after its release, this one is \d+ days old; upgrade it: .* \| "
        r".*<m\.onnx: served by Netron .*> 200",
        viewed(expired),
    ),
    Fault(
        "port, browser, viewer",
        "Netron is damaged",
        r"Netron's server did not start; .* \| <m\.onnx: not served\..*",
        viewed(broken),
    ),
    Fault(
        "port, browser, viewer",
        "Chromium is missing",
        r"exit code 0; \['\d+ skipped, \d+ warnings?'\]; .*Chromium is not installed: nothing .*",
        without_chromium,
    ),
]
