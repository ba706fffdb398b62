"""Where a reader's browser finds a server that the kernel has started."""

import os

import pytest
from jupyter_server import serverapp

from helpers import frames
from helpers.errors import InputError
from helpers.frames import address_for_a_browser, is_remote

URL = "http://localhost:5000/key/"
HUB = {"JUPYTERHUB_SERVICE_PREFIX": "/user/ada/"}
SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """A machine without signs of a hub or of SSH, on which two servers of Jupyter run."""
    for sign in HUB | SSH:
        monkeypatch.delenv(sign, raising=False)
    servers = [{"pid": os.getppid() + 1, "base_url": "/other/"}]
    servers.append({"pid": os.getppid(), "base_url": "/mine/"})
    monkeypatch.setattr(serverapp, "list_running_servers", lambda: iter(servers))
    return servers


def put(monkeypatch, environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def test_on_the_readers_own_machine_the_address_is_the_servers():
    assert not is_remote()
    assert address_for_a_browser(URL) == URL


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (HUB, "/user/ada/proxy/5000/key/"),
        (SSH, "/mine/proxy/5000/key/"),
        (HUB | SSH, "/user/ada/proxy/5000/key/"),
    ],
    ids=["hub", "ssh", "both"],
)
def test_elsewhere_it_lies_below_jupyters_own(monkeypatch, environment, expected):
    put(monkeypatch, environment)
    assert is_remote()
    assert address_for_a_browser(URL) == expected


def test_a_server_that_nobody_lists_is_taken_to_answer_at_the_top(monkeypatch, here):
    put(monkeypatch, SSH)
    here.clear()
    assert address_for_a_browser(URL) == "/proxy/5000/key/"


def test_who_knows_better_than_the_signs_may_say_so(monkeypatch):
    assert address_for_a_browser(URL, proxied=True) == "/mine/proxy/5000/key/"
    put(monkeypatch, SSH)
    assert address_for_a_browser(URL, proxied=False) == URL


@pytest.mark.parametrize("environment", [HUB, SSH], ids=["hub", "ssh"])
def test_without_the_proxy_the_remedy_is_told(monkeypatch, environment):
    put(monkeypatch, environment)
    monkeypatch.setattr(frames.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install jupyter-server-proxy, then start Jupyter"):
        address_for_a_browser(URL)
    assert address_for_a_browser(URL, proxied=False) == URL
