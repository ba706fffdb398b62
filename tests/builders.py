"""Small things that several tests need: questions made by hand, files, folders, a server."""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

from helpers.squad import Example, Features

GOLDEN = Path(__file__).resolve().parent / "golden"
CASES = GOLDEN / "cases-v1.1.json"
VOCABULARY = GOLDEN / "vocab.txt"


def example(
    context: str, question: str = "Who was it?", answer: str = "", name: str = "q"
) -> Example:
    """A question; its answer is the first place where `answer` stands in the context."""
    return Example(name, "made by hand", context, question, (answer,), (context.find(answer),))


def squad_root(context="Ada Vane keeps the weir.", answer="Ada Vane", start=0, **changes) -> dict:
    """The smallest SQuAD v1.1 file as a dictionary, with `changes` to its one question."""
    qa = {
        "id": "q1",
        "question": "Who keeps the weir?",
        "answers": [{"text": answer, "answer_start": start}],
    }
    paragraph = {"context": context, "qas": [{**qa, **changes}]}
    return {"version": "1.1", "data": [{"title": "weirs", "paragraphs": [paragraph]}]}


def write(path: Path, value: object) -> Path:
    """Writes bytes and text as they are, anything else as JSON."""
    if isinstance(value, bytes):
        path.write_bytes(value)
    else:
        text = value if isinstance(value, str) else json.dumps(value)
        path.write_text(text, encoding="utf-8")
    return path


def copy_folder(source: Path, target: Path, *, without: tuple[str, ...] = ()) -> Path:
    """A copy of a model folder that lacks some of its files."""
    return Path(shutil.copytree(source, target, ignore=shutil.ignore_patterns(*without)))


def pointing(
    features: Features, index: int, start: int, end: int, *, points: float = 9.0
) -> tuple[np.ndarray, np.ndarray]:
    """Logits, float32 [windows, length], that point at the tokens of characters start to end.

    They do so in every window of example `index` that holds those tokens.
    """
    logits = np.zeros((2, *features.input_ids.shape), np.float32)
    spans = features.offsets[index]
    tokens = [t for t, (left, right) in enumerate(spans) if left < end and right > start]
    for window in np.flatnonzero(features.example_index == index):
        for row, token in ((0, tokens[0]), (1, tokens[-1])):
            place = token - features.first_token[window]
            if 0 <= place < features.token_count[window]:
                logits[row, window, features.first_position[window] + place] = points
    return logits[0], logits[1]


def rising(inputs: dict[str, np.ndarray]) -> np.ndarray:
    """Logits of a made-up rung: 0, 1, 2 and so on, float32 [windows, length]."""
    windows, length = inputs["input_ids"].shape
    return np.tile(np.arange(length, dtype=np.float32), (windows, 1))


@contextmanager
def server(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serves on a free port of the loopback device and yields the address."""
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    httpd.daemon_threads = True
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_address[1]}"
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()
