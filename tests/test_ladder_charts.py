"""The ladder's charts draw what the record says, and nothing covers anything else."""

import io
import itertools

import matplotlib.colors
import numpy as np
import pytest
from ladder_records import bare_record, cpu_ladder, gpu_ladder, rung, sweep_entries
from matplotlib.text import Text
from PIL import Image

from helpers.display import (
    COLOURS,
    WIDTH,
    accuracy_chart,
    headline,
    ladder_chart,
    roofline_chart,
    save_chart,
    sweep_chart,
)
from helpers.display.entries import short
from helpers.display.placing import spread_out, wide
from helpers.errors import InputError

SKIPPED = [
    {"slug": "openvino-bf16", "name": "OpenVINO bf16", "reason": "no bf16 instructions " * 9},
    {"slug": "torch-compiled", "name": "PyTorch compiled", "reason": "no C++ compiler"},
]
SWEEP = sweep_entries({"torch-sdpa": 716.0, "ort-fused": 571.0})


def equal_points():
    """A trained record whose rungs share one time and one F1."""
    return cpu_ladder(rungs=[rung(f"s{i}", f"PyTorch {i}", "PyTorch", "fp32", 50.0, 90.0)
                             for i in range(3)], trained=True)  # fmt: skip


CHARTS = {
    "ladder, CPU": lambda: ladder_chart(cpu_ladder()),
    "ladder, some not run": lambda: ladder_chart(cpu_ladder(skipped=SKIPPED)),
    "ladder, GPU": lambda: ladder_chart(gpu_ladder()),
    "ladder, at the limit": lambda: ladder_chart(
        cpu_ladder(
            rungs=[
                rung("a", "PyTorch", "PyTorch", "fp32", 335.0, limit_ms=334.0),
                rung("b", "OpenVINO", "OpenVINO", "int8", 320.0, limit_ms=333.0),
            ]
        )
    ),
    "accuracy, CPU": lambda: accuracy_chart(cpu_ladder(trained=True)),
    "accuracy, GPU": lambda: accuracy_chart(gpu_ladder(trained=True)),
    "accuracy, equal": lambda: accuracy_chart(equal_points()),
    "roofline, CPU": lambda: roofline_chart(cpu_ladder()),
    "roofline, GPU": lambda: roofline_chart(gpu_ladder()),
    "sweep": lambda: sweep_chart(cpu_ladder(sweep=SWEEP)),
}


def texts_of(chart):
    """[(text, box in pixels)] of everything written in a chart, without the lines to its points."""
    chart.draw_without_rendering()
    unseen = set()
    for axis in [axis for axes in chart.axes for axis in (axes.xaxis, axes.yaxis)]:
        low, high = sorted(axis.get_view_interval())
        ticks = [*axis.majorTicks, *axis.minorTicks]
        unseen |= {tick.label1 for tick in ticks if not low <= tick.get_loc() <= high}
    written = [t for t in chart.findobj(Text) if t.get_visible() and t.get_text().strip()]
    return [(t.get_text(), Text.get_window_extent(t)) for t in written if t not in unseen]


def notes_of(chart):
    """The small text above the legend."""
    return chart.legends[0].get_title().get_text()


@pytest.mark.parametrize("name", CHARTS)
def test_no_text_covers_another_or_leaves_the_picture(name):
    chart = CHARTS[name]()
    boxes = texts_of(chart)
    assert len(boxes) > 8
    for (one, box), (two, other) in itertools.combinations(boxes, 2):
        width = min(box.x1, other.x1) - max(box.x0, other.x0)
        height = min(box.y1, other.y1) - max(box.y0, other.y0)
        assert min(width, height) <= 1, f"{one!r} and {two!r}"
    for text, box in boxes:
        assert box.x0 >= -1 and box.x1 <= chart.bbox.x1 + 1, text
        assert box.y0 >= -1 and box.y1 <= chart.bbox.y1 + 1, text


@pytest.mark.parametrize("name", CHARTS)
def test_each_chart_has_the_one_width_a_white_ground_and_words_for_those_who_do_not_see_it(name):
    chart = CHARTS[name]()
    assert chart.get_size_inches()[0] == WIDTH
    assert matplotlib.colors.to_hex(chart.get_facecolor()) == "#ffffff"
    assert chart.alt.startswith(("Latency", "Roofline", "Throughput"))
    assert chart.alt.endswith(".") and "None" not in chart.alt and "\n" not in chart.alt


