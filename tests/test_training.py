"""The generator of the embedded model: what it promises about names, wordings and answers."""

import json
import random
import re

import pytest
import yaml

from helpers.training.data import clean_passages
from helpers.training.exam import NATURAL
from helpers.training.forms import is_unseen_wording, read_forms
from helpers.training.mixture import training_passage
from helpers.training.names import PROPER_TYPES, is_held_out, proper_name
from helpers.training.passages import find_answer


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


def test_the_same_seed_gives_the_same_passages(forms):
    first, second = (clean_passages(forms, seed=3, count=20) for _ in range(2))
    assert [p.text for p in first] == [p.text for p in second]
    assert [p.text for p in first] != [p.text for p in clean_passages(forms, seed=4, count=20)]


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


def test_training_writes_a_whole_folder(tmp_path):
    """A very short run of the real command: it must leave a model that loads and a card."""
    from helpers.models import load
    from helpers.training.__main__ import main

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
    assert {a["title"] for a in json.loads(exam.read_text())["data"]} == {
        "generated-held-out",
        "generated-unseen-wording",
        "natural-development",
        "natural-test",
    }
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
