"""From notebooks to a site, by Sphinx and myst-nb; a warning is an error."""

import io
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat

from helpers.book.cards import card_of, start_page
from helpers.book.extension import words_of
from helpers.book.offline import remote_loads
from helpers.errors import InputError, reason_of
from helpers.replacing import replacing

__all__ = ["build_book"]

_STYLE = Path(__file__).with_name("book.css")
_NO_OUTPUT = ("application/vnd.jupyter.widget-view+json", "application/javascript")
_SETTINGS: dict[str, Any] = {
    "project": "From PyTorch to ONNX Runtime",
    "html_title": "From PyTorch to ONNX Runtime",
    "language": "en",
    "extensions": ["myst_nb", "sphinx_copybutton", "sphinx_design", "helpers.book.extension"],
    "html_theme": "furo",
    "html_theme_options": {"navigation_with_keys": True},
    "html_static_path": [str(_STYLE)],
    "html_css_files": [_STYLE.name],
    "html_math_renderer": "mathml",
    "html_use_index": False,
    # A page that is read from the disk may not fetch the lines around what it found.
    "html_show_search_summary": False,
    "html_copy_source": False,
    "html_show_sourcelink": False,
    "html_show_copyright": False,
    "myst_enable_extensions": ["colon_fence", "dollarmath"],
    "nb_execution_mode": "off",
    "nb_merge_streams": False,
    "nb_ipywidgets_js": {},  # by default from a CDN
    # A page has no kernel: a widget gives way to the picture or the text stored beside it, and so
    # does a frame.
    "nb_mime_priority_overrides": [
        ("html", "image/png", 1),
        *(("html", m, None) for m in _NO_OUTPUT),
    ],
    "copybutton_selector": "div.highlight pre:not(.cell_output pre)",
}
_WARNING = re.compile(
    r"(?:(?P<where>[^:\n]+\.(?:ipynb|md))(?::(?P<line>\d+))?: )?WARNING: (?P<what>.*)"
)


def build_book(chapters: Sequence[Path], folder: Path, solutions: Sequence[Path] = ()) -> Path:
    """Writes notebooks, with the outputs that they hold, as a site.

    Args:
        chapters: the notebooks, in order. Nothing is executed.
        folder: where the site goes; what stands there is replaced when the new one is whole.
        solutions: notebooks with solutions, in order; they go to `solutions/` of the site.

    Returns:
        The path of the start page.

    Raises:
        InputError: a file is no notebook, Sphinx warns (as of a link that leads nowhere), or a page
            would load something from another machine; what stood in the folder stays. Or what
            stands there is no site.
    """
    with replacing(folder, ours=_is_site, kind="site of make book") as site:
        source = site.parent / "sources of the book"
        words = _lay_out(source, chapters, solutions)
        _run_sphinx(source, site, site.parent / "trees of the book", words)
        _check_offline(site)
    return folder / "index.html"


def _is_site(folder: Path) -> bool:
    return (folder / "_static" / _STYLE.name).is_file()


def _lay_out(source: Path, chapters: Sequence[Path], solutions: Sequence[Path]) -> dict[str, str]:
    """Puts together what Sphinx reads; returns the words of all pictures."""
    (source / "cards").mkdir(parents=True)
    (source / "solutions").mkdir()
    cards, words = [], {}
    for path in chapters:
        notebook = _read(path)
        shutil.copy(path, source / path.name)
        card = card_of(path.stem, notebook)
        (source / "cards" / f"{card.name}{card.suffix}").write_bytes(card.picture)
        cards.append(card)
        words |= words_of(notebook)
    for path in solutions:
        words |= words_of(_read(path))
        shutil.copy(path, source / "solutions" / path.name)
    text = start_page(cards, [f"solutions/{path.stem}" for path in solutions])
    (source / "index.md").write_text(text, encoding="utf-8")
    return words


def _read(path: Path) -> nbformat.NotebookNode:
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # whatever a file that is no notebook does to its reader
        raise InputError(
            f"{path}: is no notebook that can be read ({reason_of(error)}); "
            "restore it, as with `git checkout`"
        ) from error
    return notebook


def _run_sphinx(source: Path, site: Path, trees: Path, words: dict[str, str]) -> None:
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    told = io.StringIO()
    settings = {**_SETTINGS, "picture_words": words}
    try:
        with patch_docutils(), docutils_namespace():
            app = Sphinx(source, None, site, trees, "html", settings, status=None, warning=told)
            app.build()
    except SphinxError as error:
        raise InputError(f"the book: {reason_of(error)}; mend what it names") from error
    plain = re.sub(r"\x1b\[[\d;]*m", "", told.getvalue())
    warnings = list(_WARNING.finditer(plain))
    if warnings:
        more = f" ({len(warnings)} warnings in all)" if len(warnings) > 1 else ""
        raise InputError(f"{_place(warnings[0])}: {warnings[0]['what']}{more}; mend it there")


def _place(warning: re.Match[str]) -> str:
    """Where a warning is from: the notebook, and its cell where myst-nb tells it."""
    if warning["where"] is None:
        return "the book"
    name = Path(warning["where"]).name
    cell = int(warning["line"] or 0) // 10000  # myst-nb counts 10000 lines a cell
    return f"{name}, cell {cell}" if cell else name


def _check_offline(site: Path) -> None:
    for path in sorted([*site.rglob("*.html"), *site.rglob("*.css")]):
        loads = remote_loads(path.read_text(encoding="utf-8"), style=path.suffix == ".css")
        if loads:
            raise InputError(
                f"{path.relative_to(site)}: would load {loads[0]} from another machine; "
                "put the file beside the notebook, or take the output away"
            )
