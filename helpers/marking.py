"""Answers of several engines, marked in the passage: as HTML, and as plain text.

Engines with the same answer share one passage; where they differ, each has its own. A mark is
bold, and black on yellow, so that it needs no colour and reads on light and dark pages.
"""

import html
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from helpers.asking import Reply
from helpers.squad import Span

__all__ = ["Asked", "percent", "problem"]

_PAGE = '<div class="tex2jax_ignore mathjax_ignore" style="line-height:1.5">{}</div>'
_MARK = '<mark style="background:#F0E442;color:#000;padding:0 .15em"><b>{}</b></mark>'
_PASSAGE = (
    '<blockquote dir="auto" style="white-space:pre-wrap;overflow-wrap:anywhere;margin:.5em 0;'
    'border-left:.2em solid #888;padding-left:.8em">{}</blockquote>'
)
_CELL = 'style="text-align:left;padding:.1em 1.2em .1em 0;overflow-wrap:anywhere"'
_NOTHING = "no answer"


@dataclass(frozen=True)
class Asked:
    """A question, and what the engines answered.

    Times differ from run to run, and what a notebook stores should not, so none are shown unless
    they are asked for.

    Attributes:
        passage: what the answers stand in.
        question: what was asked.
        replies: {engine: its reply}; at least one.
        timed: whether a notebook shows the milliseconds too.
    """

    passage: str
    question: str
    replies: Mapping[str, Reply]
    timed: bool = False

    def __repr__(self) -> str:
        return self.as_text(times=self.timed)

    def _repr_html_(self) -> str:
        return self.as_html(times=self.timed)

    def as_html(self, *, times: bool = False) -> str:
        """A table with a row an engine, and under it the passage with the answers marked.

        Every text is escaped, and signs that would begin a formula are kept from doing so.

        Args:
            times: whether the milliseconds of each pass are shown.
        """
        heads = ["engine", "answer", "score", *(["time"] if times else [])]
        rows = [[_escaped(cell) for cell in row] for row in self._rows(times)]
        cells = "".join(
            "<tr>" + "".join(f"<td {_CELL}>{cell}</td>" for cell in row) + "</tr>" for row in rows
        )
        head = "".join(f'<th scope="col" {_CELL}>{name}</th>' for name in heads)
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{cells}</tbody></table>"
        parts = [f'<p dir="auto"><b>{_escaped(self.question)}</b></p>', table]
        if times:
            parts.append(f"<p>{self._pass()}</p>")
        for who, span in self._different():
            parts.append(f"<p>{_escaped(who)}:</p>" if who else "")
            parts.append(_PASSAGE.format(_marked(self.passage, span)))
        return _PAGE.format("".join(parts))

    def as_text(self, *, times: bool = False) -> str:
        """The same in plain text, 90 characters wide, the answer between [[ and ]].

        Args:
            times: whether the milliseconds of each pass are shown.
        """
        rows = [[" ".join(cell.split()) for cell in row] for row in self._rows(times)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [self.question, ""]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            lines.append("   ".join(cells).rstrip())
        if times:
            lines.append(self._pass())
        for who, span in self._different():
            lines += ["", f"{who}:"] if who else [""]
            lines.append(textwrap.fill(_bracketed(self.passage, span), 90))
        return "\n".join(lines)

    def _rows(self, times: bool) -> list[list[str]]:
        return [
            [
                name,
                reply.span.text if reply.span else _NOTHING,
                percent(reply.span.score) if reply.span else "",
                *([f"{reply.ms:.1f} ms"] if times else []),
            ]
            for name, reply in self.replies.items()
        ]

    def _pass(self) -> str:
        windows = max(reply.windows for reply in self.replies.values())
        counted = "1 window" if windows == 1 else f"{windows} windows"
        return f"Time: one pass over {counted}, which is no benchmark."

    def _different(self) -> list[tuple[str, Span | None]]:
        """(whose answer it is, span) for each place that is answered; one alone needs no name."""
        places: dict[tuple[int, int] | None, list[str]] = {}
        spans: dict[tuple[int, int] | None, Span | None] = {}
        for name, reply in self.replies.items():
            place = (reply.span.start, reply.span.end) if reply.span else None
            places.setdefault(place, []).append(name)
            spans[place] = reply.span
        alone = len(places) == 1
        return [("" if alone else ", ".join(who), spans[at]) for at, who in places.items()]


def percent(score: float) -> str:
    """A score of 0 to 1 as people read it: `<1%`, whole percents, `>99%`; never a false 100%."""
    if 0.99 < score < 1:
        return ">99%"
    return "<1%" if 0 < score < 0.01 else f"{score:.0%}"


def problem(error: Exception) -> str:
    """An error's line as HTML, for the place where answers would stand."""
    return f'<p role="alert" style="overflow-wrap:anywhere"><b>{_escaped(str(error))}</b></p>'


def _escaped(text: str) -> str:
    return re.sub(r"[$\\]", r"<span>\g<0></span>", html.escape(text))


def _marked(passage: str, span: Span | None) -> str:
    if span is None:
        return _escaped(passage)
    mark = _MARK.format(_escaped(passage[span.start : span.end]))
    return _escaped(passage[: span.start]) + mark + _escaped(passage[span.end :])


def _bracketed(passage: str, span: Span | None) -> str:
    if span is None:
        return passage
    mark = f"[[{passage[span.start : span.end]}]]"
    return passage[: span.start] + mark + passage[span.end :]
