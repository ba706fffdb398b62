"""The book: a site that needs no network, from notebooks as they are."""

import base64
import functools
import io
import itertools
import re
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import unquote

import nbformat
import pytest
from hostile_graphs import NAMED, shown_by_a_notebook
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from helpers.book import build_book, card_of, remote_loads
from helpers.book.__main__ import main
from helpers.book.cards import _shape
from helpers.chapters import NOTEBOOKS, chapter_paths
from helpers.errors import InputError, run_command
from helpers.files import PROJECT

FIRST = r"""# 01 Loops & `if`

**The question of this chapter.** What becomes of a *loop*?

See [the next one](02-second.ipynb), [the answers](solutions/01-first.ipynb), or
[a page elsewhere](https://example.org/). Inline $a x + b$, and

$$
\sum_{i=1}^{n} x_i
$$
"""


def png(width, height, colour):
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "png")
    return base64.b64encode(buffer.getvalue()).decode()


def picture(width, height, colour, words=None):
    told = {"image/png": {"alt": words}} if words else {}
    data = {"image/png": png(width, height, colour), "text/plain": "<Figure>"}
    return new_output("display_data", data, metadata=told)


def code(source, *outputs):
    return new_code_cell(source, execution_count=1, outputs=list(outputs))


def shown(mime, content):
    return code("x", new_output("display_data", {mime: content, "text/plain": "said in words"}))


FRAMED_WORDS = "What the frame would show"
FRAMED = picture(300, 150, "white", FRAMED_WORDS)
FRAMED.data["text/html"] = '<iframe src="http://127.0.0.1:8080"></iframe>'