def test_a_notebook_shows_a_chart_with_its_words():
    chart = sweep_chart(cpu_ladder(sweep=SWEEP))
    png, metadata = chart._repr_png_()
    assert Image.open(io.BytesIO(png)).size[0] == WIDTH * 110
    assert metadata == {"alt": chart.alt}


def test_a_saved_chart_holds_its_words(tmp_path):
    chart = ladder_chart(cpu_ladder())
    path = save_chart(chart, tmp_path / "ladder.png")
    assert Image.open(path).text["Description"] == chart.alt
    assert "OpenVINO int8 with a median of 135 ms, 5.44 times as fast" in chart.alt
    assert "62% of the int8 limit" in chart.alt


def test_the_ladder_has_a_bar_a_rung_as_long_as_its_median_in_its_engines_colour():
    record = cpu_ladder()
    axes = ladder_chart(record).axes[0]
    assert [bar.get_width() for bar in axes.patches] == [
        one["latency_ms"]["p50"] for one in record["rungs"]
    ]
    colours = [matplotlib.colors.to_hex(bar.get_facecolor()).upper() for bar in axes.patches]
    assert colours == [COLOURS[one["engine"]].upper() for one in record["rungs"]]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels[0] == "PyTorch eager\nfp32"
    assert labels[-1] == "OpenVINO int8"  # its name tells
    assert axes.yaxis_inverted()
    assert "in ms" in axes.get_xlabel()


def lines_of(axes, row):
    """The x data of the lines drawn on a row of a ladder, in order."""
    near = [
        line for line in axes.lines
        if len(line.get_ydata()) and np.mean(line.get_ydata()) == row
        and line.get_transform() == axes.transData
    ]  # fmt: skip
    return [list(map(float, line.get_xdata())) for line in near]


def test_a_row_shows_p99_p90_and_the_limit_of_its_own_precision():
    record = cpu_ladder()
    axes = ladder_chart(record).axes[0]
    for row, one in enumerate(record["rungs"]):
        times, least = one["latency_ms"], record["limit"]["limit_ms"][one["precision"]]
        assert lines_of(axes, row) == [
            [times["p50"], times["p99"]], [times["p90"]], [least, least]
        ]  # fmt: skip


def test_each_limit_in_use_is_one_dashed_line_with_its_label():
    axes = ladder_chart(cpu_ladder()).axes[0]
    across = [
        line for line in axes.lines
        if list(line.get_ydata()) == [0, 1] and line.get_linestyle() == "--"
    ]  # fmt: skip
    least = cpu_ladder()["limit"]["limit_ms"]
    assert sorted(line.get_xdata()[0] for line in across) == sorted(
        least[name] for name in ("int8", "bf16", "fp32")
    )
    labels = {text.get_text() for text in axes.texts}
    assert {"int8 limit 83.4 ms", "bf16 limit 167 ms", "fp32 limit 334 ms"} <= labels


def test_the_ladder_tells_times_faster_and_the_share_of_the_limit_beside_the_bars():
    texts = [text.get_text() for text in ladder_chart(cpu_ladder()).axes[0].texts]
    assert {"times\nfaster", "of the\nlimit", "135 ms", "5.44", "62%"} <= set(texts)
    without = [text.get_text() for text in ladder_chart(bare_record()).axes[0].texts]
    assert "times\nfaster" in without
    assert "of the\nlimit" not in without


def test_the_ladder_of_a_gpu_is_logarithmic_and_marks_the_time_on_the_device():
    record = gpu_ladder()
    axes = ladder_chart(record).axes[0]
    assert axes.get_xscale() == "log"
    assert "logarithmic" in axes.get_xlabel()
    diamonds = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "D"]
    assert diamonds == [one["device_ms"]["p50"] for one in record["rungs"]]
    assert ladder_chart(cpu_ladder()).axes[0].get_xscale() == "linear"


def test_on_a_logarithmic_axis_a_dot_stands_for_the_bar():
    record = gpu_ladder()
    axes = ladder_chart(record).axes[0]
    assert len(axes.patches) == 0
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert [dot.get_xdata()[0] for dot in dots] == [
        one["latency_ms"]["p50"] for one in record["rungs"]
    ]
    colours = [matplotlib.colors.to_hex(dot.get_color()).upper() for dot in dots]
    assert colours == [COLOURS[one["engine"]].upper() for one in record["rungs"]]


