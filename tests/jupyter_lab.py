"""JupyterLab as the browser tests drive it: a server of its own, one notebook a window."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import psutil
from chromium import Visit

PATIENCE = 600  # seconds for what must end some time; a whole chapter on a busy machine

SETTINGS = {
    # every cell is laid out, so that every width can be measured
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}

OPEN = """what => window.jupyterapp.commands.execute('docmanager:open', what)
  .then(panel => { window.opened = panel; })"""

LOOK = """() => {
  const panel = window.opened;
  const cells = panel.content.widgets.filter(cell => cell.model.type === 'code');
  const errors = cells.flatMap((cell, number) => Array.from(
    {length: cell.model.outputs.length}, (_, at) => cell.model.outputs.get(at)
  ).filter(output => output.type === 'error').map(output => {
    const told = output.toJSON();
    return `code cell ${number + 1}: ${told.ename}: ${told.evalue}`;
  }));
  return {
    kernel: panel.sessionContext.session?.kernel?.status ?? 'none',
    running: cells.filter(cell => cell.model.executionState === 'running').length,
    counts: cells.map(cell => cell.model.executionCount),
    dialog: document.querySelector('.jp-Dialog')?.innerText ?? '',
    errors: errors,
  };
}"""

OUTPUTS = """() => window.opened.content.widgets
  .filter(cell => cell.model.type === 'code')
  .map(cell => cell.model.outputs.toJSON())"""

WIDE = """() => window.opened.content.widgets.flatMap((cell, number) =>
  [...cell.node.querySelectorAll('.jp-OutputArea-output, .jp-RenderedMarkdown')]
  .filter(part => part.scrollWidth > part.clientWidth + 1)
  .map(part => `cell ${number + 1}: ${part.scrollWidth} of ${part.clientWidth} pixels`))"""

BLANK = """() => [...document.querySelectorAll('.jp-Notebook img')]
  .filter(image => !image.complete || !image.naturalWidth).map(image => image.src.slice(0, 80))"""


def what_it_says(process: subprocess.Popen, runtime: Path, log: Path) -> dict:
    """What a server writes about itself, its port and its token, once it listens there.

    It writes them before it listens: a client that came at once would be turned away.
    """
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        for path in runtime.glob("jpserver-*.json"):
            with contextlib.suppress(json.JSONDecodeError):
                told = json.loads(path.read_text())
                if told["port"] in listening(process.pid):
                    return told
        time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


def listening(pid: int) -> set[int]:
    """The ports at which a process itself takes calls; none once it has ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        own = psutil.Process(pid).net_connections("inet")
        return {one.laddr.port for one in own if one.status == psutil.CONN_LISTEN}
    return set()


def end(process: subprocess.Popen) -> None:
    """Ends a process and whatever it has started, by their numbers."""
    started = []
    with contextlib.suppress(psutil.NoSuchProcess):
        started = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for one in psutil.wait_procs(started, timeout=10)[1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()


class Lab:
    """A JupyterLab server on loopback, with settings and folders of its own; close it."""

    def __init__(self, folder: Path, base_url: str = "/", **environment: str) -> None:
        """Starts it in an empty folder, below a path, and waits until it answers."""
        self.notebooks = folder / "notebooks"
        self.notebooks.mkdir(parents=True)
        self._write_settings(folder / "settings")
        own = {f"JUPYTER_{what}_DIR": str(folder / what) for what in ("CONFIG", "DATA", "RUNTIME")}
        own["IPYTHONDIR"] = str(folder / "ipython")
        nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
        named = {
            "ServerApp.root_dir": self.notebooks,
            "ServerApp.port": 0,
            "ServerApp.ip": "localhost",
            "ServerApp.base_url": base_url,
            "LabApp.user_settings_dir": folder / "settings",
            "LabApp.workspaces_dir": folder / "workspaces",
            "LabApp.expose_app_in_browser": True,
        }
        options = [f"--{name}={value}" for name, value in named.items()]
        self._log = folder / "log.txt"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", *options],
                env=os.environ
                | own
                | nowhere
                | {"IPYTHONDIR": str(folder / "ipython")}
                | environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            told = what_it_says(self._process, folder / "RUNTIME", self._log)
        except BaseException:
            self.close()
            raise
        self.token = told["token"]
        self.url = f"http://localhost:{told['port']}{base_url.rstrip('/')}"

    def _write_settings(self, folder: Path) -> None:
        for name, values in SETTINGS.items():
            path = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(values))

    def copy(self, path: Path) -> Path:
        """Puts a notebook, without its outputs, where Lab finds it; the stored file stays."""
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(notebook, self.notebooks / path.name)
        return self.notebooks / path.name

    def end_kernels(self) -> None:
        """Ends every kernel, as Lab's own menu would."""
        headers = {"Authorization": f"token {self.token}"}

        def ask(method: str, path: str) -> bytes:
            request = urllib.request.Request(self.url + path, headers=headers, method=method)
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read()

        for session in json.loads(ask("GET", "/api/sessions")):
            ask("DELETE", f"/api/sessions/{session['id']}")

    def close(self) -> None:
        """Ends the server and whatever it has started, by their numbers."""
        end(self._process)