def notebook(path, *cells):
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [new_markdown_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    spec = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    lexer = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    nbformat.write(new_notebook(cells=cells, metadata=spec | lexer), path)
    return path


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Two chapters and a solution, built once."""
    root = tmp_path_factory.mktemp("book")
    chapters = [
        notebook(
            root / "01-first.ipynb",
            FIRST,
            code("print(6 * 7)", new_output("stream", text="forty-one\n")),  # not what it would say
            code(
                "two pictures",
                picture(300, 300, "red", 'A < "B" | c: d'),
                picture(400, 200, "blue", "The wide one: it fits a card"),
                picture(10, 90, "green"),
            ),
        ),
        notebook(
            root / "02-second.ipynb",
            "# 02 Zymurgy",
            "Only this page speaks of zymurgists.",
            shown("application/vnd.jupyter.widget-view+json", {"model_id": "1"}),
            code("x", FRAMED),
        ),
    ]
    answers = notebook(
        root / "solutions" / "01-first.ipynb", "# Answers\n\nBack [there](../01-first.ipynb)."
    )
    build_book(chapters, root / "site", [answers])
    assert sorted(path.name for path in root.iterdir()) == [
        "01-first.ipynb", "02-second.ipynb", "site", "solutions",
    ]  # fmt: skip
    return root / "site"


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.all = []
        self.text = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.all.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)

    def of(self, name, **wanted):
        return [a for tag, a in self.all if tag == name and wanted.items() <= a.items()]


def article(page):
    return re.search(r"<article.*</article>", page.read_text(encoding="utf-8"), re.DOTALL).group()


def test_the_start_page_has_a_card_with_picture_and_question_of_each_chapter(site):
    tags, text = Tags(site / "index.html"), article(site / "index.html")
    cards = [a for tag, a in tags.all if tag == "img" and "sd-card-img-top" in a.get("class", "")]
    assert [card["alt"] for card in cards] == ["The wide one: it fits a card", FRAMED_WORDS]
    assert Image.open(site / cards[0]["src"]).size == (400, 200)
    assert "What becomes of a <em>loop</em>?" in text
    assert "01 Loops &amp; <code" in text
    for name in ("01-first.html", "02-second.html"):
        assert f'href="{name}"' in text


def test_the_card_of_a_chapter_without_pictures_shows_its_number():
    card = card_of("07-plain", new_notebook(cells=[new_markdown_cell("# 07 Plain")]))
    assert (card.title, card.question, card.suffix) == ("07 Plain", "", ".svg")
    assert b">07</text>" in card.picture


def test_pages_are_linked_previous_and_next(site):
    order = ["index.html", "01-first.html", "02-second.html", "solutions/01-first.html"]
    for before, after in itertools.pairwise(order):
        (forth,) = Tags(site / before).of("link", rel="next")
        (back,) = Tags(site / after).of("link", rel="prev")
        assert (site / before).parent.joinpath(forth["href"]).resolve() == site / after
        assert (site / after).parent.joinpath(back["href"]).resolve() == site / before
        assert Tags(site / before).of("a", **{"class": "next-page"})
        assert Tags(site / after).of("a", **{"class": "prev-page"})


def test_the_search_knows_the_words_of_the_pages(site):
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert re.search(r'"?zymurgist"?:', index)
    assert re.search(r'"?loop"?:', index)
    assert (site / "search.html").is_file()
    assert Tags(site / "01-first.html").of("form", action="search.html")


def test_outputs_are_those_of_the_notebook_and_nothing_was_executed(site):
    text = article(site / "01-first.html")
    assert "forty-one" in text
    assert not re.search(r"\b42\b", text)


def test_a_pages_pictures_have_their_words(site):
    page = Tags(site / "01-first.html")
    told = [a["alt"] for a in page.of("img")]
    assert told == [
        'A < "B" | c: d', "The wide one: it fits a card", "Picture, without a description",
    ]  # fmt: skip


def of_a_graph(content):
    """The output that a notebook holds of a graph's picture."""
    data, metadata = shown_by_a_notebook(content)
    data["image/png"] = base64.b64encode(data["image/png"]).decode()
    return new_output("display_data", data, metadata=metadata)


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """Two sites, of graphs with hostile names and of one with harmless ones, a chapter a graph.

    Each chapter shows the picture, and then its words alone, as a notebook without pictures does.
    """
    root = tmp_path_factory.mktemp("named")
    chapters = {"harmless": [picture(400, 200, "blue", "harmless")], "hostile": []}
    chapters["hostile"] = [of_a_graph(content) for _, _, content in NAMED]
    for name, outputs in chapters.items():
        paths = []
        for number, output in enumerate(outputs):
            words = new_output("display_data", {"text/plain": output.data["text/plain"]})
            path = root / name / f"{number:02}-a.ipynb"
            paths.append(notebook(path, f"# {number:02} A graph", code("x", output, words)))
        build_book(paths, root / name / "site")
    return root / "harmless" / "site", root / "hostile" / "site"


@pytest.mark.parametrize("number", range(len(NAMED)), ids=[what for what, *_ in NAMED])
def test_names_in_a_graph_are_text_on_its_page_and_its_card(named, number):
    plain, site = named
    _, name, content = NAMED[number]
    words = of_a_graph(content).metadata["image/png"]["alt"]
    assert name in words
    page, start = Tags(site / f"{number:02}-a.html"), Tags(site / "index.html")
    assert [one["alt"].split() for one in page.of("img")] == [words.split()]
    assert name in "".join(page.text)  # of the second output
    assert start.of("img")[number]["alt"].split() == words.split()
    for there, harmless in ((page, "00-a.html"), (start, "index.html")):
        scripts = Tags(plain / harmless).of("script")
        assert there.of("script") == scripts  # the site's own, and no other
        handlers = [at for _, of in there.all for at in of if at.startswith("on")]
        assert handlers == []
        assert not [one for one in there.of("a") if one.get("href", "").startswith("javascript:")]


def test_formulas_are_drawn_without_a_script(site):
    text = article(site / "01-first.html")
    assert text.count("<math") == 2
    assert 'display="block"' in text
    assert "<munderover>" in text or "<msubsup>" in text
    assert not [a for a in Tags(site / "01-first.html").of("script") if "mathjax" in str(a).lower()]


def test_a_widget_gives_way_to_its_words_and_a_frame_to_its_picture(site):
    text = (site / "02-second.html").read_text(encoding="utf-8")
    assert [a["alt"] for a in Tags(site / "02-second.html").of("img")] == [FRAMED_WORDS]
    assert "<iframe" not in text
    assert "said in words" in text
    assert "widget-view" not in text


def test_code_can_be_copied_and_the_pages_read_in_light_and_dark(site):
    tags = Tags(site / "01-first.html")
    scripts = [a.get("src", "") for a in tags.of("script")]
    assert any("copybutton.js" in source for source in scripts)
    assert "pre:not(.cell_output pre)" in (site / "_static" / "copybutton.js").read_text()
    assert [a for a in tags.of("button") if "theme-toggle" in a["class"]]
    for style in ("book.css", "pygments.css"):  # ours, and the colours of code
        assert "prefers-color-scheme: dark" in (site / "_static" / style).read_text()


def outside(site):
    """{page or style sheet: what it loads from elsewhere}, looked for in the plainest way."""
    loads = re.compile(
        r"""<(?!a\b)[a-z]+\b[^>]*?\b(?:src|href|data|srcset)=["']?((?:[a-z]+:)?//[^"'\s>]+)"""
        r"""|url\(["']?((?:[a-z]+:)?//[^)]+)|@import\s+["']((?:[a-z]+:)?//[^"']+)"""
    )
    files = [p for p in site.rglob("*") if p.suffix in (".html", ".css")]
    assert len(files) > 6
    found = {p.name: loads.findall(p.read_text(encoding="utf-8")) for p in files}
    return {name: what for name, what in found.items() if what}


@functools.cache
def places(page):
    return {attributes.get("id") for _, attributes in Tags(page).all}


def broken(site):
    """Links and loads inside the site that lead to no file, or to no place in one."""
    wrong = []
    for page in site.rglob("*.html"):
        for _, attributes in Tags(page).all:
            for address in (attributes.get("href"), attributes.get("src")):
                if address is None or re.match(r"[a-z]+:", address):
                    continue
                path, _, place = address.partition("#")
                file = page.parent / unquote(path.partition("?")[0]) if path else page
                if not file.is_file() or (place and unquote(place) not in places(file)):
                    wrong.append(f"{page.name}: {address}")
    return wrong


def test_nothing_is_loaded_from_elsewhere_and_no_link_is_broken(site):
    assert outside(site) == {}
    assert broken(site) == []
    assert 'href="https://example.org/"' in article(site / "01-first.html")  # readers may leave


def test_the_chapters_as_they_are_stored_make_a_whole_book(tmp_path):
    solutions = sorted((NOTEBOOKS / "solutions").glob("*.ipynb"))
    index = build_book(chapter_paths(), tmp_path / "site", solutions)
    assert outside(index.parent) == {}
    assert broken(index.parent) == []
    names = [path.stem for path in chapter_paths()]
    assert [name for name in names if f'href="{name}.html"' not in article(index)] == []
    for path in chapter_paths():
        card = card_of(path.stem, nbformat.read(path, as_version=4))
        assert card.question, f"{path.name} states no question"


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<img alt="a > b" src="//cdn.example/x.png">',
        '<link rel="stylesheet" href="http://cdn.example/x.css">',
        "<iframe src=http://127.0.0.1:8080></iframe>",
        '<style>@import "https://cdn.example/x.css";</style>',
        '<p style="background: url(https://cdn.example/x.png)">',
    ],
)
def test_a_load_from_elsewhere_is_found(page):
    assert len(remote_loads(f"<html><body>{page}</body></html>")) == 1


