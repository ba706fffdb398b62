"""Feeds mutated .onnx files to the wire decoder, guided by the branches that they reach.

It needs atheris, which the course itself does not, and which has wheels for Linux alone:

    .venv/bin/python -m pip install atheris
    make fuzz                 # FUZZ=1000000 inputs by default

It begins with tests/fuzz/corpus.txt. New inputs go to build/fuzz, which a later run goes on from;
an input that breaks the property ends it and is written as build/crash-*.
"""

import sys
from pathlib import Path

import atheris
import onnx

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]

with atheris.instrument_imports(include=["helpers"]):
    from properties import check_decoding


def one_input(data: bytes) -> None:
    """Decodes one input under the model's schema; an exception ends the fuzzer with the input."""
    check_decoding(data, onnx.ModelProto)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
