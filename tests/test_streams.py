"""What a cell printed is stored as a terminal would show it, however long its lines are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbclient.client import _RGX_CARRIAGERETURN
from nbformat.v4 import output_from_msg

from helpers.streams import as_shown, merged


@given(st.text(alphabet="ab\r\n", max_size=30))
def test_it_is_what_nbclient_makes_of_it(text):
    assert as_shown(text) == _RGX_CARRIAGERETURN.sub("", text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("10%\r50%\rdone\n", "done\n"),
        ("a\r\nb", "a\r\nb"),
        ("", ""),
    ],
)
def test_what_was_overwritten_goes(text, shown):
    assert as_shown(text) == shown


@pytest.mark.parametrize("end", ["", "\n", "\r", "\r\r."])
def test_a_line_of_a_million_letters_is_no_work(end):
    line = "x" * 1_000_000
    assert as_shown(line + end)[:10] in ("x" * 10, ".")


def stream(name, text):
    message = {"header": {"msg_type": "stream"}, "content": {"name": name, "text": text}}
    return output_from_msg(message)


def result(text):
    content = {"data": {"text/plain": text}, "metadata": {}, "execution_count": 1}
    return output_from_msg({"header": {"msg_type": "execute_result"}, "content": content})


def test_pieces_of_a_stream_become_one_and_standard_output_goes_first():
    given = [stream("stderr", "w\r"), stream("stdout", "a"), result("7"), stream("stderr", "v\n")]
    given.append(stream("stdout", "b\n"))
    told = [(one.output_type, one.get("text")) for one in merged(given)]
    assert told == [("stream", "ab\n"), ("stream", "v\n"), ("execute_result", None)]


def test_an_output_between_keeps_the_streams_apart():
    given = [stream("stderr", "w"), result("7"), stream("stdout", "a")]
    assert [one.get("name") for one in merged(given)] == ["stderr", None, "stdout"]
