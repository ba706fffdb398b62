"""The generator of the embedded model: what it promises about names, wordings and answers."""

import dataclasses
import json
import math
import os
import random
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from helpers import training
from helpers.errors import InputError
from helpers.models import EMBEDDED
from helpers.squad import read_squad
from helpers.training.batches import Hidden, batches
from helpers.training.data import clean_passages, training_texts
from helpers.training.encode import encode
from helpers.training.exam import NATURAL
from helpers.training.form_files import read_forms
from helpers.training.forms import is_unseen_wording
from helpers.training.forward import hidden_states
from helpers.training.mixture import core_or_all, training_passage
from helpers.training.names import PROPER_TYPES, is_held_out, proper_name
from helpers.training.passages import find_answer
from helpers.training.plan import Plan
from helpers.training.precision import matrix_dtype
from helpers.training.structure import new_model, small_config
from helpers.training.templates import parse, spelled_out
from helpers.training.train import _mixed, train
from helpers.training.values import value
from helpers.training.vocabulary import MASK, load_tokenizer, train_vocabulary


@pytest.fixture(scope="module")
def forms():
    return read_forms()


@pytest.fixture(scope="module")
def trained_on(forms):
    """A few hundred training passages of every level."""
    rng = random.Random(5)
    made = [
        training_passage(forms, rng, level=level, questions=3)
        for level in (0, 1, 2)
        for _ in range(150)
    ]
    return [passage for passage in made if passage]


@pytest.mark.parametrize("kind", sorted(PROPER_TYPES))
def test_a_proper_name_of_training_is_never_one_of_the_exam(kind):
    rng = random.Random(0)
    trained = {proper_name(kind, rng, False) for _ in range(400)}
    held_out = {proper_name(kind, rng, True) for _ in range(400)}
    assert len(trained) > 20 and len(held_out) > 5
    assert not trained & held_out


def test_the_split_of_names_holds_out_about_a_sixth():
    rng = random.Random(0)
    words = ["".join(rng.choices("abcdefghijklmnop", k=7)) for _ in range(6000)]
    assert 0.14 < sum(map(is_held_out, words)) / len(words) < 0.20


def test_every_answer_stands_where_its_span_says(trained_on):
    spans = [
        passage.text[start:end]
        for passage in trained_on
        for question in passage.questions
        for start, end in question.spans
    ]
    assert len(spans) > 400
    assert all(span and span == span.strip() for span in spans)


def test_all_spans_of_a_question_say_the_same(trained_on):
    for passage in trained_on:
        for question in passage.questions:
            texts = {passage.text[start:end].lower() for start, end in question.spans}
            assert len(texts) <= 1, question.text


def test_no_slot_or_choice_mark_is_left_in_the_text(trained_on):
    texts = [p.text for p in trained_on] + [q.text for p in trained_on for q in p.questions]
    assert not [text for text in texts if re.search(r"[{}<>|]", text)]


def test_unseen_wordings_stay_out_of_training(trained_on, forms):
    assert not [q for p in trained_on for q in p.questions if q.unseen_wording]
    asked = [t for d in forms.domains for f in d.facts for ts in f.ask.values() for t in ts]
    asked += [
        wording for story in forms.stories for wordings, _ in story.qa for wording in wordings
    ]
    assert 0.11 < sum(map(is_unseen_wording, asked)) / len(asked) < 0.18


@pytest.mark.parametrize("form", ["Who wrote {}?", "In which town does {} stand?", "What is {}?"])
def test_what_a_slot_is_called_does_not_make_another_wording(form):
    told = {
        is_unseen_wording(parse(form.replace("{}", slot))) for slot in ("{S}", "{W}", "{B2.last}")
    }
    assert len(told) == 1


def test_spelling_a_template_out_gives_every_choice_once():
    assert spelled_out("<When|In what year> was {S} <|first >sold?") == [
        "When was {S} sold?", "When was {S} first sold?",
        "In what year was {S} sold?", "In what year was {S} first sold?",
    ]  # fmt: skip
    assert spelled_out("Who is {S}?") == ["Who is {S}?"]


def test_questions_are_kept_spelled_out_so_that_no_unseen_wording_is_trained_on(forms):
    every = [t for d in forms.domains for f in d.facts for ts in f.ask.values() for t in ts]
    every += [w for story in forms.stories for wordings, _ in story.qa for w in wordings]
    assert len(every) > 10_000
    assert [t.source for t in every if "<" in t.source] == []


