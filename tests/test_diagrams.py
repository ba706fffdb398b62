"""Drawings say what they are meant to say, in a picture that holds all of it, and in words."""

from itertools import combinations

import matplotlib.colors
import pytest
from IPython.core.formatters import DisplayFormatter
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from helpers.diagrams import PARTS, Diagram, pipeline
from helpers.display import WIDTH
from helpers.errors import InputError

NOTES = {part: "chapters\n01, 02" if part == "representation" else "03, 04" for part in PARTS}


@pytest.fixture(scope="module")
def drawn():
    figure = pipeline(notes=NOTES)
    figure.draw_without_rendering()
    return figure


def extents(artists):
    return [artist.get_window_extent() for artist in artists]


def test_three_boxes_from_left_to_right_with_an_arrow_between_each_two(drawn):
    patches = drawn.axes[0].patches
    boxes = extents(p for p in patches if isinstance(p, FancyBboxPatch))
    arrows = extents(p for p in patches if isinstance(p, FancyArrowPatch))
    assert (len(boxes), len(arrows)) == (3, 2)
    for i, arrow in enumerate(arrows):
        assert boxes[i].x1 <= arrow.x0 < arrow.x1 <= boxes[i + 1].x0


def test_the_parts_are_named_in_the_order_of_the_road(drawn):
    texts = drawn.axes[0].texts
    middle = {text.get_text(): text.get_position()[0] for text in texts}
    road = ["Framework", "export", "Intermediate\nrepresentation", "load", "Inference engine"]
    assert [middle[name] for name in road] == sorted(middle[name] for name in road)
    assert middle["training"] == middle["Framework"]
    assert middle["deployment"] == middle["Inference engine"]


def test_every_text_is_inside_the_picture_and_none_covers_another(drawn):
    window = drawn.get_window_extent()
    boxes = extents(text for text in drawn.axes[0].texts if text.get_text())
    assert len(boxes) == 3 * 4 + 2 + len(PARTS)
    for box in boxes:
        assert window.x0 <= box.x0 < box.x1 <= window.x1
        assert window.y0 <= box.y0 < box.y1 <= window.y1
    assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]


def test_no_text_crosses_the_edge_of_a_box(drawn):
    edges = extents(p for p in drawn.axes[0].patches if isinstance(p, FancyBboxPatch))
    for text in extents(text for text in drawn.axes[0].texts if text.get_text()):
        for edge in edges:
            inside = edge.x0 < text.x0 and text.x1 < edge.x1 and edge.y0 < text.y0 < edge.y1
            assert inside or not edge.overlaps(text)


def test_notes_stand_under_their_parts():
    axes = pipeline(notes={"engine": "chapter 05"}).axes[0]
    at = {text.get_text(): text.get_position() for text in axes.texts}
    assert at["chapter 05"][0] == at["Inference engine"][0]
    others = [y for name, (_, y) in at.items() if name not in ("", "chapter 05")]
    assert at["chapter 05"][1] < min(others)


def test_a_note_for_no_part_is_named_with_the_parts_there_are():
    with pytest.raises(InputError, match=r"^notes for 'runtime': no such part; use framework, exp"):
        pipeline(notes={"runtime": "chapter 05"})


def test_the_picture_travels_with_its_words(drawn):
    data, metadata = DisplayFormatter().format(drawn)
    assert data["image/png"].startswith(b"\x89PNG")
    assert data["text/plain"] == f"<Diagram size {WIDTH * 100:.0f}x300 with 1 Axes>"
    words = metadata["image/png"]["alt"]
    for said in ("Framework", "Intermediate representation", "Inference engine", "ONNX Runtime"):
        assert said in words
    assert words.index("export") < words.index("load")
    assert words.endswith("representation: chapters 01, 02; load: 03, 04; engine: 03, 04.")
    assert "Underneath" not in pipeline().alt


def test_a_drawing_has_the_courses_width_and_a_white_ground():
    figure = Diagram(2.0, alt="nothing")
    assert figure.get_size_inches().tolist() == [WIDTH, 2.0]
    assert matplotlib.colors.to_hex(figure.get_facecolor()) == "#ffffff"
    assert figure.axes_in_inches.get_ylim() == (0.0, 2.0)
