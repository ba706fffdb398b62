"""The inputs that the fuzzer kept, one a line in hexadecimal digits (`-` for none)."""

import sys
from pathlib import Path

__all__ = ["read_corpus"]

_FILE = Path(__file__).with_suffix(".txt")


def read_corpus() -> list[bytes]:
    """Each input, the shortest first."""
    lines = _FILE.read_text(encoding="ascii").split()
    return [bytes.fromhex(line.replace("-", "")) for line in lines]


if __name__ == "__main__":  # writes each into a file of its own, as atheris wants them
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(read_corpus()):
        (folder / f"{number:03}").write_bytes(data)