def test_core_and_other_forms_together_are_all_forms(forms):
    assert {d.name for d in forms.core.domains}.isdisjoint(d.name for d in forms.others.domains)
    assert len(forms.core.domains) == 12 and len(forms.core.stories) == 90
    assert len(forms.core.domains) + len(forms.others.domains) == len(forms.domains)
    assert len(forms.core.stories) + len(forms.others.stories) == len(forms.stories)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, {False}), (1.0, {True}), (0.5, {False, True})]
)
def test_passages_are_drawn_from_the_core_as_often_as_asked(forms, share, expected):
    rng = random.Random(0)
    assert {core_or_all(forms, rng, share) is forms.core for _ in range(50)} == expected


def test_the_same_seed_gives_the_same_passages(forms):
    first, second = (clean_passages(forms, seed=3, count=20) for _ in range(2))
    assert [p.text for p in first] == [p.text for p in second]
    assert [p.text for p in first] != [p.text for p in clean_passages(forms, seed=4, count=20)]


def test_the_same_texts_give_the_same_vocabulary(forms, tmp_path):
    texts = training_texts(forms, seed=3, count=150)
    for name in ("first", "second"):
        train_vocabulary(texts, tmp_path / name, size=600)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    pieces = (tmp_path / "first").read_text(encoding="utf-8").splitlines()
    assert len(pieces) == len(set(pieces)) == 600
    assert pieces[:5] == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    assert {"a", "##a", "##9", "£"} <= set(pieces)


CHUNK = """
import hashlib, sys
from pathlib import Path
from helpers.training import data
data.CHUNK = 8
for level in (0, 1, 2):
    made = data._chunk(5, level=level, vocabulary=sys.argv[1], core_share=0.5)
    print(hashlib.sha256(made.ids.tobytes() + made.starts.tobytes()).hexdigest())
"""


