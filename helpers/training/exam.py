"""The exam: questions that training never saw, as one file in SQuAD v1.1 format."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from helpers.artifacts import artifact
from helpers.files import put_in_place, sha256

from .data import clean_passages
from .form_files import read_forms
from .forms import Forms
from .passages import Passage, find_answer

__all__ = ["NATURAL", "sized_file", "write_exam", "write_sized"]

_HERE = Path(__file__).parent

NATURAL = _HERE / "natural_prose.yaml"
"""Hand-written prose, for scoring alone: training never reads it."""


def write_exam(
    forms: Forms,
    path: Path,
    *,
    seed: int,
    seen: int = 200,
    unseen: int = 200,
    others: int = 100,
    natural: Path = NATURAL,
) -> None:
    """Write the exam.

    Its articles: `generated-held-out` (from the core of the forms, with names that training never
    saw), `generated-unseen-wording` (question wordings that it never saw either),
    `generated-other-forms` (held-out names again, from the forms outside the core, which training
    saw less), `natural-development` and `natural-test` (hand-written prose that no form made).

    Args:
        forms: The text forms.
        path: Where to write.
        seed: Fixes the generated part.
        seen: Least number of questions in seen wordings.
        unseen: Least number of questions in unseen wordings.
        others: Least number of questions from other forms.
        natural: The hand-written prose.
    """
    passages = clean_passages(forms.core, seed, seen + unseen)
    rare = clean_passages(forms.others, seed + 1, others)
    data = [
        _generated("generated-held-out", passages, False, seen),
        _generated("generated-unseen-wording", passages[::-1], True, unseen),
        _generated("generated-other-forms", rare, False, others),
    ]
    content = yaml.safe_load(natural.read_text(encoding="utf-8"))
    data += [_natural(f"natural-{part}", content[part]) for part in ("development", "test")]
    text = json.dumps({"version": "1.1", "data": data}, ensure_ascii=False, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8")


def write_sized(path: Path, *, questions: int = 10_570, seed: int = 10_570) -> None:
    """Write as many questions as SQuAD's development file has, with names that training never saw.

    Args:
        path: Where to write.
        questions: How many, at least; the last passage may bring up to three more.
        seed: Fixes all of it.
    """
    passages = clean_passages(read_forms(), seed, questions)
    data = [_generated("generated-sized", passages, False, questions)]
    text = json.dumps({"version": "1.1", "data": data}, ensure_ascii=False, separators=(",", ":"))
    with put_in_place(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def sized_file(folder: Path) -> Path:
    """The file that `write_sized` writes: made once, and again where it was altered.

    Args:
        folder: Where it stands.
    """

    def make(path: Path) -> None:
        print("making a file of SQuAD's size, once")
        write_sized(path)

    sources = [*_HERE.glob("*.py"), *_HERE.rglob("*.yaml")]
    made_from = {str(path.relative_to(_HERE)): sha256(path) for path in sorted(sources)}
    return artifact(folder, "squad-sized", made_from, make, suffix=".json")


def _generated(title: str, passages: list[Passage], unseen: bool, least: int) -> dict:
    """Take questions until there are enough."""
    paragraphs: list[dict] = []
    count = 0
    for passage in passages:
        if count >= least:
            break
        qas = []
        for question in passage.questions:
            if question.unseen_wording == unseen and len(qas) < 4:
                texts = list(dict.fromkeys((passage.text[a:b], a) for a, b in question.spans[:3]))
                answers = [{"text": text, "answer_start": start} for text, start in texts]
                qas.append(
                    {
                        "id": f"{title}-{count + len(qas)}",
                        "question": question.text,
                        "answers": answers,
                    }
                )
        count += len(qas)
        if qas:
            paragraphs.append({"context": passage.text, "qas": qas})
    return {"title": title, "paragraphs": paragraphs}


def _natural(title: str, entries: list[dict]) -> dict:
    paragraphs = []
    for place, entry in enumerate(entries):
        context = " ".join(entry["context"].split())
        qas = []
        for number, pair in enumerate(entry["questions"]):
            answers = [
                {"text": text, "answer_start": _start(context, text, title)}
                for text in map(str, pair["answers"])
            ]
            qas.append(
                {
                    "id": f"{title}-{place}-{number}",
                    "question": pair["question"],
                    "answers": answers,
                }
            )
        paragraphs.append({"context": context, "qas": qas})
    return {"title": title, "paragraphs": paragraphs}


def _start(context: str, answer: str, title: str) -> int:
    spans = [span for span in find_answer(context, answer) if context[slice(*span)] == answer]
    start = spans[0][0] if spans else context.find(answer)
    if start < 0:
        raise ValueError(
            f"{title}: the answer {answer!r} is not in the passage {context[:60]!r}; correct either"
        )
    return start
