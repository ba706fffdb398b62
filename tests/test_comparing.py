"""The rule by which outputs in the browser are held against the stored ones."""

import pytest
from comparing import comparable


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def shown(**data):
    kinds = {name.replace("_", "/"): text for name, text in data.items()}
    return {"output_type": "display_data", "metadata": {}, "data": kinds}


STORED = [stream("a\nb\n"), shown(text_plain="x", text_html="<b>x</b>"), stream("c\n", "stderr")]


def test_pieces_of_a_stream_and_lists_of_lines_are_one_text():
    pieces = [stream("a\n"), shown(text_plain=["x"], text_html=["<b>", "x</b>"])]
    pieces += [stream("c\n", "stderr"), stream(["b\n"])]
    assert comparable(pieces) == comparable(STORED)


@pytest.mark.parametrize(
    "outputs",
    [
        [],
        STORED[:2],
        [*STORED, stream("more\n")],
        [*STORED, shown(text_plain="y")],
        [stream("a\nB\n"), *STORED[1:]],
        [STORED[0], shown(text_plain="x"), STORED[2]],
        [STORED[0], shown(text_plain="y", text_html="<b>x</b>"), STORED[2]],
        [stream("a\nb\n", "stderr"), STORED[1], stream("c\n")],
    ],
)
def test_a_difference_is_seen(outputs):
    assert comparable(outputs) != comparable(STORED)


def test_the_order_of_the_same_kind_counts():
    one, two = shown(text_plain="1"), shown(text_plain="2")
    assert comparable([one, two]) != comparable([two, one])


def test_pictures_and_the_numbers_of_widgets_are_not_compared():
    kinds = {"image/png": "one", "application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
    live = {"output_type": "display_data", "metadata": {}, "data": {"text/plain": "x", **kinds}}
    assert comparable([live]) == comparable([shown(text_plain="x")])


def test_a_live_frame_stands_for_its_stored_line():
    frame = shown(text_plain="<IFrame at 0x7f>", text_html='<iframe src="..."></iframe>')
    stored = [stream("told\nIn JupyterLab, Netron shows model.onnx here.\n")]
    assert comparable([stream("told\n"), frame]) == comparable(stored)
    assert comparable([stream("else\n"), frame]) != comparable(stored)
    told = "told\nNetron draws for 180 days after its release, this one is 200 days old\n"
    assert comparable([stream(told), frame]) == comparable(stored)


def test_the_answers_of_a_live_form_are_compared():
    stored = [stream("In JupyterLab a form stands here.\n"), shown(text_plain="five")]
    assert comparable([shown(text_plain="five")]) == comparable(stored)
    assert comparable([shown(text_plain="six")]) != comparable(stored)
