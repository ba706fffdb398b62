"""Still pictures of ONNX graphs: no browser, no network, no package but matplotlib.

`parts` are what a picture consists of. `boxes` says what is drawn and how large, `layers` and
`layout` where it goes, `marks` how it looks, `words` what it says to who cannot see it, and
`drawing` puts it on a figure.
"""

from helpers.pictures.drawing import Picture, draw

__all__ = ["Picture", "draw"]
