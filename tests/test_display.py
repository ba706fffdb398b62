"""Charts and tables show the numbers they are given."""

import matplotlib.colors
import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter

from helpers.display import COLOURS, WIDTH, latency_chart, samples_chart, save_chart, table


def rung(name, engine, p50, *, p90=None, p99=None, score=91.25, samples=100):
    times = {"p50": p50, "p90": p90 or 2 * p50, "p99": p99 or 3 * p50, "samples": [p50] * samples}
    return {
        "name": name,
        "engine": engine,
        "precision": "fp32",
        "provider": "CPUExecutionProvider" if engine == "ONNX Runtime" else "cpu",
        "first_run_ms": 45.67,
        "latency_ms": times,
        "times_faster": {"median": 1.5, "low": 1.25, "high": 1.75},
        "exact_match": score,
        "f1": None if score is None else score + 1,
        "same_answers": None if score is None else 0.995,
        "max_abs_diff": 1.23e-5,
        "mean_abs_diff": 4.56e-7,
    }


RUNGS = [rung("PyTorch eager", "PyTorch", 8.0), rung("as exported", "ONNX Runtime", 4.0)]


def test_a_bar_a_rung_as_long_as_its_median_in_its_engines_colour():
    axes = latency_chart(RUNGS, title="tiny, 2 cores").axes[0]
    assert [bar.get_width() for bar in axes.patches] == [8.0, 4.0]
    colours = [matplotlib.colors.to_hex(bar.get_facecolor()).upper() for bar in axes.patches]
    assert colours == [COLOURS["PyTorch"].upper(), COLOURS["ONNX Runtime"].upper()]
    assert axes.get_title(loc="left") == "tiny, 2 cores"
    assert "in ms" in axes.get_xlabel()


def test_lines_reach_from_p50_to_p99_with_a_tick_at_p90():
    lines = latency_chart(RUNGS, title="t").axes[0].lines
    ends = [
        sorted(
            line.get_xdata().tolist() if hasattr(line.get_xdata(), "tolist") else line.get_xdata()
        )
        for line in lines
    ]
    assert ends == [[8.0, 24.0], [16.0], [4.0, 12.0], [8.0]]


def test_names_and_figures_stand_beside_their_bars_from_top_to_bottom():
    axes = latency_chart(RUNGS, title="t").axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == [
        "PyTorch eager\nfp32, cpu",
        "as exported\nfp32, CPUExecutionProvider",
    ]
    assert [text.get_text() for text in axes.texts] == ["p50 8.00 ms", "p50 4.00 ms"]
    assert axes.yaxis_inverted()


def test_reference_figures_are_hollow_bars_below():
    axes = latency_chart(RUNGS, title="t", reference={"A10, PyTorch": 12.33}).axes[0]
    bar = axes.patches[-1]
    assert bar.get_width() == 12.33
    assert not bar.get_fill()
    assert [label.get_text() for label in axes.get_yticklabels()][-1] == "A10, PyTorch"
    assert axes.texts[-1].get_text() == "12.33 ms"


def test_every_sample_is_a_point_and_every_mean_a_line():
    samples = {"PyTorch": [3.0, 5.0, 4.0], "ONNX Runtime": [1.0, 2.0, 3.0]}
    axes = samples_chart(samples, title="t").axes[0]
    points = [line for line in axes.lines if line.get_marker() == "."]
    assert [list(line.get_ydata()) for line in points] == list(samples.values())
    means = [line.get_ydata()[0] for line in axes.lines if line.get_marker() != "."]
    assert means == [4.0, 2.0]
    labels = [line.get_label() for line in axes.lines]
    assert "PyTorch, mean 4.00 ms" in labels
    assert axes.get_ylim()[0] == 0
    assert "in ms" in axes.get_ylabel()


def test_runs_that_took_many_times_as_long_are_triangles_at_the_end_of_the_axis():
    samples = {"PyTorch": [4.0] * 198 + [193.0, 5.0], "ONNX Runtime": [2.0] * 200}
    chart = samples_chart(samples, title="t")
    axes = chart.axes[0]
    edge = axes.get_ylim()[1]
    assert edge == pytest.approx(1.5 * np.percentile(samples["PyTorch"], 99))
    (triangles,) = [line for line in axes.lines if line.get_marker() == "^"]
    assert list(triangles.get_xdata()) == [198]
    assert list(triangles.get_ydata()) == [edge]
    assert "PyTorch, 1 above the axis, up to 193 ms" in chart.alt
    assert "ONNX Runtime, 1" not in chart.alt


