"""The address at which a reader's browser finds a server that the kernel has started.

On the reader's own machine that is the server's address itself. Where Jupyter runs on another
machine, the browser reaches Jupyter and nothing else there: jupyter-server-proxy, a part of
Jupyter's server, then hands requests for `proxy/PORT/` below Jupyter's own address to that port.
"""

import importlib.util
import os
from urllib.parse import urlsplit

from helpers.errors import InputError

__all__ = ["address_for_a_browser", "is_remote"]

_PROXY = "jupyter_server_proxy"


def is_remote() -> bool:
    """Whether this kernel seems to run on another machine than the reader's browser.

    JupyterHub (and Binder, which is one) tells every server its place in
    `JUPYTERHUB_SERVICE_PREFIX`, and a shell that was opened over SSH has `SSH_CONNECTION`. Kernels
    inherit both.
    """
    return bool(os.environ.get("JUPYTERHUB_SERVICE_PREFIX") or os.environ.get("SSH_CONNECTION"))


def address_for_a_browser(url: str, proxied: bool | None = None) -> str:
    """Where a page of Jupyter finds a server of the kernel's machine.

    Args:
        url: the server's address on the kernel's machine, as `http://localhost:PORT/PATH`.
        proxied: whether to go through jupyter-server-proxy; None: where the kernel `is_remote`.

    Returns:
        The address itself, or `PREFIX/proxy/PORT/PATH` on the host from which the page came.

    Raises:
        InputError: it should go through jupyter-server-proxy, which is not installed here.
    """
    if not (is_remote() if proxied is None else proxied):
        return url
    if importlib.util.find_spec(_PROXY) is None:
        raise InputError(
            "Jupyter runs on another machine than your browser; what its kernels serve needs "
            "jupyter-server-proxy there: pip install jupyter-server-proxy, then start Jupyter again"
        )
    parts = urlsplit(url)
    return f"{_prefix().rstrip('/')}/proxy/{parts.port}{parts.path}"


def _prefix() -> str:
    """The path below which Jupyter's server answers, `/` unless it was given another."""
    from jupyter_server.serverapp import list_running_servers

    if prefix := os.environ.get("JUPYTERHUB_SERVICE_PREFIX"):
        return prefix
    starter = os.getppid()  # Jupyter's server starts its kernels itself
    found = [server["base_url"] for server in list_running_servers() if server["pid"] == starter]
    return found[0] if found else "/"
