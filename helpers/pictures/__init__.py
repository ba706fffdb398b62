"""Still pictures of ONNX graphs: no browser, no network, no package but matplotlib.

`boxes` says what is drawn and how large, `layers` and `layout` where it goes, `marks` how it looks,
and `drawing` puts it on a figure.
"""

from helpers.pictures.drawing import Picture, draw

__all__ = ["Picture", "draw"]
