"""Colours can be told apart by readers who lack one kind of cones, too."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from helpers.display.charts import COLOURS
from helpers.operator_kinds import PALETTE

# Machado, Oliveira, Fernandes: "A physiologically-based model for simulation of color vision
# deficiency", IEEE TVCG 15 (6), 2009: the matrices of severity 1, for linear RGB.
SEEN = {
    "all cones": np.eye(3),
    "no red cones": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green cones": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no blue cones": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
# IEC 61966-2-1 (sRGB): linear RGB to XYZ; its white is that of D65.
XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)  # fmt: skip


def lab(colour, eye):
    """CIELAB of a colour as an eye sees it."""
    given = np.array(to_rgb(colour))
    linear = np.where(given <= 0.04045, given / 12.92, ((given + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(SEEN[eye]) @ linear, 0, 1)
    ratios = XYZ @ seen / XYZ.sum(axis=1)
    dark = ratios / (3 * (6 / 29) ** 2) + 4 / 29
    x, y, z = np.where(ratios > (6 / 29) ** 3, np.cbrt(ratios), dark)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def nearest(colours, eye):
    places = [lab(colour, eye) for colour in colours]
    return min(np.linalg.norm(one - other) for n, one in enumerate(places) for other in places[:n])


def test_the_measure_knows_black_from_white_and_what_an_eye_cannot_tell_apart():
    assert nearest(["#000000", "#FFFFFF"], "all cones") == pytest.approx(100, abs=0.1)
    assert nearest(["#FF0000", "#008000"], "all cones") > 100
    assert nearest(["#AC6E55", "#808055"], "no red cones") < 13  # a brown and an olive


@pytest.mark.parametrize("eye", SEEN)
def test_kinds_of_operators_and_engines_are_apart(eye):
    faces, edges = zip(*PALETTE.values(), strict=True)
    assert nearest(faces, eye) > 18
    assert nearest(edges, eye) > 29
    assert nearest(COLOURS.values(), eye) > 16


def test_the_words_in_a_box_can_be_read():
    for face, _ in PALETTE.values():
        assert lab(face, "all cones")[0] - lab("#1A1A1A", "all cones")[0] > 60
