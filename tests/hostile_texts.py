"""Hostile SQuAD files, model folders, records, and texts on their way to a page."""

import json
from pathlib import Path

import numpy as np
import onnx
from builders import copy_folder, squad_root, write
from hostile import Case

from helpers.checkpoints import check_folder
from helpers.display import ladder_chart, roofline_chart, save_chart, sweep_chart
from helpers.marking import Asked, Reply, problem
from helpers.models import EMBEDDED, load
from helpers.recorded import recorded
from helpers.squad import Span, answers, featurize, read_squad
from helpers.varint import encode_varint
from helpers.wire import decode

__all__ = ["CASES"]

MARKUP = "<img src=x onerror=alert(1)> $\\href{x}{y}$"


def many_numbers(folder):
    data = b"\x3a" + encode_varint(10_000_000) + b"\x01" * 10_000_000
    return len(decode(data, onnx.TensorProto.DESCRIPTOR))


def squad(content, tell=len):
    return lambda folder: tell(read_squad(write(folder / "squad.json", content)))


def titled(title):
    root = squad_root()
    root["data"][0]["title"] = title
    return root


def windows(questions):
    """How many windows questions on one long passage make."""

    def attempt(folder: Path):
        context = "Ada Vane " + "a " * 49_995
        example = read_squad(write(folder / "squad.json", squad_root(context=context)))[0]
        return len(featurize([example] * questions, load("embedded").tokenizer))

    return attempt