def test_training_passages_are_the_same_whatever_the_seed_of_pythons_hashes():
    told = [
        subprocess.run(
            [sys.executable, "-c", CHUNK, str(EMBEDDED / "vocab.txt")],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert len(set(told[0].split())) == 3
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("capabilities", "dtype"),
    [
        ({"avx2": True, "avx512_f": True, "avx512_bf16": True}, torch.bfloat16),
        ({"avx512_bf16": False, "amx_bf16": True}, torch.bfloat16),
        ({"avx2": True, "avx512_f": True, "avx512_bf16": False, "amx_bf16": False}, torch.float32),
        ({}, torch.float32),
    ],
)
def test_bfloat16_is_for_processors_that_have_it(capabilities, dtype, monkeypatch):
    assert matrix_dtype(capabilities=capabilities) == dtype
    assert matrix_dtype("cuda", capabilities) == torch.bfloat16
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert matrix_dtype() == dtype


@pytest.mark.parametrize(("dtype", "apart"), [(torch.float32, 1e-4), (torch.bfloat16, 0.2)])
def test_trainings_own_forward_pass_computes_what_bert_computes(dtype, apart):
    model = new_model(small_config(600), seed=0).eval()
    ids = torch.randint(5, 600, (3, 24), generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([24, 17, 9])
    mask = (torch.arange(24) < lengths[:, None]).long()
    segments = (torch.arange(24) >= 7).long() * mask
    positions = torch.arange(24).expand(3, 24) + 40
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
        found = hidden_states(model, ids, mask, segments, positions, dtype)
    with torch.no_grad():
        expected = model.bert(
            ids, mask, segments, positions, output_hidden_states=True
        ).hidden_states
    assert len(found) == len(expected) == model.config.num_hidden_layers + 1
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.dtype == torch.float32
        torch.testing.assert_close(ours[mask == 1], theirs[mask == 1], atol=apart, rtol=0)
        assert theirs.std() > 0.5  # numbers that differ, so that the comparison means something


@pytest.mark.parametrize(
    ("passage", "answer", "found"),
    [
        ("Salt, and salt again.", "salt", [(0, 4), (10, 14)]),
        ("The saltmarsh is flat.", "salt", []),
        ("In 1,200 days or 200.", "200", [(17, 20)]),
    ],
)
def test_answers_are_found_as_whole_words(passage, answer, found):
    assert find_answer(passage, answer) == found


def test_the_forms_hold_no_sentence_of_the_natural_prose():
    """The natural prose is for scoring alone: no run of eight of its words stands in a form."""
    natural = yaml.safe_load(NATURAL.read_text(encoding="utf-8"))
    contexts = [entry["context"] for part in natural.values() for entry in part]
    runs = {
        tuple(words[i : i + 8])
        for words in (re.findall(r"\w+", context.lower()) for context in contexts)
        for i in range(len(words) - 7)
    }
    assert len(runs) > 3000
    for path in (NATURAL.parent / "forms").glob("*.yaml"):
        words = re.findall(r"\w+", path.read_text(encoding="utf-8").lower())
        assert not [run for i in range(len(words) - 7) if (run := tuple(words[i : i + 8])) in runs]


def test_the_map_of_training_names_its_modules_before_those_that_import_them():
    folder = Path(training.__file__).parent
    rows = [row.strip() for row in training.__doc__.split("::", 1)[1].splitlines()]
    level = {
        name: number
        for number, row in enumerate(rows)
        for name in re.findall(r"\w+", re.split(r"  |  *->", row)[0])
        if (folder / f"{name}.py").is_file()
    }
    modules = {path.stem for path in folder.glob("[!_]*.py")}
    assert set(level) == modules
    for name in modules:
        source = (folder / f"{name}.py").read_text(encoding="utf-8")
        plain = re.findall(r"^ *from \.(\w+) import", source, re.MULTILINE)
        whole = re.findall(r"^ *from \. import (\w+)", source, re.MULTILINE)
        for other in plain + whole:
            assert level[other] <= level[name], f"{name} imports {other}, which stands below it"


def test_an_unknown_slot_type_is_named_with_those_that_are_known():
    with pytest.raises(
        ValueError, match=r"^unknown slot type 'planet': take one of age, animal, .* or write"
    ):
        value("planet", random.Random(0))


WORDS = len((EMBEDDED / "vocab.txt").read_text(encoding="utf-8").splitlines())


@pytest.fixture(scope="module")
def few_samples(forms):
    """A few samples of every level, in the shipped vocabulary's numbers."""
    rng = random.Random(3)
    tokenizer = load_tokenizer(EMBEDDED / "vocab.txt")
    levels = []
    for level in (0, 1, 2):
        both = []
        for some in (forms.core, forms):
            made = [training_passage(some, rng, level=level, questions=2) for _ in range(12)]
            both.append(encode([p for p in made if p], tokenizer, rng, longest=240))
        levels.append(tuple(both))
    return levels


def trained(levels, **changes):
    """The running average of the weights after three steps, one on each level."""
    plan = Plan(short_steps=1, medium_steps=1, steps=3, size=4, **changes)
    return train(new_model(small_config(WORDS), plan.seed), levels, plan).state_dict()


def test_a_longer_plan_keeps_the_proportions_of_its_stages():
    plan = Plan(short_steps=8, medium_steps=37, steps=90, warm_up=2, seed=4)
    twice = plan.lasting(180)
    assert (twice.short_steps, twice.medium_steps, twice.steps, twice.seed) == (16, 74, 180, 4)
    assert twice.rate_at(100) == pytest.approx(plan.rate_at(50), rel=0.05)
    assert plan.lasting(90) == plan


def test_batches_come_from_the_core_as_often_as_the_plan_says(few_samples):
    core, every = few_samples[1]
    core = dataclasses.replace(core, tags=np.full_like(core.tags, 1))
    every = dataclasses.replace(every, tags=np.full_like(every.tags, 2))
    rng = np.random.default_rng(0)
    feed = _mixed((core, every), partial(batches, rng=rng, size=4), rng, 0.75)
    kinds = [int(next(feed).tags.max()) for _ in range(200)]
    assert 0.65 < kinds.count(1) / len(kinds) < 0.85
    assert set(kinds) == {1, 2}


@pytest.mark.parametrize("multiple", [8, 16])
def test_a_batch_is_as_wide_as_its_longest_sample_rounded_up(few_samples, multiple):
    samples = few_samples[2][0]
    made = list(batches(samples, np.random.default_rng(0), 4, multiple=multiple))
    assert made
    for batch in made:
        longest = int(batch.mask.sum(1).max())
        assert batch.ids.shape[1] == math.ceil(longest / multiple) * multiple


def words_lost(few_samples, hidden):
    """Batches that lost words beside the same ones that kept all: pairs of (kept, lost)."""
    makers = (
        batches(few_samples[2][0], np.random.default_rng(0), 8, hidden=chosen)
        for chosen in (Hidden(0.0, 1.0, WORDS), hidden)
    )
    pairs = list(zip(*makers, strict=True))
    assert pairs
    return pairs


def test_questions_lose_ordinary_words_and_nothing_else_changes(few_samples):
    for kept, lost in words_lost(few_samples, Hidden(1.0, 1.0, WORDS)):
        changed = kept.ids != lost.ids
        question = (kept.mask == 1) & (kept.segments == 0) & (kept.ids > MASK)
        assert not (changed & ~question).any()
        assert changed.sum() > 0.99 * question.sum()  # a word may be drawn for itself
        assert 0.3 < (lost.ids[question] == MASK).float().mean() < 0.7
        assert lost.ids[question].min() >= MASK
        assert lost.ids.max() < WORDS
        others = [name for name in kept._fields if name not in {"ids", "copied"}]
        assert all(torch.equal(getattr(kept, name), getattr(lost, name)) for name in others)


def test_a_passage_word_counts_as_copied_only_while_the_question_shows_it(few_samples):
    for kept, lost in words_lost(few_samples, Hidden(1.0, 1.0, MASK + 2)):
        assert (kept.copied & (kept.ids > MASK)).any()
        assert not (lost.copied & (lost.ids > MASK + 1)).any()


def test_as_many_questions_lose_as_many_words_as_the_plan_says(few_samples):
    pairs = words_lost(few_samples, Hidden(0.5, 0.4, WORDS))
    changed = torch.cat([(a.ids != b.ids).float().sum(1) for a, b in pairs])
    words = torch.cat([((a.ids > MASK) & (a.segments == 0)).float().sum(1) for a, _ in pairs])
    assert 0.3 < (changed > 0).float().mean() < 0.7
    assert 0.1 < changed.sum() / words.sum() < 0.3


@pytest.mark.parametrize("threads", [1, 3])
def test_training_starts_from_the_same_weights_whatever_the_threads(threads):
    starts = []
    for count in (2, threads):
        torch.set_num_threads(count)
        starts.append(new_model(small_config(600), seed=0).state_dict())
        assert torch.get_num_threads() == count
    assert all(torch.equal(tensor, starts[1][name]) for name, tensor in starts[0].items())


def test_training_can_be_repeated_byte_for_byte(few_samples, capsys):
    torch.manual_seed(123)  # what came before does not count
    first, second, other = (trained(few_samples, seed=seed) for seed in (1, 1, 2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["qa_outputs.weight"], other["qa_outputs.weight"])
    assert (
        capsys.readouterr().out.count(f"matrices in {matrix_dtype()}, as this processor has") == 3
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_training_moves_every_weight_in_either_precision(few_samples, dtype, monkeypatch):
    monkeypatch.setattr("helpers.training.train.matrix_dtype", lambda device: dtype)
    after = trained(few_samples)
    before = new_model(small_config(WORDS), Plan().seed).state_dict()
    assert {tensor.dtype for tensor in after.values()} == {torch.float32}
    assert all(torch.isfinite(tensor).all() for tensor in after.values())
    assert [name for name in before if torch.equal(before[name], after[name])] == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--steps", "9"], r"^STEPS=9: use 10 or more, or 0 for the plan's own$"),
        (["--steps", "-1"], r"^STEPS=-1: use 10 or more"),
        (["--device", "tpu"], r"^DEVICE=tpu: unknown; use cpu or cuda$"),
        (["--device", "cuda"], r"^DEVICE=cuda: this machine has no CUDA device .*; use DEVICE=cpu"),
    ],
)
def test_what_training_cannot_do_is_told_before_it_begins(options, told, tmp_path, monkeypatch):
    from helpers.training.__main__ import main

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    folder = tmp_path / "bert"
    with pytest.raises(InputError, match=told):
        main(["--out", str(folder), "--exam", str(tmp_path / "exam.json"), *options])
    assert list(tmp_path.iterdir()) == []


def test_training_writes_a_whole_folder(tmp_path, monkeypatch):
    """A very short run of the real command: it must leave a model that loads and a card."""
    from helpers.models import load
    from helpers.training.__main__ import main

    def some(path):  # of every title: what a model that has learned nothing scores does not matter
        return read_squad(path)[::7]

    monkeypatch.setattr("helpers.training.making.read_squad", some)
    folder, exam = tmp_path / "bert", tmp_path / "exam.json"
    main(["--out", str(folder), "--exam", str(exam), "--share", "0.001"])
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "README.md",
        "config.json",
        "model.safetensors",
        "tokenizer_config.json",
        "vocab.txt",
    }
    assert load(str(folder)).model.config.num_hidden_layers == 5
    titles = [a["title"] for a in json.loads(exam.read_text())["data"]]
    assert sorted(set(titles)) == [
        "generated-held-out",
        "generated-other-forms",
        "generated-unseen-wording",
        "natural-development",
        "natural-test",
    ]
    rows = re.findall(r"^\| ([\w-]+) \| (\d+) \|", (folder / "README.md").read_text(), re.MULTILINE)
    assert [title for title, number in rows if int(number) > 0] == list(dict.fromkeys(titles))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
