"""The form is driven here as its page would drive it; its HTML shows every text as text."""

import re
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from builders import example

from helpers.asking import Reply
from helpers.errors import InputError
from helpers.form import Form, ask, sample_questions
from helpers.marking import Asked, percent, problem
from helpers.squad import Span

PASSAGE = "Ada Vane keeps the weir & the <script>alert(1)</script> mill for $5 or $6."
NASTY = [
    "<script>alert(1)</script>",
    "a & b &lt; c",
    '" onmouseover="alert(1)',
    "' </b></mark></blockquote>",
    "$x$ and \\(y\\)",
    "<!-- -->",
    "北京 מגדל 🚀",
    "two\nlines",
]


class Page(HTMLParser):
    """What a browser would make of it: tags, their attributes, all text, and the marked text."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.texts, self.marked, self.open = [], [], [], []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)
        if tag == "mark":
            self.marked.append("")
        if tag == "blockquote":
            self.texts.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "blockquote" in self.open:
            self.texts[-1] += data
        if "mark" in self.open:
            self.marked[-1] += data


def reply(passage, text, *, score=0.876, ms=1.234, windows=1):
    start = passage.index(text)
    return Reply(Span(text, start, start + len(text), score), ms, windows)


def pointing_at(place):
    """An engine that always finds the passage's token number `place`."""

    def run(inputs):
        logits = np.zeros(inputs["input_ids"].shape, np.float32)
        logits[0, int(np.argmax(inputs["token_type_ids"][0])) + place] = 9
        return logits, logits

    return run


@pytest.fixture
def form(tiny_tokenizer):
    engines = {"first": pointing_at(0), "also first": pointing_at(0), "second": pointing_at(1)}
    samples = [example("boats belong to clerks", "Whose?"), example("careful accents", "How?")]
    text = "boats clerks are careful"
    return ask(engines, tiny_tokenizer, text, "Who?", examples=samples, live=True)


def test_the_form_has_named_fields_and_the_first_answer_in_it(form):
    assert isinstance(form, Form)
    assert [w.description for w in (form.choose, form.passage, form.question, form.button)] == [
        "Example",
        "Passage",
        "Question",
        "Ask",
    ]
    assert form.passage.value == "boats clerks are careful"
    page = Page(form.result.value)
    assert page.marked == ["boats", "clerks"]  # the first two engines share a passage
    assert page.texts == ["boats clerks are careful"] * 2
    assert len(re.findall(r"\d+\.\d ms", form.result.value)) == 3


def test_the_button_asks_what_stands_in_the_fields(form):
    form.passage.value, form.question.value = "accents & <b>boats</b>", "What?"
    form.button.click()
    page = Page(form.result.value)
    assert page.texts[0] == "accents & <b>boats</b>"
    assert page.marked[0] == "accents"
    assert form.asked.question == "What?"
    assert not form.button.disabled
    assert form.button.description == "Ask"


def test_the_button_is_off_while_engines_run(tiny_tokenizer):
    seen = []

    def watching(inputs):
        seen.append(forms[0].button.disabled if forms else None)
        return pointing_at(0)(inputs)

    forms = []
    forms.append(ask({"it": watching}, tiny_tokenizer, "boats", "Who?", examples=[], live=True))
    seen.clear()
    forms[0].button.click()
    assert seen
    assert all(seen)


def test_enter_in_the_question_asks(form):
    form.question.value = "Which?"
    form.question._msg_callbacks(form.question, {"event": "submit"}, [])
    assert form.asked.question == "Which?"
    form.question.value = "Where?"
    form.question._msg_callbacks(form.question, {"event": "other"}, [])
    assert form.asked.question == "Which?"


def test_an_example_fills_the_fields_and_waits_for_the_button(form):
    assert [label for label, _ in form.choose.options] == ["your own", "Whose?", "How?"]
    assert form.choose.label == "your own"
    form.choose.value = 1
    assert (form.passage.value, form.question.value) == ("careful accents", "How?")
    assert form.asked.question == "Who?"
    form.choose.label = "your own"
    assert form.passage.value == "careful accents"


@pytest.mark.parametrize(
    ("passage", "question", "words"),
    [("", "Who?", "the passage is empty"), ("boats", " ", "the question is empty")],
)
def test_bad_input_is_told_in_the_form_and_the_next_question_works(form, passage, question, words):
    form.passage.value, form.question.value = passage, question
    form.button.click()
    assert words in form.result.value
    assert 'role="alert"' in form.result.value
    assert not form.button.disabled
    form.passage.value, form.question.value = "boats belong", "Who?"
    form.button.click()
    assert Page(form.result.value).marked == ["boats", "belong"]


def test_an_engine_that_fails_later_is_told_in_the_form(tiny_tokenizer):
    calls = []

    def tired(inputs):
        calls.append(1)
        if len(calls) > 2:
            raise RuntimeError("<b>out of memory</b>")
        return pointing_at(0)(inputs)

    shown = ask({"it": tired}, tiny_tokenizer, "boats", "Who?", examples=[], live=True)
    shown.button.click()
    assert "&lt;b&gt;out of memory&lt;/b&gt;" in shown.result.value
    assert "<b>out" not in shown.result.value


