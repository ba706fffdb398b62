"""What the tests share: a tiny BERT with random weights, and no network but the loopback device."""

import os
import shutil
import socket
from pathlib import Path

# before torch, onnxruntime and the hub's client read them
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "20000")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
os.environ["HF_ENDPOINT"] = "http://127.0.0.1:9"  # nobody listens there

import pytest
import torch
from builders import CASES, VOCABULARY
from hypothesis import settings
from transformers import BertConfig, BertForQuestionAnswering, BertTokenizer

from helpers.exports import export_bert
from helpers.models import QuestionAnswerer, load
from helpers.squad import Example, Features, featurize, read_squad

settings.register_profile("course", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("course")


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
def tiny_tokenizer() -> BertTokenizer:
    return BertTokenizer(vocab=str(VOCABULARY), do_lower_case=True)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory, tiny_tokenizer) -> Path:
    """A BERT of 2 layers with random weights, as `save_pretrained` writes it."""
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
    return load(str(tiny_folder))


@pytest.fixture(scope="session")
def tiny_onnx(tiny, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("exports") / "tiny.onnx"
    export_bert(tiny.model, path)
    return path


@pytest.fixture(scope="session")
def cases() -> list[Example]:
    return read_squad(CASES)


@pytest.fixture(scope="session")
def case_windows(cases, tiny_tokenizer) -> Features:
    """The cases in windows of 128 tokens that overlap by half."""
    return featurize(cases, tiny_tokenizer, max_seq_length=128, doc_stride=64)
