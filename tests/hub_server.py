"""As much of the hub as the course asks for, on a port of the loopback device."""

import hashlib
import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path

__all__ = ["SHA", "hub", "tag"]

SHA = "0123456789abcdef0123456789abcdef01234567"


def hub(
    repository: str, folder: Path, asked: list[str], elsewhere: str = ""
) -> type[BaseHTTPRequestHandler]:
    """As much of the hub as `snapshot_download` asks for: the list of files, and each file.

    Where `elsewhere` is given, the address of another such server, weights are fetched from there.
    """
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    files["pytorch_model.bin"] = b"a pickle that must never be fetched"

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self):
            self.answer(body=False)

        def do_GET(self):
            self.answer(body=True)

        def answer(self, *, body):
            asked.append(f"{self.command} {self.path}")
            path = self.path.split("?")[0]
            listing, start = f"/api/models/{repository}", f"/{repository}/resolve/{SHA}/"
            if path in (listing, f"{listing}/revision/main", f"{listing}/revision/{SHA}"):
                siblings = [{"rfilename": name} for name in files]
                info = {"id": repository, "modelId": repository, "sha": SHA, "siblings": siblings}
                self.send(200, json.dumps(info).encode(), body, "application/json")
            elif path.startswith(f"{listing}/tree/"):
                rows = [
                    {"type": "file", "path": name, "size": len(data), "oid": tag(data)}
                    for name, data in files.items()
                ]
                self.send(200, json.dumps(rows).encode(), body, "application/json")
            elif path.startswith("/content/"):
                (data,) = (data for data in files.values() if tag(data) == path.split("/")[-1])
                self.send(200, data, body, "application/octet-stream")
            elif path.startswith(start) and path.removeprefix(start) in files:
                data = files[path.removeprefix(start)]
                if elsewhere and path.endswith(".safetensors"):
                    there = {"Location": f"{elsewhere}/content/{tag(data)}"}
                    linked = {"X-Linked-Etag": f'"{tag(data)}"', "X-Linked-Size": str(len(data))}
                    self.send(302, b"Found", body, "text/plain", there | linked)
                    return
                self.send(200, data, body, "application/octet-stream")
            else:
                self.send(404, b"", body, "text/plain", {"X-Error-Code": "RepoNotFound"})

        def send(self, status, data, body, kind, more=None):
            self.send_response(status)
            headers = {"ETag": f'"{tag(data)}"', "X-Repo-Commit": SHA, "Content-Type": kind}
            for name, value in {**headers, **(more or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if body:
                self.wfile.write(data)

        def log_message(self, *_):
            pass

    return Handler


def tag(data: bytes) -> str:
    """As the hub names a file: SHA-256 where it is large, else git's hash of a blob."""
    if len(data) > 50_000:
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
