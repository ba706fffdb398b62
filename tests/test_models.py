"""One name changes the model: folders, the hub, and every folder that cannot be used."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from builders import copy_folder, server, write
from hub_server import hub
from safetensors.torch import load_file, save_file
from transformers import (
    BertModel,
    BertTokenizer,
    DistilBertConfig,
    DistilBertForQuestionAnswering,
)

from helpers import models
from helpers.checkpoints import is_path
from helpers.errors import InputError
from helpers.models import BERT_LARGE, load

HUB_LOAD = Path(__file__).resolve().parent / "hub_load.py"


def normalised(loaded, text):
    return loaded.tokenizer.backend_tokenizer.normalizer.normalize_str(text)


def test_a_folder_by_save_pretrained_loads_ready_to_answer(tiny, tiny_folder):
    assert (tiny.name, tiny.source, tiny.trained) == (str(tiny_folder), str(tiny_folder), True)
    assert tiny.max_positions == 512
    assert not tiny.model.training
    assert tiny.model.config._attn_implementation == "eager"
    assert {p.device.type for p in tiny.model.parameters()} == {"cpu"}
    saved = load_file(tiny_folder / "model.safetensors")
    loaded = tiny.model.state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in saved.items())


def test_weights_saved_in_half_precision_are_float32_in_memory(tiny, tiny_folder, tmp_path):
    folder = copy_folder(tiny_folder, tmp_path / "half", without=("*.safetensors",))
    load(str(tiny_folder)).model.half().save_pretrained(folder)
    assert {t.dtype for t in load_file(folder / "model.safetensors").values()} == {torch.float16}
    assert {p.dtype for p in load(str(folder)).model.parameters()} == {torch.float32}


def test_attention_is_chosen_by_argument_and_gives_the_same_logits(tiny, tiny_folder, case_windows):
    fused = load(str(tiny_folder), attention="sdpa")
    assert fused.model.config._attn_implementation == "sdpa"
    ids, mask, segments = (
        torch.from_numpy(array[:3])
        for array in (
            case_windows.input_ids,
            case_windows.attention_mask,
            case_windows.token_type_ids,
        )
    )
    with torch.no_grad():
        one = tiny.model(ids, mask, segments).start_logits[mask == 1]
        other = fused.model(ids, mask, segments).start_logits[mask == 1]
    torch.testing.assert_close(one, other, atol=1e-4, rtol=0)


@pytest.mark.parametrize("layout", ["tokenizer.json", "vocab.txt alone"])
@pytest.mark.parametrize("lower", [True, False])
def test_casing_comes_from_the_checkpoint(tiny_folder, tmp_path, layout, lower):
    without = ("tokenizer*",) if layout == "vocab.txt alone" else ()
    folder = copy_folder(tiny_folder, tmp_path / "bert", without=without)
    if layout == "vocab.txt alone":  # as the first checkpoints on the hub are
        write(folder / "tokenizer_config.json", {"do_lower_case": lower})
    else:
        vocab = str(folder / "vocab.txt")
        BertTokenizer(vocab=vocab, do_lower_case=lower).save_pretrained(folder)
    assert normalised(load(str(folder)), "Åre ADA") == ("are ada" if lower else "Åre ADA")


def test_bert_large_random_has_the_architecture_of_bert_large(monkeypatch, tiny_folder):
    monkeypatch.setattr(models, "EMBEDDED", tiny_folder)  # whose tokenizer it borrows
    large = load("bert-large-random")
    assert large.trained is False
    assert large.model.num_parameters() == 334_094_338  # as the article's checkpoint has
    config = large.model.config
    assert (config.num_hidden_layers, config.hidden_size, config.vocab_size) == (24, 1024, 30522)
    assert large.max_positions == 512
    assert len(large.tokenizer) == 496


def test_the_random_model_is_seeded_marked_and_leaves_torchs_own_numbers_alone(
    monkeypatch, tiny_folder
):
    monkeypatch.setattr(models, "EMBEDDED", tiny_folder)
    small = {"vocab_size": 496, "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    monkeypatch.setattr(models, "_LARGE_SHAPE", small)
    before = torch.random.get_rng_state()
    one, same, other = (load("bert-large-random", seed=seed) for seed in (3, 3, 4))
    assert torch.equal(before, torch.random.get_rng_state())
    assert one.trained is False
    assert "random weights, seed 3" in one.source
    assert not one.model.training
    name = "bert.encoder.layer.0.attention.self.query.weight"
    weights = [model.model.state_dict()[name] for model in (one, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert one.model.config._attn_implementation == "eager"


def test_the_hash_of_the_weights_is_of_names_and_numbers_not_of_files(tiny_folder, tmp_path):
    weights = load_file(tiny_folder / "model.safetensors")
    copies = [tiny_folder]
    for name, change in (("same", 0.0), ("other", 1e-6)):
        copies.append(copy_folder(tiny_folder, tmp_path / name))
        changed = {**weights, "qa_outputs.bias": weights["qa_outputs.bias"] + change}
        save_file(changed, copies[-1] / "model.safetensors", metadata={"format": "pt", "as": name})
    one, same, other = (load(str(folder)).weights_sha256 for folder in copies)
    assert one == same
    assert re.fullmatch("[0-9a-f]{64}", one)
    assert other != one


def test_a_missing_embedded_model_says_how_to_get_it_back(monkeypatch, tmp_path):
    monkeypatch.setattr(models, "EMBEDDED", tmp_path / "gone")
    with pytest.raises(InputError, match=r"gone: no such folder; .*git, or run `make model`"):
        load("embedded")


# --- folders that cannot be used -------------------------------------------------------------


def no_weights(source, folder):
    copy_folder(source, folder, without=("*.safetensors",))


def only_pickled_weights(source, folder):
    copy_folder(source, folder, without=("*.safetensors",))
    torch.save(load_file(source / "model.safetensors"), folder / "pytorch_model.bin")


def pickled_weights_behind_another_file(source, folder):
    only_pickled_weights(source, folder)
    save_file({"x": torch.zeros(1)}, folder / "adapter.safetensors")


def no_config(source, folder):
    copy_folder(source, folder, without=("config.json",))


def broken_config(source, folder):
    write(copy_folder(source, folder) / "config.json", '{"model_type": "bert",')


def config_is_a_list(source, folder):
    write(copy_folder(source, folder) / "config.json", [])


def config_without_type(source, folder):
    write(copy_folder(source, folder) / "config.json", {"hidden_size": 32})


def no_vocabulary(source, folder):
    copy_folder(source, folder, without=("vocab.txt", "tokenizer*"))


def no_head(source, folder):
    copy_folder(source, folder, without=("*.safetensors", "config.json"))
    BertModel.from_pretrained(source).save_pretrained(folder)


def not_a_bert(source, folder):
    copy_folder(source, folder, without=("*.safetensors", "config.json"))
    config = DistilBertConfig(vocab_size=496, dim=32, n_layers=1, n_heads=2, hidden_dim=32)
    DistilBertForQuestionAnswering(config).save_pretrained(folder)


def lacks_a_tensor(source, folder):
    tensors = load_file(source / "model.safetensors")
    del tensors["bert.encoder.layer.1.output.dense.weight"]
    copy_folder(source, folder)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def cut_weights(source, folder):
    copy_folder(source, folder)
    write(folder / "model.safetensors", (source / "model.safetensors").read_bytes()[:5000])


def other_shapes(source, folder):
    config = json.loads((source / "config.json").read_text())
    write(copy_folder(source, folder) / "config.json", {**config, "hidden_size": 64})


def other_vocabulary(source, folder):
    copy_folder(source, folder, without=("tokenizer*", "vocab.txt"))
    words = (source / "vocab.txt").read_text(encoding="utf-8").split("\n")[:400]
    write(folder / "vocab.txt", "\n".join(words))


def not_whole_numbers_and_far_too_deep(source, folder):
    write(copy_folder(source, folder) / "config.json", '{"a":' * 100_000)


def config_with_a_number_of_5000_digits(source, folder):
    write(copy_folder(source, folder) / "config.json", '{"vocab_size": ' + "9" * 5000 + "}")


def rewritten(source, folder, name, **changes):
    settings = json.loads((copy_folder(source, folder) / name).read_text(encoding="utf-8"))
    write(folder / name, {**settings, **changes})


def three_labels(source, folder):
    labels = {"0": "start", "1": "end", "2": "none"}
    rewritten(source, folder, "config.json", id2label=labels)


def one_segment(source, folder):
    rewritten(source, folder, "config.json", type_vocab_size=1)


def no_markers(source, folder):
    rewritten(source, folder, "tokenizer_config.json", cls_token=None)


def another_tokenizer(source, folder):
    copy_folder(source, folder, without=("tokenizer.json",))
    write(folder / "tokenizer_config.json", {"tokenizer_class": "BertTokenizerLegacy"})


def indexed(source, folder, file, save):
    """The weights in a file that an index names, behind a file that is never read."""
    copy_folder(source, folder, without=("model.safetensors",))
    tensors = load_file(source / "model.safetensors")
    save_file({"a": tensors.popitem()[1]}, folder / "other.safetensors")
    tensors = load_file(source / "model.safetensors")
    save(tensors, folder / file)
    write(folder / "model.safetensors.index.json", {"weight_map": dict.fromkeys(tensors, file)})


def pickled_weights_in_an_index(source, folder):
    indexed(source, folder, "weights.bin", torch.save)


def weights_above_the_folder(source, folder):
    indexed(source, folder, "../outside.safetensors", save_file)


def an_index_of_nothing(source, folder):
    write(copy_folder(source, folder) / "model.safetensors.index.json", {"weight_map": {}})


def a_pipe_for_a_vocabulary(source, folder):
    copy_folder(source, folder, without=("vocab.txt",))
    os.mkfifo(folder / "vocab.txt")


def an_endless_device_for_a_config(source, folder):
    copy_folder(source, folder, without=("config.json",))
    (folder / "config.json").symlink_to("/dev/zero")


def a_huge_tokenizer(source, folder):
    with (copy_folder(source, folder) / "tokenizer.json").open("wb") as file:
        file.truncate((16 << 20) + 1)


BROKEN = {
    not_whole_numbers_and_far_too_deep: ["config.json: not JSON", "save it again"],
    config_with_a_number_of_5000_digits: ["config.json: not JSON", "save it again"],
    three_labels: ["gives 3 numbers a token, not 2", "fine-tuned on SQuAD"],
    one_segment: ["type_vocab_size is 1", "give a BERT with 2 segments"],
    no_markers: ["has no cls_token", "save the BertTokenizer"],
    another_tokenizer: ["tokenizer_class is 'BertTokenizerLegacy'", "save the BertTokenizer"],
    no_weights: ["no weights (model.safetensors)", "save_pretrained"],
    only_pickled_weights: ["no weights (model.safetensors)", "save_pretrained"],
    pickled_weights_behind_another_file: ["no weights (model.safetensors)", "save_pretrained"],
    pickled_weights_in_an_index: ["names 'weights.bin'", "no safetensors file in that folder"],
    weights_above_the_folder: ["names '../outside.safetensors'", "no safetensors file in that"],
    an_index_of_nothing: ["index.json: has no weight_map", "save the model again"],
    a_pipe_for_a_vocabulary: ["vocab.txt: is no plain file", "put the file itself there"],
    an_endless_device_for_a_config: ["config.json: is no plain file", "remove it"],
    a_huge_tokenizer: ["tokenizer.json: has 16,777,217 bytes", "no BERT's has more"],
    no_config: ["has no config.json", "save_pretrained"],
    broken_config: ["config.json: not JSON", "save it again"],
    config_is_a_list: ["cannot be loaded", "save the model"],
    config_without_type: ["cannot be loaded", "save the model"],
    no_vocabulary: ["no vocabulary", "save_pretrained"],
    no_head: ["no question-answering head", "fine-tuned on SQuAD"],
    not_a_bert: ["distilbert", "not a BERT", "give a BERT"],
    lacks_a_tensor: ["bert.encoder.layer.1.output.dense.weight", "save the model again"],
    cut_weights: ["cannot be loaded", "save the model"],
    other_shapes: ["cannot be loaded", "save the model"],
    other_vocabulary: ["400 tokens", "496 rows", "trained with"],
}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda make: make.__name__)
def test_folders_that_cannot_be_used_are_named_with_the_remedy(
    tiny_folder, tmp_path, broken, capfd
):
    folder = tmp_path / "some-bert"
    broken(tiny_folder, folder)
    capfd.readouterr()
    with pytest.raises(InputError) as caught:
        load(str(folder))
    message = str(caught.value)
    assert message.startswith(str(folder))
    assert "\n" not in message
    for piece in BROKEN[broken]:
        assert piece in message
    assert capfd.readouterr() == ("", "")  # the message is all that there is to read


CODE = """
import pathlib, sys
pathlib.Path(__file__).parent.joinpath("ran").touch()
pathlib.Path({mark!r}).touch()
class Thing:
    pass
