"""Shows an .onnx file in the cell: a still picture always, and Netron where somebody looks."""

from pathlib import Path

from IPython.display import display

from helpers.errors import InputError
from helpers.pictures import draw
from helpers.viewer import Viewer, view

__all__ = ["show"]


def show(
    path: Path | str,
    *,
    weights: bool = True,
    names: bool = True,
    height: int = 480,
    live: bool | None = None,
    proxied: bool | None = None,
) -> Viewer:
    """Shows a file: its picture, and under it Netron in a frame.

    The picture is what GitHub, a page of the site and a closed notebook show, where a frame is
    dead. A graph that is too large for one is told in a line in its place.

    Args:
        path: an .onnx file.
        weights: whether the picture has the weights too (`helpers.pictures.draw`).
        names: whether it has the names of nodes and of values between them.
        height: of the frame, in pixels.
        live: whether somebody looks; None: where Jupyter's server runs the notebook.
        proxied: whether the browser reaches Netron through Jupyter's server; None: where that seems
            to run on another machine.

    Returns:
        The viewer, for the last line of a cell. It ends with the kernel, or with its `close()`.

    Raises:
        InputError: there is no such file, it is no ONNX model, or its graph is circular.
    """
    viewer = view(path)
    try:
        display(draw(viewer.path, weights=weights, names=names))
    except InputError as error:
        print(error)
    frame = viewer.frame(height, proxied, live)
    if frame is not None:
        display(frame)
    return viewer