@pytest.mark.parametrize(("runs", "end"), [(100, "p99"), (99, "p90")])
def test_p99_is_drawn_where_there_are_runs_enough_for_it(runs, end):
    record = cpu_ladder()
    for one in record["rungs"]:
        one["latency_ms"]["samples"] = one["latency_ms"]["samples"][:runs]
    chart = ladder_chart(record)
    times = record["rungs"][0]["latency_ms"]
    assert lines_of(chart.axes[0], 0)[0] == [times["p50"], times[end]]
    labels = [text.get_text() for text in chart.legends[0].get_texts()]
    assert ("p90, to p99" in labels, "p90" in labels) == (end == "p99", end == "p90")
    assert chart.axes[0].get_xlabel().endswith(f"p50 of {runs} runs")


def test_the_interval_of_times_faster_stands_below_it_but_not_for_the_first_rung():
    record = cpu_ladder()
    record["rungs"][0]["times_faster"] = {"median": 1.0, "low": 1.0, "high": 1.0}
    record["rungs"][1]["times_faster"] = {"median": 1.2, "low": 1.15, "high": 1.25}
    texts = [text.get_text() for text in ladder_chart(record).axes[0].texts]
    assert texts.count("1.15 to 1.25") == 1
    assert "1.00 to 1.00" not in texts


def test_the_ladder_lists_what_was_not_run():
    chart = ladder_chart(cpu_ladder(skipped=SKIPPED))
    told = notes_of(chart).split()
    assert " ".join(told).startswith("not run: OpenVINO bf16: no bf16 instructions")
    assert " ".join(told).endswith("not run: PyTorch compiled: no C++ compiler")
    assert chart.alt.endswith("2 rungs were not run.")
    assert notes_of(ladder_chart(cpu_ladder())) == ""


def test_the_ladder_draws_a_record_without_limits():
    record = cpu_ladder(limit=None)
    for one in record["rungs"]:
        one.update(limit_ms=None, share_of_limit=None)
    axes = ladder_chart(record).axes[0]
    assert len(axes.patches) == 12
    assert not [text for text in axes.texts if "limit" in text.get_text()]


def test_accuracy_has_a_point_a_rung_and_a_label_with_both_figures():
    record = cpu_ladder(trained=True)
    axes = accuracy_chart(record).axes[0]
    points = {
        (line.get_xdata()[0], line.get_ydata()[0])
        for line in axes.lines
        if line.get_marker() == "o"
    }
    assert points == {(one["latency_ms"]["p50"], one["f1"]) for one in record["rungs"]}
    assert "OpenVINO int8: 135 ms, F1 92.60" in [text.get_text() for text in axes.texts]
    assert "in ms" in axes.get_xlabel() and "percent" in axes.get_ylabel()


def test_the_roofline_has_the_slope_the_roofs_in_use_and_a_point_a_rung():
    record = cpu_ladder()
    axes = roofline_chart(record).axes[0]
    slope, *roofs = [line for line in axes.lines if line.get_marker() == "None"]
    assert np.divide(slope.get_ydata(), slope.get_xdata()) == pytest.approx(24.0)
    assert sorted(line.get_ydata()[0] for line in roofs) == [236.0, 473.0, 946.0]
    for line in roofs:
        assert line.get_xdata()[0] == pytest.approx(line.get_ydata()[0] / 24.0)  # from the slope on
    points = [line for line in axes.lines if line.get_marker() == "o"]
    assert points[0].get_xdata()[0] == pytest.approx(78.9e9 / 1.21e9)
    assert points[0].get_ydata()[0] == pytest.approx(78.9 / 0.734)
    assert len(points) == 12
    assert axes.get_xscale() == axes.get_yscale() == "log"


def test_the_roofline_takes_the_time_on_the_device_and_reads_tf32_weights_as_fp32():
    points = [
        line for line in roofline_chart(gpu_ladder()).axes[0].lines if line.get_marker() == "o"
    ]
    assert points[1].get_ydata()[0] == pytest.approx(78.9e3 / (0.94 * 9.71))
    assert points[1].get_xdata()[0] == points[0].get_xdata()[0]


