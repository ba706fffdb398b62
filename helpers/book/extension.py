"""What Sphinx lacks for the book: formulas without a script, and pictures with their words."""

import base64
import hashlib
from pathlib import PurePosixPath

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

__all__ = ["setup", "words_of"]

_log = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx: announces what this module adds.

    Args:
        app: the build. Its setting `picture_words` is {name of a picture's file: its words}.

    Returns:
        What Sphinx wants to know of an extension.
    """
    app.add_config_value("picture_words", {}, "env")
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.connect("doctree-read", _give_words)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def words_of(notebook: NotebookNode) -> dict[str, str]:
    """The words that a notebook stores beside its pictures.

    Args:
        notebook: with its outputs.

    Returns:
        {name of the file that myst-nb writes for a picture, without its ending: words}. The name
        is the SHA-256 of the picture.
    """
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    pictures = [o for o in outputs if "image/png" in o.get("data", {})]
    return {
        hashlib.sha256(base64.b64decode(o.data["image/png"])).hexdigest(): words
        for o in pictures
        if (words := o.metadata.get("image/png", {}).get("alt"))
    }


def _give_words(app: Sphinx, doctree: nodes.document) -> None:
    """Gives each picture of an output its words; one without any says whose output it is."""
    for image in doctree.findall(nodes.image):
        name = PurePosixPath(image["uri"]).stem
        if not image.get("alt"):
            image["alt"] = app.config.picture_words.get(name, "Picture, without a description")


def _inline(translator: HTML5Translator, node: nodes.math) -> None:
    _formula(translator, node, as_block=False)


def _block(translator: HTML5Translator, node: nodes.math_block) -> None:
    _formula(translator, node, as_block=True)


def _formula(translator: HTML5Translator, node: nodes.Element, as_block: bool) -> None:
    """Writes a formula as MathML, which browsers draw themselves."""
    try:
        translator.body.append(tex2mathml(node.astext(), as_block=as_block))
    except MathError as error:
        _log.warning("formula %r: %s", node.astext(), error, location=node, type="math")
    raise nodes.SkipNode
