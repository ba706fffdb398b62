"""What was fetched from the hub is held against its hashes before it is used."""

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