def test_the_sweep_has_a_row_a_rung_and_a_line_a_length():
    chart = sweep_chart(cpu_ladder(sweep=SWEEP))
    assert len(chart.axes) == 4
    left, right = chart.axes[:2]
    for axes, field in ((left, "windows_per_s"), (right, "p50_ms")):
        assert [line.get_label() for line in axes.lines] == [
            "32 tokens", "64 tokens", "128 tokens", "384 tokens"
        ]  # fmt: skip
        expected = [e[field] for e in SWEEP if (e["slug"], e["length"]) == ("torch-sdpa", 128)]
        assert list(axes.lines[2].get_ydata()) == expected
        assert list(axes.lines[2].get_xdata()) == [1, 2, 4, 8, 16]
    assert left.get_title(loc="left") == "PyTorch sdpa"
    assert left.get_ylabel() == "windows/s" and "ms" in right.get_ylabel()
    assert "not measured (batch x tokens): ONNX Runtime fused: 16 x 384" in notes_of(chart)
    assert "busy" not in str(notes_of(chart))


def test_the_sweep_names_the_points_that_were_measured_on_a_busy_machine():
    shares = iter([0.4, 0.5, 1.0])
    marked = [entry | {"busy": next(shares, None)} for entry in SWEEP]
    first, second, third = SWEEP[:3]
    assert len({first["slug"], second["slug"], third["slug"]}) == 1
    points = f"{second['batch']} x {second['length']}, {third['batch']} x {third['length']}"
    told = f"measured on a busy machine (batch x tokens): PyTorch sdpa: {points}"
    assert told in notes_of(sweep_chart(cpu_ladder(sweep=marked)))


@pytest.mark.parametrize(
    ("draw", "changes", "told"),
    [
        (ladder_chart, {"rungs": []}, "no measured rung"),
        (accuracy_chart, {}, "no F1"),
        (accuracy_chart, {"rungs": []}, "no measured rung"),
        (roofline_chart, {"limit": None}, "no `limit`"),
        (sweep_chart, {"sweep": None}, "no `sweep`"),
        (sweep_chart, {"sweep": []}, "no `sweep`"),
    ],
)
def test_a_record_that_lacks_what_is_drawn_is_refused_in_one_line(draw, changes, told):
    with pytest.raises(InputError, match=told) as raised:
        draw(cpu_ladder(**changes))
    assert "bert-large-random" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_roofline_names_a_rung_whose_bytes_are_not_known():
    record = cpu_ladder()
    record["rungs"][3]["precision"] = "fp8"
    with pytest.raises(InputError, match=r"PyTorch compiled: .* no weight_bytes for fp8"):
        roofline_chart(record)


def test_rungs_with_times_and_scores_alone_can_be_drawn_too():
    record = bare_record()
    for draw in (ladder_chart, accuracy_chart):
        assert headline(record) in draw(record).get_suptitle()
    with pytest.raises(InputError, match="no `limit`"):
        roofline_chart(record)


def test_a_sweep_tells_no_shape_of_its_own_in_the_headline_and_draws_what_there_is():
    few = [entry for entry in SWEEP if entry["slug"] != "torch-sdpa" or entry["length"] == 32]
    chart = sweep_chart(cpu_ladder(sweep=few))
    assert chart.get_suptitle() == "bert-large-random, random weights: 2 threads, AMD EPYC 9V74"
    assert [line.get_label() for line in chart.axes[0].lines] == ["32 tokens"]
    assert len(chart.axes[2].lines) == 4


def test_places_move_apart_as_little_as_they_may():
    assert spread_out([0.1, 0.5, 0.9], 0.2) == pytest.approx([0.1, 0.5, 0.9])
    assert spread_out([0.5, 0.5], 0.2) == pytest.approx([0.4, 0.6])
    assert spread_out([0.9, 0.1, 0.1], 0.1) == pytest.approx([0.9, 0.05, 0.15])
    assert spread_out([0.0, 0.0, 1.0, 1.0], 0.1) == pytest.approx([0.0, 0.1, 0.9, 1.0])
    assert spread_out([0.5] * 5, 0.5) == pytest.approx([0.0, 0.5, 1.0, 1.5, 2.0])  # no room
    assert spread_out([], 0.1) == []


def test_numbers_have_three_digits_that_count():
    numbers = {716.4: "716", 89.14: "89.1", 4.056: "4.06", 0.1342: "0.134", 86532.0: "86,532"}
    assert {value: short(value) for value in numbers} == numbers
    assert short(0.0) == "0.00"


def test_only_a_wide_range_asks_for_a_logarithmic_axis():
    assert wide([1.0, 31.0])
    assert not wide([1.0, 29.0])
