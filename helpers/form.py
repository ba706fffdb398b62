"""A form that asks several engines a question; where nobody can use it, the answer stands alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from transformers import PreTrainedTokenizerBase

from helpers.asking import Engine, ask_engines
from helpers.environment import in_jupyter
from helpers.errors import InputError
from helpers.marking import Asked, problem
from helpers.settings import SQUAD_MINI
from helpers.squad import Example, read_squad

__all__ = ["Form", "ask", "sample_questions"]

_VIEW = "application/vnd.jupyter.widget-view+json"
_LABEL = {"description_width": "5.5rem"}
_LETTERS = 70  # of a question in the list of examples
_OWN = -1  # chosen in that list where no example is; for None it would show nothing


def ask(
    engines: Mapping[str, Engine],
    tokenizer: PreTrainedTokenizerBase,
    passage: str,
    question: str,
    *,
    examples: Sequence[Example] | None = None,
    live: bool | None = None,
    max_seq_length: int = 128,
    doc_stride: int = 64,
) -> "Form | Asked":
    """Asks one question; in Jupyter also shows a form to ask more. The last line of a cell.

    Args:
        engines: {name: a rung, or a function from arrays to logits}; see `ask_engines`.
        tokenizer: the tokenizer of the model that they all run.
        passage: the first passage.
        question: the first question.
        examples: what can be chosen from; `sample_questions()` by default.
        live: whether a form is shown; by default where Jupyter's server runs the notebook.
        max_seq_length: tokens of a window.
        doc_stride: tokens by which windows advance at most.

    Returns:
        A form; or, where there is nobody to use it, the answers alone; or, where ipywidgets is
        missing or no form was asked for, the answers with their times.

    Raises:
        InputError: the first question cannot be asked; see `ask_engines`.
    """

    def answer(passage: str, question: str) -> Asked:
        settings = {"max_seq_length": max_seq_length, "doc_stride": doc_stride}
        return Asked(
            passage, question, ask_engines(engines, tokenizer, passage, question, **settings)
        )

    first = answer(passage, question)
    if live is None and not in_jupyter():
        print("In JupyterLab a form stands here, for passages and questions of your own.")
        return first
    if live is False:
        return replace(first, timed=True)
    try:
        return Form(answer, first, sample_questions() if examples is None else examples)
    except ImportError:
        print("ipywidgets is not installed, so there is no form; `make setup` installs it.")
        return replace(first, timed=True)


def sample_questions() -> list[Example]:
    """One question on each of the hand-written passages that the project ships for development."""
    first: dict[str, Example] = {}
    for example in read_squad(SQUAD_MINI):
        if example.title == "natural-development":
            first.setdefault(example.context, example)
    return list(first.values())


class Form:
    """A passage, a question, a button, and the answers under them.

    Tab goes from field to field. Enter in the question, or the button, asks. What cannot be asked
    is told where the answers stand.

    Attributes:
        choose: the list of examples; choosing one fills the fields.
        passage: the field of the passage.
        question: the field of the question.
        button: asks.
        result: the answers, with the times of this run; or what is wrong.
        asked: the last question that was answered.
    """

    def __init__(
        self, answer: Callable[[str, str], Asked], first: Asked, examples: Sequence[Example]
    ) -> None:
        """Makes the form, with the first answers already in it.

        Args:
            answer: (passage, question) -> what the engines answer.
            first: what stands in the form at first.
            examples: what can be chosen.

        Raises:
            ImportError: ipywidgets is not installed.
        """
        import ipywidgets as widgets

        self._answer, self.asked, self._examples = answer, first, list(examples)
        wide = widgets.Layout(width="auto")
        named = [("your own", _OWN)]
        named += [(_short(one.question), number) for number, one in enumerate(self._examples)]
        self.choose = widgets.Dropdown(
            options=named, description="Example", layout=wide, style=_LABEL
        )
        self.passage = widgets.Textarea(
            first.passage, description="Passage", rows=7, layout=wide, style=_LABEL
        )
        self.question = widgets.Text(
            first.question, description="Question", layout=wide, style=_LABEL
        )
        self.button = widgets.Button(description="Ask", tooltip="ask every engine")
        self.result = widgets.HTML(first.as_html(times=True))
        self._box = widgets.VBox(
            [self.choose, self.passage, self.question, self.button, self.result], layout=wide
        )
        self.choose.observe(self._chosen, "value")
        self.button.on_click(lambda _: self.ask())
        self.question.on_msg(self._entered)

    def ask(self) -> None:
        """Asks what stands in the fields, and shows the answers, or in one line what is wrong."""
        self.button.disabled, self.button.description = True, "asking ..."
        try:
            self.asked = self._answer(self.passage.value, self.question.value)
            self.result.value = self.asked.as_html(times=True)
        except InputError as error:
            self.result.value = problem(error)
        finally:
            self.button.disabled, self.button.description = False, "Ask"

    def __repr__(self) -> str:
        return repr(self.asked)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """The form; and the answers for pages on which it is dead, such as GitHub's."""
        view = self._box._repr_mimebundle_()[_VIEW]
        return {"text/plain": repr(self), "text/html": self.asked.as_html(), _VIEW: view}

    def _chosen(self, change: Mapping[str, Any]) -> None:
        if change["new"] != _OWN:
            example = self._examples[change["new"]]
            self.passage.value, self.question.value = example.context, example.question

    def _entered(self, _: object, content: Mapping[str, Any], __: object) -> None:
        if content.get("event") == "submit":
            self.ask()


def _short(question: str) -> str:
    return question if len(question) <= _LETTERS else question[: _LETTERS - 1] + "…"
