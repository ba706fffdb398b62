"""Chromium as the tests use it: an installed one, which no request of a page may leave.

playwright is imported where a browser is started, and nowhere before: where Chromium is missing,
the tests that need it are skipped.
"""

import re
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
MISSING = "Chromium is not installed: nothing was opened in a browser (apt-get install chromium)"
SCREEN = {"width": 1280, "height": 900}
STAYS_HERE = re.compile(r"(https?|wss?)://(localhost|127\.0\.0\.1)[:/]|(data|blob|file|about):")
LEAVES = re.compile(f"^(?!{STAYS_HERE.pattern})")


def warn_where_it_is_missing() -> None:
    """A skipped test is one letter in a report; this is a line of it."""
    if CHROMIUM is None:
        warnings.warn(MISSING, stacklevel=2)


@contextmanager
def started() -> Iterator:
    """A headless Chromium that knows no machine but this one; it ends with the block."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost"],
        )
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """A window of its own, with its own cookies, and what its pages asked for.

    Attributes:
        context: playwright's context.
        page: the page in it.
        foreign: [(address of the frame, address asked for)] of every request that would have left
            this machine. Each was refused.
        failed: the addresses on this machine that a page asked for in vain.
    """

    def __init__(self, browser, **options) -> None:
        self.context = browser.new_context(viewport=SCREEN, service_workers="block", **options)
        self.foreign: list[tuple[str, str]] = []
        self.failed: list[str] = []
        self.context.route(LEAVES, self._refuse)
        self.context.on("requestfailed", lambda request: self._fails(request.url))
        self.context.on("response", self._answered)
        self.page = self.context.new_page()
        self.page.on("websocket", self._connects)

    def _refuse(self, route) -> None:
        self.foreign.append((route.request.frame.url, route.request.url))
        route.abort()

    def _connects(self, socket) -> None:
        if LEAVES.match(socket.url):
            self.foreign.append((self.page.url, socket.url))

    def _fails(self, address: str) -> None:
        if STAYS_HERE.match(address):
            self.failed.append(address)

    def _answered(self, response) -> None:
        if response.status >= 400:
            self._fails(response.url)