def answered(words):
    """The letters of an answer in a passage that is one word without an end."""

    def attempt(folder: Path):
        context = "Ada Vane " + words * (99_000 // len(words))
        examples = read_squad(write(folder / "squad.json", squad_root(context=context)))
        features = featurize(examples, load("embedded").tokenizer)
        logits = np.random.default_rng(0).standard_normal((2, *features.input_ids.shape))
        return sum(map(len, answers(examples, features, *logits).values()))

    return attempt


def deep_title(levels):
    return json.dumps(titled("HERE")).replace('"HERE"', "[" * levels + "]" * levels)


def config(**changes):
    """A copy of the shipped BERT whose config is changed."""

    def attempt(folder: Path):
        copy = copy_folder(EMBEDDED, folder / "bert")
        settings = json.loads((copy / "config.json").read_text(encoding="utf-8"))
        write(copy / "config.json", {**settings, **changes})
        return load(str(copy)).name

    return attempt


def pickled(folder):
    copy = copy_folder(EMBEDDED, folder / "bert", without=("*.safetensors",))
    write(
        copy / "pytorch_model.bin",
        b"cos\nsystem\n(S'touch " + str(folder.parent / "ran").encode() + b"'\ntR.",
    )
    return load(str(copy)).name


def record(content, name="some"):
    def attempt(folder):
        (folder / "records").mkdir()
        write(folder / "records" / "some.json", content)
        write(folder / "other.json", {"rungs": []})
        return type(recorded(name, folder / "records")).__name__

    return attempt


def chart_of_names(folder):
    found = json.loads(json.dumps(recorded("h200-bert-large-random")))
    for rung in found["rungs"]:
        rung["name"] = "$\\a{$ " + rung["name"]
    for draw in (ladder_chart, roofline_chart, sweep_chart):
        save_chart(draw(found), folder / "chart.png")
    return "charts"


def page(folder):
    span = Span(MARKUP, 0, len(MARKUP), 1.0)
    html = Asked(MARKUP, MARKUP, {MARKUP: Reply(span, 1.0, 1)}).as_html(times=True)
    return "<img" not in html and "$\\" not in html


LONG = squad_root(context="a" * 99_999 + "b", answer="a" * 50_000 + "b", start=5)

CASES = [
    Case(
        "ten million numbers behind one length",
        "decoder",
        "refused: more than 1,000,000 fields .* decode a part",
        many_numbers,
    ),
    Case(
        "two million empty messages",
        "decoder",
        "refused: more than 1,000,000 fields .* decode a part",
        lambda folder: len(decode(b"\x3a\x00" * 2_000_000, onnx.ModelProto.DESCRIPTOR)),
        slow=True,
    ),
    Case(
        "100,000 lists inside one another",
        "SQuAD",
        "refused: squad.json: not JSON",
        squad("[" * 100_000),
    ),
    Case(
        "a title of 900 lists inside one another",
        "SQuAD",
        "refused: squad.json: .*'title'",
        squad(deep_title(900)),
    ),
    Case(
        "a title that is a table",
        "SQuAD",
        "refused: squad.json: .*'title'",
        squad(titled({"a": [1]})),
    ),
    Case(
        "a number of 5,000 digits",
        "SQuAD",
        "refused: squad.json: not JSON",
        squad('{"data": ' + "9" * 5_000 + "}"),
    ),
    Case(
        "bytes that are no text",
        "SQuAD",
        "refused: squad.json: cannot be read",
        squad(b"\xff\xfe\x00\x81"),
    ),
    Case(
        "half a letter",
        "SQuAD",
        "refused: squad.json: .*half a letter",
        squad(squad_root(question="Who is \ud83d?")),
    ),
    Case(
        "a whole letter of two surrogates",
        "SQuAD",
        "read: 1$",
        squad(json.dumps(squad_root(question="Who is \U0001f642?"))),
    ),
    Case(
        "a text that runs from right to left",
        "SQuAD",
        "read: 8$",
        squad(
            squad_root(context="\u05e9\u05dc\u05d5\u05dd \u202e Ada", answer="da", start=8),
            lambda found: found[0].answer_starts[0],
        ),
    ),
    Case(
        "an answer of 50,001 letters, at a wrong place",
        "SQuAD",
        "read: 49999$",
        squad(LONG, lambda found: found[0].answer_starts[0]),
    ),
    Case(
        "a passage of 100,001 letters",
        "SQuAD",
        "refused: squad.json: 'context' of data.0..paragraphs.0. has 100,001 letters",
        squad(squad_root(context="Ada Vane" + "a" * 99_993)),
    ),
    Case(
        "10,000 answers, each at a wrong place",
        "SQuAD",
        "refused: squad.json: question 'q1' has 10,000 answers, more than 100",
        squad(squad_root(answers=[{"text": "Ada", "answer_start": 5}] * 10_000)),
    ),
    Case(
        "a hundred questions on 100,000 letters",
        "windows",
        "read: 42100$",
        windows(100),
        slow=True,
    ),
    Case(
        "1,000 questions on 100,000 letters",
        "windows",
        "refused: 1000 questions have more than 50,000,000 tokens in windows of 128",
        windows(1000),
    ),
    *(
        Case(
            f"a passage of 99,000 letters: {words * 3}...",
            "answers",
            "read: [1-9]",
            answered(words),
        )
        for words in ("a'", "a.", "ab", "a\u0301", "1,")
    ),
    Case(
        "an answer of 100,000 letters that is not there",
        "SQuAD",
        "refused: squad.json: the answer",
        squad(squad_root(answer="x" * 100_000)),
    ),
    Case(
        "an id of 100,000 letters, twice",
        "SQuAD",
        "refused: squad.json: .*twice",
        squad({"data": squad_root(id="i" * 100_000)["data"] * 2}),
    ),
    Case(
        "a start of 10**4000",
        "SQuAD",
        "read: 0$",
        squad(squad_root(start=10**4000), lambda found: found[0].answer_starts[0]),
    ),
    Case("a list for the file", "SQuAD", "refused: squad.json: .*'data'", squad([])),
    Case(
        "null for a question",
        "SQuAD",
        "refused: squad.json: .*'question'",
        squad(squad_root(question=None)),
    ),
    Case("pickled weights that run a command", "model folders", "refused: .*no weights", pickled),
    Case(
        "a config 100,000 levels deep",
        "model folders",
        "refused: .*not JSON",
        lambda folder: check_folder("m", write(folder / "config.json", '{"a":' * 100_000).parent),
    ),
    Case(
        "a config of a billion layers",
        "model folders",
        "refused: .*num_hidden_layers is 1,000,000,000, 200 at most",
        config(num_hidden_layers=10**9),
    ),
    Case(
        "a config of 10**15 words", "model folders", "refused: .*weights", config(vocab_size=10**15)
    ),
    Case(
        "a config of 10**4000 words",
        "model folders",
        "refused: .*more weights",
        config(vocab_size=10**4000),
    ),
    Case(
        "a config of a billion labels",
        "model folders",
        "refused: .*its num_labels is 1000000000, not 2",
        config(num_labels=10**9),
    ),
    Case(
        "a config of -1 layers",
        "model folders",
        "refused: .*num_hidden_layers",
        config(num_hidden_layers=-1),
    ),
    Case(
        "a config whose size is a text",
        "model folders",
        "refused: .*hidden_size",
        config(hidden_size="96; rm"),
    ),
    Case(
        "a config that names code",
        "model folders",
        "read: ",
        config(auto_map={"AutoConfig": "code.Thing"}),
    ),
    Case("a record that is no JSON", "records", "refused: .*some.json: not JSON", record("{")),
    Case(
        "a record 100,000 levels deep",
        "records",
        "refused: .*some.json: not JSON",
        record("[" * 100_000),
    ),
    Case(
        "a record 500 levels deep",
        "records",
        "refused: .*some.json: no record, a list or object 20 levels deep",
        record('{"rungs": ' + "[" * 500 + "]" * 500 + "}"),
    ),
    Case(
        "a record of objects 500 levels deep",
        "records",
        "refused: .*some.json: no record, a list or object 20 levels deep",
        record('{"a":' * 500 + "1" + "}" * 500),
    ),
    Case(
        "a record of 60,000 wrong rungs",
        "records",
        "refused: .*some.json: no record, it has 60,000 rungs",
        record({"rungs": [{}] * 60_000}),
    ),
    Case("a record that is a list", "records", "refused: .*some.json: no record", record([])),
    Case("a record whose names are half formulas", "records", "read: charts", chart_of_names),
    Case(
        "a record without rungs",
        "records",
        "refused: .*some.json: no record",
        record({"schema": 2}),
    ),
    Case(
        "a record's name that climbs out",
        "records",
        "refused: .*no such record",
        record({}, "../other"),
    ),
    Case("markup in passage, question, answer and engine", "pages", "read: True", page),
    Case(
        "markup in an error",
        "pages",
        "read: True",
        lambda folder: "<img" not in problem(ValueError(MARKUP)),
    ),
]
