"""Does a page load anything from another machine?"""

import re
from html.parser import HTMLParser

__all__ = ["remote_loads"]

_LOADING = {"src", "srcset", "data", "poster", "background", "xlink:href"}
_REMOTE = re.compile(r"(?:[a-z]+:)?//", re.IGNORECASE)
_IN_STYLE = re.compile(r"(?:url\(|@import)\s*[\"']?((?:[a-z]+:)?//[^\"')\s]+)", re.IGNORECASE)


class _Page(HTMLParser):
    """Collects the addresses that a browser fetches without being asked."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Takes what a tag loads; an <a> only leads somewhere."""
        self._in_style = tag == "style"
        for name, value in attrs:
            loads = name in _LOADING or (name == "href" and tag in ("link", "base", "image", "use"))
            if loads and _REMOTE.match((value or "").strip()):
                self.found.append((value or "").strip())
            elif name == "style":
                self.found += _IN_STYLE.findall(value or "")

    def handle_data(self, data: str) -> None:
        """Takes what a style sheet inside the page loads."""
        if self._in_style:
            self.found += _IN_STYLE.findall(data)


def remote_loads(text: str, *, style: bool = False) -> list[str]:
    """The addresses on other machines that a browser fetches when it opens a page.

    Args:
        text: HTML.
        style: `text` is a style sheet instead.

    Returns:
        The addresses, in order; links that wait for a click are none.
    """
    if style:
        return _IN_STYLE.findall(text)
    page = _Page()
    page.feed(text)
    page.close()
    return page.found
