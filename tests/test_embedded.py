"""The model and the questions that the project ships."""

import json
import re

import numpy as np
import pytest
import torch
from safetensors import safe_open

from helpers.comparison import agreement
from helpers.models import EMBEDDED
from helpers.rungs import all_logits, onnxruntime_rung, torch_rung
from helpers.settings import SQUAD_MINI
from helpers.squad import answers, featurize, read_squad, score
from helpers.training.evaluate import score_parts

FLOORS = {
    "generated-held-out": 96.0,
    "generated-unseen-wording": 85.0,
    "generated-other-forms": 92.0,
    "natural-development": 59.0,
    "natural-test": 69.0,
}
"""EM in percent, windows of 384, that a change must not fall below: just under what the shipped
model reaches. What the project wants is 96 on the first, 85 on the second and 65 on both parts of
natural prose together. Raise a floor when the model does."""

GENERATED = ("generated-held-out", "generated-unseen-wording", "generated-other-forms")
NATURAL = ("natural-development", "natural-test")


@pytest.fixture(scope="module")
def asked(shipped):
    """The shipped model, its questions, and their windows."""
    examples = read_squad(SQUAD_MINI)
    features = featurize(examples, shipped.tokenizer)
    return shipped, examples, features, features.inputs()


@pytest.fixture(scope="module")
def pytorch(asked):
    answerer, _, _, inputs = asked
    return all_logits(torch_rung(answerer.model), inputs)


@pytest.fixture(scope="module")
def onnx(asked, shipped_onnx):
    return all_logits(onnxruntime_rung(shipped_onnx, name="as exported"), asked[3])


@pytest.fixture(scope="module")
def scored(asked):
    """Scores by title, with windows of 384 tokens that advance by 128, as the card gives them."""
    answerer, examples, _, _ = asked
    return score_parts(answerer.model, answerer.tokenizer, examples)


def exact_match(asked, logits, *titles):
    _, examples, features, _ = asked
    given = answers(examples, features, *logits)
    chosen = [example for example in examples if example.title in titles]
    assert chosen, f"no questions under {titles}"
    return score(chosen, given)["exact_match"]


def test_there_are_enough_questions_marked_by_title(asked):
    titles = [example.title for example in asked[1]]
    assert set(titles) == {*GENERATED, *NATURAL}
    assert sum(title in GENERATED for title in titles) >= 200
    assert sum(title in NATURAL for title in titles) >= 60


@pytest.mark.parametrize("title", FLOORS)
def test_the_shipped_model_reads_as_well_as_when_it_was_trained(scored, title):
    assert scored[title]["exact_match"] >= FLOORS[title]


def test_it_answers_as_many_questions_on_natural_prose_as_the_project_wants(scored):
    """What the project wants is 65 % of all of them together."""
    parts = [scored[title] for title in NATURAL]
    right = sum(part["questions"] * part["exact_match"] / 100 for part in parts)
    assert round(right) >= 0.65 * sum(part["questions"] for part in parts)


def test_onnx_runtime_gives_the_same_answers_to_every_question(asked, pytorch, onnx):
    _, examples, features, _ = asked
    found = agreement(onnx, pytorch, examples, features)
    assert found.same_answers == 1
    assert found.windows == len(features)
    assert found.max_abs_diff < 1e-3
    assert found.exact_match == exact_match(asked, pytorch, *GENERATED, *NATURAL)


def test_it_is_a_small_float32_bert_in_memory(asked):
    model = asked[0].model
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert model.config.model_type == "bert"
    assert model.config.max_position_embeddings >= 128
    assert all(np.isfinite(p.detach().numpy()).all() for p in model.parameters())


def test_the_folder_is_small_and_holds_no_pickle():
    files = [path for path in EMBEDDED.rglob("*") if path.is_file()]
    assert {"config.json", "model.safetensors", "README.md"} <= {path.name for path in files}
    assert sum(path.stat().st_size for path in files) <= 3.5e6
    assert [path.name for path in files if path.suffix in (".bin", ".pt", ".pth", ".pkl")] == []
    with safe_open(EMBEDDED / "model.safetensors", "pt") as weights:
        assert "qa_outputs.weight" in weights.keys()  # noqa: SIM118 (it is no dictionary)


def test_its_card_says_what_it_is():
    card = (EMBEDDED / "README.md").read_text(encoding="utf-8")
    assert "a stand-in, not a SQuAD-quality model" in " ".join(card.split())
    assert "| questions | number | exact match | F1 |" in card


def test_the_figures_of_its_card_are_what_it_reaches(scored):
    card = (EMBEDDED / "README.md").read_text(encoding="utf-8")
    row = re.compile(r"^\| ([\w-]+) \| (\d+) \| ([\d.]+) \| ([\d.]+) \|$", re.MULTILINE)
    told = {title: tuple(map(float, figures)) for title, *figures in row.findall(card)}
    assert set(told) == set(scored) == {*GENERATED, *NATURAL}
    for title, part in scored.items():
        figures = (part["questions"], part["exact_match"], part["f1"])
        assert told[title] == pytest.approx(figures, abs=0.05 + 1e-9), title


def test_the_file_of_questions_is_squad_v1_1():
    root = json.loads(SQUAD_MINI.read_text(encoding="utf-8"))
    assert root["version"] == "1.1"
    for article in root["data"]:
        for paragraph in article["paragraphs"]:
            for qa in paragraph["qas"]:
                for answer in qa["answers"]:
                    start, text = answer["answer_start"], answer["text"]
                    assert paragraph["context"][start : start + len(text)] == text
