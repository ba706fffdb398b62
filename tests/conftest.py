"""What the tests share: two models, their files, and no network but the loopback device.

Fixtures import what they need: pytest's own process, which hands the files out to two others and
runs none, reads this file too, and would load PyTorch for nothing before the others may start.
"""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING

# before torch, onnxruntime and the hub's client read them
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "20000")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
os.environ["HF_ENDPOINT"] = "http://127.0.0.1:9"  # nobody listens there

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transformers import BertTokenizer

    from helpers.models import QuestionAnswerer
    from helpers.squad import Example, Features

settings.register_profile("course", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("course")

LONGEST = (
    "test_benchmark",
    "test_offline_cluster",
    "test_embedded",
    "test_training",
    "test_rungs_openvino",
    "test_wire",
)
"""Files that take longest, begun first, so that at the end no process waits long for the other."""


def pytest_collection_modifyitems(items):
    first = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: first.get(item.path.stem, len(first)))


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Refuses every connection that would leave this machine."""
    connect = socket.socket.connect

    def guarded(self, address):
        inet = self.family in (socket.AF_INET, socket.AF_INET6)
        if inet and not str(address[0]).startswith(("127.", "::1", "localhost")):
            raise OSError(f"the tests use no network, but something asked for {address[0]}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def threads_at_first() -> int:
    """How many threads PyTorch has in a process where nobody has chosen."""
    import torch

    return torch.get_num_threads()


@pytest.fixture(autouse=True)
def threads_as_before(threads_at_first):
    """A benchmark takes all cores; the tests after it get back what they had."""
    yield
    import torch

    torch.set_num_threads(threads_at_first)


@pytest.fixture(scope="session")
def tiny_tokenizer() -> BertTokenizer:
    from builders import VOCABULARY
    from transformers import BertTokenizer

    return BertTokenizer(vocab=str(VOCABULARY), do_lower_case=True)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory, tiny_tokenizer) -> Path:
    """A BERT of 2 layers with random weights, as `save_pretrained` writes it."""
    import torch
    from builders import VOCABULARY
    from transformers import BertConfig, BertForQuestionAnswering

    folder = tmp_path_factory.mktemp("models") / "tiny-bert"
    config = BertConfig(
        vocab_size=len(tiny_tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=512,
        initializer_range=0.2,  # so that logits differ by more than rounding
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        BertForQuestionAnswering(config).save_pretrained(folder)
    tiny_tokenizer.save_pretrained(folder)
    shutil.copy(VOCABULARY, folder / "vocab.txt")
    return folder


@pytest.fixture(scope="session")
def tiny(tiny_folder) -> QuestionAnswerer:
    from helpers.models import load

    return load(str(tiny_folder))


@pytest.fixture(scope="session")
def tiny_onnx(tiny, tmp_path_factory) -> Path:
    from helpers.exports import export_bert

    path = tmp_path_factory.mktemp("exports") / "tiny.onnx"
    export_bert(tiny.model, path)
    return path


@pytest.fixture(scope="session")
def shipped() -> Iterator[QuestionAnswerer]:
    """The embedded model; no test may change its weights."""
    from helpers.models import load
    from helpers.recipes import weights_digest

    answerer = load("embedded")
    before = weights_digest(answerer.model)
    yield answerer
    assert weights_digest(answerer.model) == before


@pytest.fixture(scope="session")
def shipped_onnx(shipped, tmp_path_factory) -> Iterator[Path]:
    """The embedded model as an .onnx file of opset 11; no test may change it."""
    from helpers.exports import export_bert
    from helpers.files import sha256

    path = tmp_path_factory.mktemp("shipped") / "embedded.onnx"
    export_bert(shipped.model, path)
    before = sha256(path)
    yield path
    assert sha256(path) == before


@pytest.fixture(scope="session")
def cases() -> list[Example]:
    from builders import CASES

    from helpers.squad import read_squad

    return read_squad(CASES)


@pytest.fixture(scope="session")
def case_windows(cases, tiny_tokenizer) -> Features:
    """The cases in windows of 128 tokens that overlap by half."""
    from helpers.squad import featurize

    return featurize(cases, tiny_tokenizer, max_seq_length=128, doc_stride=64)
