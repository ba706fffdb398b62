"""What was fetched from the hub is held against its hashes before it is used."""

from itertools import repeat
from types import SimpleNamespace

import huggingface_hub
import pytest
from hub_server import tag

from helpers import hub
from helpers.errors import InputError
from helpers.hub import from_hub

FILES = {"config.json": b"{}", "model.safetensors": bytes(range(256)) * 400}


class Snapshots:
    """Stands for `snapshot_download`: links to files that are named by their hashes."""

    def __init__(self, folder):
        self.folder = folder
        self.sends = dict(FILES)
        self.fetched = []

    def __call__(self, source, **_):
        for name, data in FILES.items():
            blob = self.folder / "blobs" / tag(data)
            link = self.folder / "snapshots" / "main" / name
            for path in (blob, link):
                path.parent.mkdir(parents=True, exist_ok=True)
            if not blob.exists():
                if self.sends is None:
                    raise OSError("no network\nat all")
                self.fetched.append(name)
                blob.write_bytes(self.sends[name])
            if not link.is_symlink():
                link.symlink_to(blob)
        return str(self.folder / "snapshots" / "main")


@pytest.fixture
def snapshots(tmp_path, monkeypatch):
    stand_in = Snapshots(tmp_path)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", stand_in)
    monkeypatch.setattr(hub, "DOWNLOADS", tmp_path)
    return stand_in


def blob(snapshots, name):
    return snapshots.folder / "blobs" / tag(FILES[name])


def test_a_hash_of_either_kind_is_known(snapshots):
    assert [len(tag(data)) for data in FILES.values()] == [40, 64]
    for _ in range(2):
        assert from_hub("m", "owner/m") == snapshots.folder / "snapshots" / "main"
    assert snapshots.fetched == list(FILES)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("spoil", [lambda data: data[:-1], lambda data: data[:-1] + b"!"])
def test_an_altered_file_is_fetched_again(snapshots, name, spoil):
    from_hub("m", "owner/m")
    blob(snapshots, name).write_bytes(spoil(FILES[name]))
    folder = from_hub("m", "owner/m")
    assert (folder / name).read_bytes() == FILES[name]
    assert snapshots.fetched == [*FILES, name]


@pytest.mark.parametrize(
    ("sends", "reason"),
    [
        (None, r"m: no such folder, and it cannot be fetched from the hub \(no network\); check"),
        ({"config.json": b"other"}, "what came has another one"),
    ],
)
def test_an_altered_file_that_cannot_be_had_again_is_refused(snapshots, sends, reason):
    from_hub("m", "owner/m")
    blob(snapshots, "config.json").write_bytes(b"{ }")
    snapshots.sends = sends
    again = "had not the hash that it came with, and cannot be fetched again: "
    with pytest.raises(InputError, match=f"/main/config.json: {again}{reason}"):
        from_hub("m", "owner/m")


def test_a_file_with_a_name_of_its_own_cannot_be_checked_and_is_used(snapshots, tmp_path):
    folder = from_hub("m", "owner/m")
    (folder / "vocab.txt").write_text("plain")
    assert from_hub("m", "owner/m") == folder


def test_a_full_disk_is_no_matter_of_the_network(snapshots, tmp_path, monkeypatch):
    def full(*_, **__):
        raise RuntimeError("CAS: No space left on device (os error 28)")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", full)
    with pytest.raises(InputError, match=r"cannot write there \(No space left on device\); free"):
        from_hub("m", "owner/m")


def test_what_a_killed_process_left_of_a_model_goes_with_the_next_one(snapshots, tmp_path):
    left = tmp_path / "models--owner--m" / "blobs" / "abc.123.incomplete"
    lock = tmp_path / ".locks" / "models--owner--m" / "abc.lock"
    other = tmp_path / "models--owner--other" / "blobs" / "abc.123.incomplete"
    for path in (left, lock, other):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"half")
    from_hub("m", "owner/m")
    assert not left.exists() and not lock.exists()
    assert other.exists()  # nobody has asked for it


def test_of_a_model_that_cannot_be_had_nothing_is_left(snapshots, tmp_path):
    snapshots.sends = None
    with pytest.raises(InputError, match="no network"):
        from_hub("m", "owner/m")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("models")] == []


class SyncByteStream:
    """By this name the client's own class is known."""


