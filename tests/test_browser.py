"""Every chapter, opened and run in JupyterLab in a real Chromium; and the site.

A notebook's outputs there are held against the stored ones as strict nbval would. `make browser`
sets SHOTS to a folder: then every chapter, not three alone, runs again from a fresh kernel, and
pictures of every chapter and page go there, light and dark.
"""

import os
import signal
import urllib.request
import warnings
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import onnx
import psutil
import pytest
from chromium import CHROMIUM, MISSING, Visit, started, warn_where_it_is_missing
from comparing import comparable
from jupyter_lab import Lab, Notebook
from onnx import TensorProto, helper
from shots import shoot_notebook, shoot_page

from helpers import viewer
from helpers.book import build_book
from helpers.chapters import chapter_paths, solution_paths

SHOTS = os.environ.get("SHOTS")
EXEMPT = {"nbval-ignore-output", "nbval-skip"}
WAIT = 120_000  # milliseconds for what a page needs a second for, on a quiet machine
TWICE = ("02", "04", "05")  # run again from a fresh kernel here too: frames and forms
LONGEST_FIRST = sorted(chapter_paths(), reverse=True)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=MISSING)
warn_where_it_is_missing()


@pytest.fixture(scope="session")
def browser():
    with started() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    server = Lab(tmp_path_factory.mktemp("lab"))
    yield server
    server.close()


@pytest.fixture
def opened(browser, lab):
    """Opens notebooks in windows of their own; ends their kernels, and closes the windows."""
    windows = []

    def open_it(path: Path) -> Notebook:
        windows.append(Notebook(lab, browser, lab.copy(path)))
        return windows[-1]

    yield open_it
    for window in windows:
        window.context.close()
    lab.end_kernels()


# --- the chapters -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", LONGEST_FIRST, ids=lambda path: path.stem)
def test_a_chapter_runs_in_jupyterlab_as_it_is_stored(path, opened):
    chapter = opened(path)
    chapter.run_all()
    assert_as_stored(chapter, path)
    if SHOTS or path.name.startswith(TWICE):
        chapter.restart_and_run_all()
        assert_as_stored(chapter, path)
    if SHOTS:
        shoot_notebook(chapter, Path(SHOTS))


def assert_as_stored(chapter, path):
    cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    found = chapter.outputs()
    assert len(found) == len(cells)
    for number, (cell, outputs) in enumerate(zip(cells, found, strict=True), start=1):
        if not EXEMPT & set(cell.metadata.get("tags", [])):
            assert comparable(outputs) == comparable(cell.outputs), f"code cell {number}"
    assert chapter.blank_images() == []
    assert chapter.wide_outputs() == []
    sources = "\n".join(cell.source for cell in cells)
    frames = chapter.frames()
    assert len(frames) == sources.count(".frame(") + sources.count("\nshow(")
    for frame in frames:
        assert_netron_shows_its_graph(frame)
    assert chapter.page.get_by_label("Passage").count() == sources.count("\nask(")
    if "\nask(" in sources:
        assert_the_form_answers(chapter.page)
    assert_no_request_left(chapter)


def assert_netron_shows_its_graph(frame):
    """As many nodes as the file that it serves has."""
    address = frame.locator('meta[name="file"]').get_attribute("content")
    with urllib.request.urlopen(frame.url.rstrip("/") + address, timeout=60) as answer:
        nodes = onnx.load_from_string(answer.read()).graph.node
    assert_netron_draws(frame, len(nodes))


def assert_netron_draws(frame, nodes):
    """So many nodes, once its page has its consent; an old Netron draws none, and says so."""
    if told := viewer._too_old():
        warnings.warn(f"{told}; its frame was not looked at", stacklevel=2)
        return
    consent, first = frame.locator("#message-button:visible"), frame.locator(".graph-node").first
    frame.locator("#message-button:visible, .graph-node").first.wait_for(timeout=WAIT)
    if consent.is_visible():
        consent.click(force=True, timeout=WAIT)  # a frame out of view may never be "stable"
    first.wait_for(timeout=WAIT)
    assert frame.locator(".graph-node").count() == nodes


