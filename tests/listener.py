"""Somebody's web server, for webhooks that are to be told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


@contextmanager
def listener(statuses: list[int]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Answers with one status after the other; what it was told."""
    told: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told.append({"body": body, **{name.lower(): value for name, value in self.headers.items()}})
            self.send_response(statuses.pop(0))
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/ended?x=1", told
        finally:
            server.shutdown()
            thread.join()