class Stream(SyncByteStream):
    def __init__(self, parts):
        self.parts = parts

    def __iter__(self):
        yield from self.parts

    def close(self):
        self.parts = []


class Address:
    def __init__(self, path):
        self.path = path

    def __str__(self):
        return f"http://hub{self.path}"

    def join(self, location):
        return location if "//" in location else Address(location)


@pytest.fixture(autouse=True)
def asked_anew():
    hub._asked.clear()
    hub._led_to.clear()


def answer_to(path, headers, parts):
    """What the client hands to the hooks, asked for a path."""
    request = SimpleNamespace(headers={}, extensions={}, url=Address(path))
    hub._plainly(request)
    assert request.headers == {"Accept-Encoding": "identity"}
    return SimpleNamespace(request=request, headers=headers, stream=Stream(parts))


WEIGHTS, VOCABULARY = ("/owner/m/resolve/main/" + name for name in ("a.safetensors", "vocab.txt"))
INFO = "/api/models/owner/m"


@pytest.mark.parametrize(
    ("path", "headers", "most"),
    [
        (WEIGHTS, {"content-length": "10"}, 10),
        (WEIGHTS, {}, 25),
        (VOCABULARY, {}, 15),
        (INFO, {}, 5),
        ("/api/models/resolve/a.safetensors", {}, 5),
        ("/elsewhere", {}, 5),
    ],
)
def test_an_answer_without_end_is_given_up(monkeypatch, path, headers, most):
    for name, limit in (("_WEIGHTS", 25), ("_TEXT", 15), ("_TOLD", 5)):
        monkeypatch.setattr(hub, name, limit)
    answer = answer_to(path, headers, [b"12345"] * (most // 5))
    hub._hurry(answer)
    assert b"".join(answer.stream) == b"12345" * (most // 5)
    endless = answer_to(path, headers, repeat(b"12345"))
    hub._hurry(endless)
    with pytest.raises(OSError, match=f"more than {most} bytes came"):
        list(endless.stream)


@pytest.mark.parametrize(
    ("path", "most"),
    [(WEIGHTS, "20,000,000,000"), (VOCABULARY, "16,777,216"), (INFO, "5,000,000")],
)
def test_an_answer_that_announces_too_much_is_not_begun(path, most):
    least = {"content-length": most.replace(",", "")}
    hub._hurry(answer_to(path, least, []))
    more = {"content-length": str(10**15)}
    with pytest.raises(OSError, match=f"^1,000,000,000,000,000 bytes .* more than {most}$"):
        hub._hurry(answer_to(path, more, []))


def test_what_a_redirect_leads_to_has_the_limit_of_what_was_asked_for():
    answer = answer_to(INFO, {}, [])
    answer.request.url.path = WEIGHTS
    hub._plainly(answer.request)
    assert answer.request.extensions == {"most": hub._TOLD}


@pytest.mark.parametrize(("path", "most"), [(WEIGHTS, hub._WEIGHTS), (VOCABULARY, hub._TEXT)])
def test_what_is_asked_anew_where_an_answer_led_has_its_limit_too(path, most):
    for place, location in ((path, "/cache/blob"), ("/cache/blob", "/store/blob")):
        answer = answer_to(place, {"location": location}, [])
        hub._hurry(answer)
        assert answer.request.extensions == {"most": most}
    assert answer_to("/store/blob", {}, []).request.extensions == {"most": most}
    assert answer_to("/store/other", {}, []).request.extensions == {"most": hub._TOLD}


def test_bytes_that_are_counted_before_they_are_unpacked_are_refused():
    hub._hurry(answer_to(INFO, {"content-encoding": "Identity"}, []))
    with pytest.raises(OSError, match=r"it comes packed \(gzip\), which was not asked for"):
        hub._hurry(answer_to(INFO, {"content-encoding": "gzip"}, []))


def test_one_address_is_not_asked_for_ever(snapshots):
    for _ in range(hub._TRIES):
        answer_to(WEIGHTS, {}, [])
    answer_to(VOCABULARY, {}, [])
    with pytest.raises(OSError, match=r"^/owner/m/resolve/main/a\.safetensors is not whole after"):
        answer_to(WEIGHTS, {}, [])
    from_hub("m", "owner/m")  # begins to count anew
    answer_to(WEIGHTS, {}, [])
