"""Pictures of notebooks and pages, light and dark, for people to look at."""

from pathlib import Path

from PIL import Image

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
ALONE = """theme => window.jupyterapp.commands.execute('application:set-mode',
  {mode: 'single-document'})
  .then(() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: theme}))
  .then(() => null)"""
SCROLLED = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer"
TALLEST = 40_000  # pixels; what is below is left out


def shoot_notebook(notebook, folder: Path) -> None:
    """Writes one tall picture of an open notebook a theme: NAME-light.png and NAME-dark.png."""
    for theme, name in THEMES.items():
        notebook.page.evaluate(ALONE, name)
        notebook.page.wait_for_timeout(1000)  # the style sheet of the theme
        _stitch(notebook.page, SCROLLED, folder / f"{notebook.path.stem}-{theme}.png")


def shoot_page(page, path: Path) -> None:
    """Writes one tall picture of a page; a tall window repeats its sidebar less often."""
    total = page.evaluate("document.documentElement.scrollHeight")
    before = page.viewport_size
    page.set_viewport_size({**before, "height": min(total, 8000)})
    _stitch(page, "html", path)
    page.set_viewport_size(before)


def _stitch(page, scrolled: str, path: Path) -> None:
    """Scrolls a part of the page through, and puts together what is seen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = page.locator(scrolled)
    size, seen = page.viewport_size, path.with_suffix(".part.png")
    box = part.bounding_box() if scrolled != "html" else {"x": 0, "y": 0, **size}
    total = min(part.evaluate("part => part.scrollHeight"), TALLEST)
    whole = Image.new("RGB", (int(box["width"]), int(total)))
    for at in range(0, int(total), int(box["height"])):
        part.evaluate("(part, at) => { part.scrollTo({top: at, behavior: 'instant'}); }", at)
        page.wait_for_timeout(100)
        page.screenshot(path=seen, clip=box)
        with Image.open(seen) as picture:
            whole.paste(picture, (0, int(part.evaluate("part => part.scrollTop"))))
    seen.unlink()
    whole.save(path)