class Notebook(Visit):
    """A notebook that is open in a page of JupyterLab.

    Attributes:
        path: the copy that is open.
        netrons: the addresses of all frames that were looked at, of kernels that ended too.
    """

    def __init__(self, lab: Lab, browser, path: Path) -> None:
        """Opens it and waits for its kernel."""
        super().__init__(browser)
        self.path = path
        self.netrons: set[str] = set()
        self.page.goto(f"{lab.url}/lab/workspaces/{path.stem}?token={lab.token}")
        self.page.wait_for_function("window.jupyterapp")
        self.page.evaluate("window.jupyterapp.started.then(() => null)")
        self.page.evaluate(OPEN, {"path": path.name, "factory": "Notebook"})
        self._wait(lambda seen: seen["kernel"] == "idle", "its kernel started")

    def _command(self, name: str) -> None:
        """Starts a command of Lab and does not wait for it."""
        self.page.evaluate("name => { window.jupyterapp.commands.execute(name); }", name)

    def look(self) -> dict:
        """What its cells and its kernel say at this moment."""
        return self.page.evaluate(LOOK)

    def _wait(self, done, what: str) -> dict:
        deadline = time.monotonic() + PATIENCE
        while not done(seen := self.look()):
            assert not seen["errors"], f"{self.path.name}: {seen['errors'][0]}"
            assert not seen["dialog"], f"{self.path.name}: Lab asks: {seen['dialog']}"
            assert time.monotonic() < deadline, f"{self.path.name}: not within {PATIENCE} s: {what}"
            self.page.wait_for_timeout(250)
        return seen

    def run_all(self) -> None:
        """Runs every cell of a notebook without outputs, and waits for the last one."""
        self._command("notebook:run-all-cells")
        self._wait_for_the_last_cell()

    def restart_and_run_all(self) -> None:
        """The same from a fresh kernel, through the menu's command and its question."""
        self._command("notebook:clear-all-cell-outputs")
        self._wait(lambda seen: set(seen["counts"]) == {None}, "outputs cleared")
        self._command("notebook:restart-run-all")
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        self.page.locator(".jp-Dialog").wait_for(state="detached")
        self._wait_for_the_last_cell()

    def _wait_for_the_last_cell(self) -> None:
        seen = self._wait(
            lambda seen: (
                seen["kernel"] == "idle" and not seen["running"] and None not in seen["counts"]
            ),
            "every cell ran",
        )
        assert seen["errors"] == []
        assert seen["counts"] == list(range(1, len(seen["counts"]) + 1))

    def outputs(self) -> list[list[dict]]:
        """The outputs of each code cell, as Lab would store them."""
        return self.page.evaluate(OUTPUTS)

    def blank_images(self) -> list[str]:
        """The images that have not been drawn, once all had the time to be."""
        deadline = time.monotonic() + 20
        while (blank := self.page.evaluate(BLANK)) and time.monotonic() < deadline:
            self.page.wait_for_timeout(100)
        return blank

    def wide_outputs(self) -> list[str]:
        """The outputs, and the prose, that are wider than the page lets them be."""
        return self.page.evaluate(WIDE)

    def frames(self) -> list:
        """Playwright's frames of all frames in outputs, in order."""
        found = self.page.locator(".jp-OutputArea-output iframe").element_handles()
        return [one.content_frame() for one in found]
