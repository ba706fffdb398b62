"""A download is fetched once, checked, and only then put in place."""

import hashlib
import os
import socket
import stat
from http.server import BaseHTTPRequestHandler

import pytest
from builders import server

from helpers import downloads
from helpers.downloads import SQUAD_DEV_SHA256, SQUAD_DEV_URL, fetch, squad_dev
from helpers.errors import InputError
from helpers.settings import squad_path

CONTENT = b'{"data": []}' * 4000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A file server: /file whole, /broken ends in the middle, all else is 404."""
    monkeypatch.chdir(tmp_path)  # where wget would leave its scraps
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            if self.path not in ("/file", "/broken"):
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT if self.path == "/file" else CONTENT[:20_000])

        def log_message(self, *_):
            pass

    with server(Handler) as address:
        yield address, asked


def everything(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_the_right_file_lands_and_nothing_beside_it(site, tmp_path):
    path = fetch(f"{site[0]}/file", tmp_path / "kept" / "squad.json", digest=DIGEST)
    assert path.read_bytes() == CONTENT
    assert everything(tmp_path) == ["kept", "kept/squad.json"]
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) & 0o444 == 0o444


def test_the_second_call_downloads_nothing(site, tmp_path):
    for _ in range(2):
        fetch(f"{site[0]}/file", tmp_path / "squad.json", digest=DIGEST)
    assert site[1] == ["/file"]


def test_a_file_that_was_changed_is_fetched_anew(site, tmp_path):
    path = tmp_path / "squad.json"
    path.write_bytes(CONTENT[:-1])
    fetch(f"{site[0]}/file", path, digest=DIGEST)
    assert path.read_bytes() == CONTENT


def test_a_wrong_hash_leaves_nothing_and_names_both(site, tmp_path):
    with pytest.raises(InputError) as caught:
        fetch(f"{site[0]}/file", tmp_path / "kept" / "squad.json", digest="0" * 64)
    assert str(caught.value).startswith(f"{site[0]}/file: ")
    assert DIGEST in str(caught.value)
    assert "0" * 64 in str(caught.value)
    assert everything(tmp_path) == ["kept"]


def test_a_wrong_hash_leaves_the_old_file(site, tmp_path):
    path = tmp_path / "squad.json"
    path.write_bytes(b"old")
    with pytest.raises(InputError):
        fetch(f"{site[0]}/file", path, digest="0" * 64)
    assert path.read_bytes() == b"old"
    assert everything(tmp_path) == ["squad.json"]


def test_a_server_that_breaks_off_leaves_nothing(site, tmp_path):
    with pytest.raises(InputError, match=r"/broken: cannot be downloaded \(.*20000.*48000"):
        fetch(f"{site[0]}/broken", tmp_path / "kept" / "squad.json", digest=DIGEST)
    assert everything(tmp_path) == ["kept"]


def test_a_missing_file_is_told(site, tmp_path):
    with pytest.raises(InputError, match=r"/other: cannot be downloaded \(Not Found\)"):
        fetch(f"{site[0]}/other", tmp_path / "squad.json", digest=DIGEST)
    assert everything(tmp_path) == []


def test_without_a_network_the_message_says_where_to_put_the_file(tmp_path, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]  # nobody listens there
    monkeypatch.setattr(downloads, "SQUAD_DEV_URL", f"http://127.0.0.1:{port}/dev-v1.1.json")
    monkeypatch.setattr(downloads, "DOWNLOADS", tmp_path / "downloads")
    with pytest.raises(InputError) as caught:
        squad_path("dev")
    message = str(caught.value)
    assert message.startswith(f"http://127.0.0.1:{port}/dev-v1.1.json: cannot be downloaded (")
    assert f"put it at {tmp_path / 'downloads' / 'dev-v1.1.json'}" in message
    assert everything(tmp_path) == ["downloads"]


def test_squad_dev_fetches_to_downloads_and_checks_the_hash(site, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "SQUAD_DEV_URL", f"{site[0]}/file")
    monkeypatch.setattr(downloads, "DOWNLOADS", tmp_path)
    with pytest.raises(InputError, match=f"expected {SQUAD_DEV_SHA256}"):
        squad_dev()
    monkeypatch.setattr(downloads, "SQUAD_DEV_SHA256", DIGEST)
    assert squad_dev() == tmp_path / "dev-v1.1.json"
    assert squad_dev().read_bytes() == CONTENT
    assert site[1] == ["/file"] * 2


def test_the_address_is_the_articles_and_the_hash_is_pinned():
    assert SQUAD_DEV_URL == "https://rajpurkar.github.io/SQuAD-explorer/dataset/dev-v1.1.json"
    assert SQUAD_DEV_SHA256 == "95aa6a52d5d6a735563366753ca50492a658031da74f301ac5238b03966972c9"
