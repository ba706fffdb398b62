"""The picture of a profile: what is drawn is what was given."""

import pytest
from matplotlib.colors import to_rgba

from helpers.display.profile import profile_chart
from helpers.errors import InputError
from helpers.operator_kinds import PALETTE, kind_of

BEFORE = {"MatMul": (36, 2.0), "Add": (49, 0.5), "Softmax": (5, 0.25), "Cast": (1, 0.05)}
AFTER = {"Attention": (5, 0.75), "MatMul": (16, 1.25)}


def chart(profiles, **more):
    return profile_chart(profiles, title="one model", products={"MatMul", "Attention"}, **more)


def bars(axes):
    """{operator: (width, colour)} of one panel."""
    names = [label.get_text() for label in axes.get_yticklabels()]
    return {
        name: (bar.get_width(), bar.get_facecolor())
        for name, bar in zip(names, axes.patches, strict=True)
    }


def test_each_file_is_a_panel_with_its_operators_from_the_slowest_down():
    figure = chart({"as exported": BEFORE, "fused": AFTER})
    first, second = figure.axes
    assert list(bars(first)) == ["MatMul", "Add", "Softmax", "Cast"]
    assert list(bars(second)) == ["MatMul", "Attention"]
    assert {name: width for name, (width, _) in bars(first).items()} == {
        name: time for name, (_, time) in BEFORE.items()
    }
    assert first.get_title(loc="left") == "as exported: 91 kernels, 2.80 ms, 71% in products"
    assert second.get_title(loc="left") == "fused: 21 kernels, 2.00 ms, 100% in products"
    assert first.get_xlim() == second.get_xlim() == (0, 2.5)
    assert [text.get_text() for text in second.texts] == ["1.25 ms in 16", "0.750 ms in 5"]


def test_products_have_a_colour_of_their_own():
    (axes,) = chart({"fused": {**AFTER, "Softmax": (5, 0.1)}}).axes
    colours = {name: colour for name, (_, colour) in bars(axes).items()}
    assert colours["MatMul"] == colours["Attention"] != colours["Softmax"]
    assert colours["MatMul"] == to_rgba(PALETTE[kind_of("MatMul")][0])  # as in pictures of graphs


def test_operators_that_multiply_and_do_more_are_told_apart():
    figure = profile_chart(
        {"as exported": BEFORE, "fused": AFTER},
        title="one model",
        products={"MatMul"},
        mixed={"Attention"},
    )
    first, second = figure.axes
    colours = {name: colour for name, (_, colour) in bars(second).items()}
    assert len({colours["Attention"], colours["MatMul"], bars(first)["Add"][1]}) == 3
    assert first.get_title(loc="left") == "as exported: 91 kernels, 2.80 ms, 71% in products"
    assert second.get_title(loc="left") == (
        "fused: 21 kernels, 2.00 ms, 62% in products, 38% in mixed kernels"
    )
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["multiplies matrices", "mixed: multiplies, and does more", "all else"]
    (plain,) = chart({"fused": AFTER}).legends
    assert [text.get_text() for text in plain.get_texts()] == ["multiplies matrices", "all else"]


def test_what_is_beyond_the_most_is_one_bar():
    (axes,) = chart({"as exported": BEFORE}, most=2).axes
    assert list(bars(axes)) == ["MatMul", "Add", "2 others"]
    assert bars(axes)["2 others"][0] == pytest.approx(0.3)
    assert axes.texts[-1].get_text() == "0.300 ms in 6"


def test_time_between_operators_is_a_bar_without_a_count():
    (axes,) = chart({"fused": {**AFTER, "between": (0, 0.1)}}).axes
    assert axes.texts[-1].get_text() == "0.100 ms"
    assert axes.get_title(loc="left") == "fused: 21 kernels, 2.10 ms, 95% in products"


def test_the_chart_is_told_in_words():
    assert chart({"as exported": BEFORE, "fused": AFTER}).alt == (
        "Time of one inference by operator: as exported 2.80 ms in 91 kernels, most of it in "
        "MatMul; fused 2.00 ms in 21 kernels, most of it in MatMul."
    )


def test_an_empty_profile_is_refused():
    with pytest.raises(InputError, match="fused: its profile holds no operator; profile at least"):
        chart({"fused": {}})