def assert_the_form_answers(page):
    passage = "The tower was built by Ada Vane in 1788. It has five bells and one clock."
    question, ask = (
        page.get_by_label("Question"),
        page.get_by_role("button", name="Ask", exact=True),
    )
    chosen = page.get_by_label("Example").locator("option:checked").inner_text()
    assert chosen.replace("\N{NO-BREAK SPACE}", " ") == "your own"
    question.fill("")
    ask.click()
    page.get_by_role("alert").wait_for(timeout=WAIT)
    page.get_by_label("Passage").fill(passage)
    question.fill("Who built the tower?")
    ask.click()
    answers = page.locator(".widget-html").filter(has_text="Who built the tower?")
    answers.locator("mark").first.wait_for(timeout=WAIT)
    engines = answers.locator("tbody tr").count()
    assert engines >= 3
    assert answers.locator("mark").first.inner_text() == "Ada Vane"
    assert answers.locator("tbody tr").filter(has_text="Ada Vane").count() == engines
    for time in answers.locator("tbody td:last-child").all_inner_texts():
        assert time.endswith(" ms")


def assert_no_request_left(notebook):
    """Nothing of ours asks another machine; what Netron's page asks for is refused, and told."""
    notebook.netrons |= {frame.url for frame in notebook.frames()}
    netrons = notebook.netrons
    assert [address for frame, address in notebook.foreign if frame not in netrons] == []
    if notebook.foreign:
        hosts = sorted({address.split("/")[2] for _, address in notebook.foreign})
        warnings.warn(f"Netron's page asked for {', '.join(hosts)}; it was refused", stacklevel=2)


# --- two views, and the end of a kernel ---------------------------------------------------------

TWO_VIEWS = """\
import os
from helpers.viewer import view

one, two = view("one.onnx"), view("three.onnx")
print(os.getpid(), one.pid, two.pid)
one.frame()
"""


def chain(path, operators):
    """Saves a model of nodes one after another."""
    names = [str(number) for number in range(len(operators) + 1)]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [2]) for n in (names[0], names[-1])]
    nodes = [
        helper.make_node(operator, [names[at]], [names[at + 1]])
        for at, operator in enumerate(operators)
    ]
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", ends[:1], ends[1:])), path)


def write_notebook(path, sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    spec = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=spec), path)


def test_two_views_show_two_models_and_end_with_a_killed_kernel(opened, lab, tmp_path):
    chain(lab.notebooks / "one.onnx", ["Relu"])
    chain(lab.notebooks / "three.onnx", ["Relu", "Tanh", "Neg"])
    write_notebook(tmp_path / "views.ipynb", [TWO_VIEWS, "two.frame()"])
    notebook = opened(tmp_path / "views.ipynb")
    notebook.run_all()
    one, two = notebook.frames()
    assert one.url != two.url
    for frame in (one, two):
        assert_netron_shows_its_graph(frame)
    assert_no_request_left(notebook)
    kernel, *servers = map(int, notebook.outputs()[0][0]["text"].split())
    started = [psutil.Process(pid) for pid in servers]
    assert len({kernel, *servers}) == 3
    os.kill(kernel, signal.SIGKILL)
    assert psutil.wait_procs(started, timeout=60)[1] == []


# --- Jupyter on another machine -----------------------------------------------------------------

OVER_SSH = """\
import os
from helpers.viewer import view

view("one.onnx").frame()
"""
UNDER_A_HUB = """\
del os.environ["SSH_CONNECTION"]
os.environ["JUPYTERHUB_SERVICE_PREFIX"] = "/user/ada/"
view("three.onnx").frame()
"""


@pytest.fixture
def far_lab(tmp_path):
    """A JupyterLab that was started over SSH, below a path, as a hub starts them."""
    server = Lab(tmp_path / "far", "/user/ada/", SSH_CONNECTION="192.0.2.1 50000 192.0.2.2 22")
    yield server
    server.close()


