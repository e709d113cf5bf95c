"""As much of an S3-compatible store as the portal uses, on a port of this machine."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = "uploads"


class Store:
    """What is stored, by key: bytes and when. `broken` makes it refuse everything."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.objects: dict[str, tuple[bytes, datetime]] = {}
        self.broken = False
        self.asked: list[tuple[str, str]] = []


@contextmanager
def object_store() -> Iterator[Store]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.store = Store(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.store
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def _key(self) -> str:
        bucket, _, key = unquote(urlsplit(self.path).path).lstrip("/").partition("/")
        assert bucket == BUCKET
        self.server.store.asked.append((self.command, key))
        return key

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _object(self, key: str) -> None:
        store = self.server.store
        if store.broken:
            self._answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        elif key not in store.objects:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            data, at = store.objects[key]
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("ETag", f'"{md5(data).hexdigest()}"')  # noqa: S324 - as S3 does
            self.send_header("Last-Modified", format_datetime(at, usegmt=True))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

    def do_PUT(self) -> None:
        key, store = self._key(), self.server.store
        data = self.rfile.read(int(self.headers["Content-Length"]))
        assert "aws-chunked" not in self.headers.get("Content-Encoding", "")
        if store.broken:
            self._answer(403, b"<Error><Code>AccessDenied</Code></Error>")
            return
        store.objects[key] = (data, datetime.now(UTC).replace(microsecond=0))
        self._answer(200, ETag=f'"{md5(data).hexdigest()}"')  # noqa: S324 - as S3 does

    def do_HEAD(self) -> None:
        key = self._key()
        if key:
            self._object(key)
        else:
            self._answer(403 if self.server.store.broken else 200)

    def do_GET(self) -> None:
        key = self._key()
        if key:
            self._object(key)
            return
        entries = "".join(
            f"<Contents><Key>{name}</Key><LastModified>{at.isoformat()}</LastModified>"
            f"<Size>{len(data)}</Size></Contents>"
            for name, (data, at) in sorted(self.server.store.objects.items())
        )
        body = (
            '<?xml version="1.0"?><ListBucketResult>'
            f"<IsTruncated>false</IsTruncated>{entries}</ListBucketResult>"
        )
        self._answer(200, body.encode(), Content_Type="application/xml")

    def do_DELETE(self) -> None:
        self.server.store.objects.pop(self._key(), None)
        self._answer(204)