def test_no_mean_lies_beyond_the_axis():
    mean = np.mean(samples := [1.0] * 199 + [10_000.0])
    assert samples_chart({"PyTorch": samples}, title="t").axes[0].get_ylim()[1] > mean


def test_all_charts_have_one_width_and_a_white_ground(tmp_path):
    charts = [latency_chart(RUNGS, title="t"), samples_chart({"PyTorch": [1.0]}, title="t")]
    for chart in charts:
        assert chart.get_size_inches()[0] == WIDTH
        assert matplotlib.colors.to_hex(chart.get_facecolor()) == "#ffffff"
    path = save_chart(charts[0], tmp_path / "new" / "chart.png")
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG")
    assert int.from_bytes(data[16:20], "big") == WIDTH * 150  # pixels across
    assert [p.name for p in path.parent.iterdir()] == ["chart.png"]


def test_charts_say_in_words_what_they_show():
    chart = latency_chart(RUNGS, title="tiny, 2 cores", reference={"article": 9.0})
    assert chart.alt == (
        "Bars. tiny, 2 cores. PyTorch eager fp32, cpu: p50 8.00 ms; as exported fp32, "
        "CPUExecutionProvider: p50 4.00 ms; article: 9.00 ms."
    )
    points = samples_chart({"PyTorch": [3.0, 5.0]}, title="tiny")
    assert points.alt == "Points, run by run. tiny. PyTorch; PyTorch, mean 4.00 ms."
    for one in (chart, points):
        assert DisplayFormatter().format(one)[1] == {"image/png": {"alt": one.alt}}


def blocks(rungs):
    """The two blocks of the table, how fast and how right, as lists of lines."""
    return [block.splitlines() for block in table(rungs).split("\n\n")]


def test_the_table_has_two_blocks_with_a_header_and_a_line_a_rung():
    speed, right = blocks(RUNGS)
    assert speed[0].split() == [
        "precision", "provider", "first", "p50", "p90", "p99", "times", "faster"
    ]  # fmt: skip
    assert right[0].split()[:2] == ["EM", "F1"]
    assert speed[2].split() == [
        "as", "exported", "fp32", "CPUExecutionProvider", "45.7", "4.00", "8.00", "12.00",
        "1.50", "[1.25,", "1.75]",
    ]  # fmt: skip
    figures = ["91.25", "92.25", "99.5%", "1.2e-05", "4.6e-07"]
    assert right[2].split() == ["as", "exported", *figures]
    assert len(speed) == len(right) == 3


def test_the_tables_columns_are_aligned():
    for head, *lines in blocks([*RUNGS, rung("a rather longer name", "PyTorch", 1234.5)]):
        assert len({len(line) for line in [head, *lines]}) == 1
        for column in {"p50", "p99", "EM"} & set(head.split()):
            end = head.index(column) + len(column)
            assert all(line[end - 1].isdigit() for line in lines)


@pytest.mark.parametrize("column", ["EM", "F1", "same answers"])
def test_the_table_shows_a_dash_where_there_is_no_score(column):
    _, (head, line) = blocks([rung("PyTorch eager", "PyTorch", 8.0, score=None)])
    assert line[head.index(column) + len(column) - 1] == "-"
    assert "None" not in line


def test_numbers_stand_in_black_behind_the_end_of_their_line_and_inside_the_chart():
    rungs = [rung("PyTorch eager", "PyTorch", 1000.0), rung("as exported", "ONNX Runtime", 0.01)]
    chart = latency_chart(rungs, title="t", reference={"A10": 2.0})
    axes = chart.axes[0]
    chart.draw_without_rendering()
    right = chart.get_window_extent().x1
    assert [text.xy[0] for text in axes.texts] == [3000.0, 0.03, 2.0]
    for text in axes.texts:
        box = text.get_window_extent()
        assert text.get_color() == "black"
        assert box.x0 > axes.transData.transform(text.xy)[0]
        assert box.x1 <= right


@pytest.mark.parametrize(("samples", "told"), [(99, "-"), (100, "24.00")])
def test_the_table_shows_no_p99_of_fewer_than_100_samples(samples, told):
    (head, line), _ = blocks([rung("PyTorch eager", "PyTorch", 8.0, samples=samples)])
    assert line[: head.index("p99") + 3].split()[-1] == told