def test_the_notebook_stores_the_answers_beside_the_form(form):
    bundle = form._repr_mimebundle_()
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == form._box.model_id
    assert Page(bundle["text/html"]).marked == ["boats", "clerks"]
    assert "[[boats]] clerks are careful" in bundle["text/plain"]
    for kind in ("text/html", "text/plain"):
        assert " ms" not in bundle[kind]


@pytest.mark.parametrize("server", [True, False])
def test_a_form_stands_only_where_jupyter_s_server_runs(
    monkeypatch, capsys, tiny_tokenizer, server
):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    if server:
        monkeypatch.setenv("JPY_SESSION_NAME", "chapter.ipynb")
    shown = ask({"it": pointing_at(0)}, tiny_tokenizer, "boats", "Who?", examples=[])
    assert type(shown) is (Form if server else Asked)
    told = capsys.readouterr().out
    assert told == "" if server else "In JupyterLab a form stands here" in told


def test_without_ipywidgets_the_answers_stand_alone(monkeypatch, capsys, tiny_tokenizer):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    shown = ask({"it": pointing_at(0)}, tiny_tokenizer, "boats belong", "Who?", live=True)
    assert type(shown) is Asked
    assert "ipywidgets is not installed" in capsys.readouterr().out
    assert "[[boats]] belong" in repr(shown)
    assert "one pass over 1 window" in repr(shown)  # the times are told, as in the form
    assert Page(shown._repr_html_()).marked == ["boats"]


def test_a_first_question_that_cannot_be_asked_is_refused(tiny_tokenizer):
    with pytest.raises(InputError, match="the passage is empty"):
        ask({"it": pointing_at(0)}, tiny_tokenizer, "", "Who?", live=True)


@pytest.mark.parametrize("nasty", NASTY)
@pytest.mark.parametrize("times", [True, False])
def test_every_text_is_shown_as_text(nasty, times):
    passage = f"before {nasty} after"
    asked = Asked(passage, nasty, {nasty: reply(passage, nasty), "other": reply(passage, "after")})
    source = asked.as_html(times=times)
    page = Page(source)
    assert page.open == []
    assert page.texts == [passage, passage]
    assert page.marked == [nasty, "after"]
    known = {"div", "p", "b", "table", "thead", "tbody", "tr", "th", "td", "blockquote", "mark"}
    assert {tag for tag, _ in page.tags} <= known | {"span"}
    names = {name for _, attributes in page.tags for name in attributes}
    assert names <= {"style", "class", "dir", "scope"}
    for sign in "$\\":
        assert source.count(sign) == source.count(f"<span>{sign}</span>")


def test_an_error_is_shown_as_text():
    source = problem(InputError("passage='<script>$x$</script>': not so"))
    assert "<script>" not in source
    assert "$x$" not in source


def test_the_text_has_a_line_an_engine_and_the_answer_in_brackets():
    replies = {"PyTorch": reply(PASSAGE, "Ada Vane"), "int8": reply(PASSAGE, "Ada Vane", score=0.5)}
    lines = repr(Asked(PASSAGE, "Who keeps the weir?", replies)).splitlines()
    assert lines == [
        "Who keeps the weir?",
        "",
        "PyTorch   Ada Vane   88%",
        "int8      Ada Vane   50%",
        "",
        "[[Ada Vane]] keeps the weir & the <script>alert(1)</script> mill for $5 or $6.",
    ]


def test_times_are_shown_when_asked_for_with_how_many_windows_they_are_for():
    asked = Asked(PASSAGE, "Who?", {"it": reply(PASSAGE, "Ada", windows=3)})
    assert "1.2 ms" in asked.as_text(times=True)
    assert "one pass over 3 windows" in asked.as_text(times=True)
    assert " ms" not in asked.as_text()


def test_engines_that_differ_have_a_passage_each_and_no_answer_is_said():
    replies = {
        "a": reply(PASSAGE, "Ada"),
        "b": reply(PASSAGE, "weir"),
        "c": reply(PASSAGE, "Ada"),
        "d": Reply(None, 1.0, 1),
    }
    asked = Asked(PASSAGE, "Who?", replies)
    page = Page(asked.as_html())
    assert page.marked == ["Ada", "weir"]
    assert page.texts == [PASSAGE] * 3
    text = asked.as_text()
    assert "\na, c:\n[[Ada]] Vane" in text
    assert "\nb:\nAda Vane keeps the [[weir]]" in text
    assert "d   no answer" in text


@pytest.mark.parametrize(
    ("score", "shown"),
    [
        (0, "0%"),
        (0.004, "<1%"),
        (0.01, "1%"),
        (0.594, "59%"),
        (0.99, "99%"),
        (0.9951, ">99%"),
        (1, "100%"),
    ],
)
def test_scores_are_percents_that_do_not_overstate(score, shown):
    assert percent(score) == shown


def test_the_samples_are_one_question_a_passage_of_the_project_s_own():
    samples = sample_questions()
    assert len({one.context for one in samples}) == len(samples) == 24
    assert {one.title for one in samples} == {"natural-development"}