def test_far_from_the_reader_netron_comes_through_jupyters_own_address(far_lab, tmp_path, browser):
    chain(far_lab.notebooks / "one.onnx", ["Relu"])
    chain(far_lab.notebooks / "three.onnx", ["Relu", "Tanh", "Neg"])
    write_notebook(tmp_path / "far.ipynb", [OVER_SSH, UNDER_A_HUB])
    notebook = Notebook(far_lab, browser, far_lab.copy(tmp_path / "far.ipynb"))
    asked = []
    notebook.context.on("request", lambda request: asked.append(urlsplit(request.url)))
    notebook.run_all()
    frames = notebook.frames()
    for frame, nodes in zip(frames, (1, 3), strict=True):
        assert_netron_draws(frame, nodes)
        assert frame.url.startswith(f"{far_lab.url}/proxy/")
    assert frames[0].url != frames[1].url
    here = {one.netloc for one in asked if one.hostname == "localhost"}
    assert here == {urlsplit(far_lab.url).netloc}  # the one port that a tunnel carries
    with urllib.request.urlopen(frames[0].url, timeout=60) as answer:  # by one who has no token
        assert urlsplit(answer.url).path == "/user/ada/login"
    notebook.context.close()


# --- the site -----------------------------------------------------------------------------------

LINKS = """() => [...document.querySelectorAll('a[href], link[href]')].map(link => link.href)"""
PLACES = """() => [...document.querySelectorAll('[id]')].map(part => part.id)"""
BLANK = """() => [...document.images].filter(image => !image.complete || !image.naturalWidth)
  .map(image => image.src)"""
WIDE = """() => [document.documentElement, ...document.querySelectorAll('.cell_output > *')]
  .filter(part => part.scrollWidth > part.clientWidth + 1)
  .map(part => `${part.className}: ${part.scrollWidth} of ${part.clientWidth} pixels`)"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The chapters with their stored outputs, opened from the disk as readers do."""
    folder = tmp_path_factory.mktemp("book") / "site"
    return build_book(chapter_paths(), folder, solution_paths()).parent


@pytest.fixture(scope="module")
def window(browser):
    visit = Visit(browser)
    visit.page.set_default_timeout(WAIT)
    yield visit
    visit.context.close()


@pytest.mark.xdist_group("site")
def test_every_page_of_the_site_is_whole_and_asks_no_other_machine(site, window):
    links, places = {}, {}
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > len(chapter_paths()) + len(solution_paths())
    for path in pages:
        window.page.goto(path.as_uri(), wait_until="load")
        links[path] = window.page.evaluate(LINKS)
        places[path] = set(window.page.evaluate(PLACES))
        assert window.page.evaluate(BLANK) == [], path.name
        assert window.page.evaluate(WIDE) == [], path.name
    broken = []
    for path, addresses in links.items():
        for address in filter(lambda one: one.startswith("file:"), addresses):
            parts = urlsplit(address)
            target = Path(unquote(parts.path))
            there = target.is_file() and unquote(parts.fragment) in {"", *places.get(target, ())}
            broken += [] if there else [f"{path.name}: {address}"]
    assert broken == []
    assert (window.foreign, window.failed) == ([], [])


@pytest.mark.xdist_group("site")
def test_the_search_of_the_site_finds_the_chapter_about_loops(site, window):
    page = window.page
    page.goto((site / "index.html").as_uri())
    page.get_by_role("search").get_by_role("textbox").first.fill("Loop")
    page.keyboard.press("Enter")
    found = page.locator("#search-results li a")
    found.first.wait_for()
    page.locator("#search-results .search-summary").wait_for()
    chapter = page.locator('#search-results li a[href*="03-control-flow.html"]').first
    chapter.click()
    page.wait_for_url("**/03-control-flow.html*")
    assert "03 " in page.locator("h1").first.inner_text()
    assert (window.foreign, window.failed) == ([], [])


@pytest.mark.skipif(not SHOTS, reason="make browser takes pictures")
@pytest.mark.xdist_group("site")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_site_has_its_picture_taken(site, browser, theme):
    window = Visit(browser, color_scheme=theme)
    for path in [site / "index.html", *sorted(site.glob("[0-9]*.html"))]:
        window.page.goto(path.as_uri())
        shoot_page(window.page, Path(SHOTS) / f"site-{path.stem}-{theme}.png")
    window.context.close()
