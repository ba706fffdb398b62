"""A file in a cell: its picture always, Netron where somebody looks."""

import numpy as np
import onnx
import pytest
from faults_engines import one_node
from onnx import helper

from helpers import showing, viewer
from helpers.errors import InputError
from helpers.pictures import Picture
from helpers.showing import show


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, in its order."""
    for sign in ("JPY_SESSION_NAME", "JUPYTERHUB_SERVICE_PREFIX", "SSH_CONNECTION"):
        monkeypatch.delenv(sign, raising=False)
    things = []
    monkeypatch.setattr(showing, "display", things.append)
    return things


@pytest.fixture
def path(tmp_path):
    onnx.save(one_node(), tmp_path / "one.onnx")
    return tmp_path / "one.onnx"


def test_where_nobody_looks_it_is_a_picture_and_a_line(path, shown, capsys):
    with show(path) as served:
        assert served.url
    (picture,) = shown
    assert type(picture) is Picture
    assert "one.onnx" in [text.get_text() for text in picture.findobj(text_of)]
    assert capsys.readouterr().out == "In JupyterLab, Netron shows one.onnx here.\n"


def text_of(artist):
    return hasattr(artist, "get_text")


def test_where_somebody_looks_the_frame_stands_under_the_picture(path, shown, capsys):
    with show(path, live=True, height=300) as served:
        picture, frame = shown
        assert type(picture) is Picture
        assert (frame.src, frame.height) == (served.url, 300)
    assert capsys.readouterr().out == ""


def test_without_netron_there_is_the_picture(path, shown, monkeypatch, capsys):
    monkeypatch.setattr(viewer.importlib.util, "find_spec", lambda name: None)
    assert show(path, live=True).url is None
    assert [type(one) for one in shown] == [Picture]
    assert "Netron is not installed" in capsys.readouterr().out


def test_a_graph_too_large_for_a_picture_is_told_and_netron_shows_it(tmp_path, shown, capsys):
    nodes = [helper.make_node("Relu", [str(n)], [str(n + 1)]) for n in range(6_000)]
    ends = [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1]) for n in ("0", "6000")]
    graph = helper.make_graph(nodes, "long", ends[:1], ends[1:])
    onnx.save(helper.make_model(graph), tmp_path / "long.onnx")
    with show(tmp_path / "long.onnx", live=True) as served:
        assert [one.src for one in shown] == [served.url]
    assert "are more than the 5,000 that a picture holds" in capsys.readouterr().out


def test_what_is_no_model_is_refused_and_nothing_is_shown(tmp_path, shown):
    (tmp_path / "no.onnx").write_bytes(np.random.default_rng(0).bytes(100))
    for name, told in (("no.onnx", "no.onnx: "), ("missing.onnx", "no such file")):
        with pytest.raises(InputError, match=told):
            show(tmp_path / name)
    assert shown == []