def test_links_and_loads_from_the_site_itself_are_no_load_from_elsewhere():
    page = '<a href="https://example.org">x</a><img src="x//y.png"><p>src="https://example.org"</p>'
    assert remote_loads(page + '<svg xmlns="http://www.w3.org/2000/svg"></svg>') == []
    assert remote_loads("a { background: url(//x.org/y) }", style=True) == ["//x.org/y"]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("[lost](03-none.ipynb)", r"01-a\.ipynb, cell 2: .*03-none\.ipynb"),
        ("### too deep at once", r"01-a\.ipynb, cell 2: .*[Hh]ead"),
        (r"$\nosuchcommand{x}$", r"01-a\.ipynb.*: formula .*nosuchcommand"),
        ("![remote](https://example.org/x.png)", r"01-a\.html: would load https://example\.org/x"),
        (
            shown("text/html", '<script src="https://cdn.example/plot.js"></script>'),
            r"01-a\.html: would load https://cdn\.example/plot\.js",
        ),
    ],
)
def test_what_would_spoil_the_book_is_named_in_one_line(tmp_path, cell, message):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("the old book")
    (tmp_path / "site" / "_static").mkdir()
    (tmp_path / "site" / "_static" / "book.css").touch()
    path = notebook(tmp_path / "01-a.ipynb", "# A", cell)
    with pytest.raises(InputError, match=message) as caught:
        build_book([path], tmp_path / "site")
    assert "\n" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)
    assert (tmp_path / "site" / "index.html").read_text() == "the old book"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["01-a.ipynb", "site"]


def test_a_new_book_replaces_the_old_one_whole(tmp_path):
    path = notebook(tmp_path / "01-a.ipynb", "# A")
    build_book([path], tmp_path / "site")
    renamed = path.rename(tmp_path / "01-b.ipynb")
    build_book([renamed], tmp_path / "site")
    assert (tmp_path / "site" / "01-b.html").is_file()
    assert not (tmp_path / "site" / "01-a.html").exists()


@pytest.fixture
def command(monkeypatch, capsys):
    """Runs the command in this process: its exit code, what it prints, and its errors."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["helpers.book", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            run_command(main)
        return ended.value.code, *capsys.readouterr()

    return run


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{ half a notebo", "is no notebook that can be read"),
        ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "is no notebook that can be read"),
        (None, "holds no chapters"),
    ],
)
def test_the_command_refuses_a_broken_notebook_in_one_line(tmp_path, command, text, said):
    if text is not None:
        (tmp_path / "01-a.ipynb").write_text(text)
    code, out, errors = command(tmp_path, "--out", tmp_path / "site")
    assert (code, out) == (2, "")
    (line,) = errors.splitlines()
    assert line.startswith(f"error: {tmp_path}")
    assert said in line
    assert not (tmp_path / "site").exists()


def test_the_command_says_where_the_book_is(tmp_path):
    notebook(tmp_path / "01-a.ipynb", "# A")
    run = subprocess.run(
        [sys.executable, "-m", "helpers.book", tmp_path, "--out", tmp_path / "site"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == f"book: {tmp_path / 'site' / 'index.html'}\n"
    assert (tmp_path / "site" / "01-a.html").is_file()


@pytest.mark.parametrize("png", [b"abc", b"\x89PNG" + bytes(40)], ids=["short", "without size"])
def test_a_picture_that_is_no_png_is_refused(png):
    with pytest.raises(InputError, match="no whole PNG; run it again"):
        _shape(png)