"""


@pytest.mark.parametrize("kind", ["bert", "mybert", "distilbert"])
def test_code_in_a_model_folder_is_never_run_and_never_asked_about(
    tiny_folder, tmp_path, kind, monkeypatch, capfd
):
    def asked(*_):
        raise AssertionError("somebody is asked whether the code may run")

    monkeypatch.setattr("builtins.input", asked)
    folder, mark = tmp_path / "some-bert", tmp_path / "ran"
    copy_folder(tiny_folder, folder)
    write(folder / "code.py", CODE.format(mark=str(mark)))
    classes = ("AutoConfig", "AutoModel", "AutoModelForQuestionAnswering")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config |= {"model_type": kind, "auto_map": dict.fromkeys(classes, "code.Thing")}
    write(folder / "config.json", config)
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    settings["auto_map"] = {"AutoTokenizer": ["code.Thing", "code.Thing"]}
    write(folder / "tokenizer_config.json", settings)
    capfd.readouterr()
    if kind == "bert":
        assert type(load(str(folder)).model).__module__.startswith("transformers.")
    else:
        with pytest.raises(InputError) as caught:
            load(str(folder))
        assert str(caught.value) == f"{folder}: is a {kind} model, not a BERT; give a BERT"
        assert capfd.readouterr() == ("", "")
    assert not mark.exists()


def test_every_loader_is_told_to_run_no_code(tiny_folder, monkeypatch):
    told = []

    def watched(loader):
        original = loader.from_pretrained

        def from_pretrained(*args, **keywords):
            told.append(keywords["trust_remote_code"])
            return original(*args, **keywords)

        monkeypatch.setattr(loader, "from_pretrained", from_pretrained)

    for loader in (models.BertConfig, models.BertForQuestionAnswering, models.BertTokenizer):
        watched(loader)
    load(str(tiny_folder))
    assert told[0] is told[-1] is False
    assert len(told) >= 3
    assert set(told) == {False}


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "../a/b", "a/b/c"])
def test_a_missing_folder_is_named(name):
    with pytest.raises(InputError, match=rf"^{name}: no such model folder; give one"):
        load(name)


def test_a_file_is_no_folder(tmp_path):
    path = write(tmp_path / "model.onnx", "")
    with pytest.raises(InputError, match=r"model\.onnx: no such model folder"):
        load(str(path))


def test_a_padded_embedding_table_is_no_mismatch(tiny_folder, tmp_path):
    folder = copy_folder(tiny_folder, tmp_path / "padded")
    model = load(str(tiny_folder)).model
    model.resize_token_embeddings(512)  # 496 tokens, padded to a multiple of 64
    model.save_pretrained(folder)
    assert load(str(folder)).model.config.vocab_size == 512


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("deepset/bert-base-cased-squad2", False),
        (BERT_LARGE, False),
        ("./x", True),
        ("/x", True),
        ("~/x", True),
        ("a/b/c", True),
        (str(HUB_LOAD.parent), True),
    ],
)
def test_what_counts_as_a_folder(source, expected):
    assert is_path(source) is expected


def test_the_tilde_means_the_home_folder(tiny_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    copy_folder(tiny_folder, tmp_path / "my-bert")
    assert load("~/my-bert").max_positions == 512


def test_a_home_folder_that_does_not_exist_is_named():
    with pytest.raises(InputError, match=r"^~nosuchuser/x: names a home folder that does not exi"):
        load("~nosuchuser/x")


def test_a_name_longer_than_a_path_may_be_is_no_path():
    assert is_path("x" * 5000) is False


# --- the hub ---------------------------------------------------------------------------------


def load_in_a_process(address, cache, *names, **settings):
    """What hub_load.py says of each name, and what stands on its standard error."""
    run = subprocess.run(
        [sys.executable, HUB_LOAD, str(cache), *names],
        env={**os.environ, "HF_ENDPOINT": address, **settings},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()], run.stderr


def test_a_hub_name_is_fetched_once_and_loads_like_a_folder(
    tiny, tiny_folder, tmp_path, monkeypatch, capfd
):
    total = pytest.approx(float(tiny.model.qa_outputs.weight.detach().sum()))
    expected = ["owner/tiny-bert", True, 496, total]
    asked = []
    with server(hub("owner/tiny-bert", tiny_folder, asked)) as address:
        said, noise = load_in_a_process(address, tmp_path, "owner/tiny-bert", "owner/other")
    assert said[0] == expected
    fetched = [line for line in asked if line.startswith("GET") and "/resolve/" in line]
    assert sum("model.safetensors" in line for line in fetched) == 1
    assert not any(".bin" in line for line in asked)
    # a name that the hub does not know
    assert said[1].startswith("owner/other: no such folder, and it cannot be fetched from the hub")
    assert "\n" not in said[1]
    assert noise == ""
    # in this process nobody listens where the hub should be; what was fetched is used
    for module in ("hub", "downloads"):
        monkeypatch.setattr(f"helpers.{module}.DOWNLOADS", tmp_path)
    again = load("owner/tiny-bert")
    weight = float(again.model.qa_outputs.weight.detach().sum())
    assert [again.name, again.trained, len(again.tokenizer), weight] == expected
    assert capfd.readouterr() == ("", "")


def test_weights_that_the_hub_keeps_on_another_server_are_fetched_from_there(
    tiny, tiny_folder, tmp_path
):
    here, there = [], []
    told = "20000"  # bytes, which the weights pass
    assert (tiny_folder / "model.safetensors").stat().st_size > int(told)
    with (
        server(hub("owner/tiny-bert", tiny_folder, there)) as store,
        server(hub("owner/tiny-bert", tiny_folder, here, elsewhere=store)) as address,
    ):
        said, noise = load_in_a_process(address, tmp_path, "owner/tiny-bert", HUB_TOLD=told)
    total = pytest.approx(float(tiny.model.qa_outputs.weight.detach().sum()))
    assert (said, noise) == ([["owner/tiny-bert", True, 496, total]], "")
    assert [line.split("/")[1] for line in there if line.startswith("GET")] == ["content"]
    assert not any(line.startswith("GET") and "safetensors" in line for line in here)


def test_files_of_the_hub_come_over_plain_http():
    asks = "import helpers, huggingface_hub.constants as c; print(c.HF_HUB_DISABLE_XET)"
    run = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)
    assert run.stdout == "True\n"


def test_a_hub_name_that_cannot_be_had_is_told_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("helpers.hub.DOWNLOADS", tmp_path)
    for name in ("owner/no-such-bert", "bert-large"):
        with pytest.raises(InputError) as caught:
            load(name)
        assert str(caught.value).startswith(f"{name}: ")
        assert "cannot be fetched from the hub" in str(caught.value)
        assert "MODEL=embedded" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_only_the_first_layers_are_kept_where_that_is_asked(tiny_folder):
    whole, cut = load(str(tiny_folder)), load(str(tiny_folder), layers=1)
    assert [len(one.model.bert.encoder.layer) for one in (whole, cut)] == [2, 1]
    assert cut.model.config.num_hidden_layers == 1
    assert (whole.trained, cut.trained) == (True, False)
    assert cut.source == f"{tiny_folder}, first 1 layers"


@pytest.mark.parametrize("layers", [0, 3, -1])
def test_more_layers_than_there_are_or_none_at_all_are_refused(tiny_folder, layers):
    with pytest.raises(InputError, match=rf"^layers={layers}: .* has 2; give 1 to 2, or None$"):
        load(str(tiny_folder), layers=layers)
