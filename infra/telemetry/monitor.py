"""``/metrics``, ``/healthz`` and ``/readyz`` of a process that serves nothing else, on a thread of its own.

Nothing here knows what is healthy: it asks. Every other path is 404, every other method 501.
"""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from infra.telemetry.exposition import CONTENT_TYPE
from schemas.errors import BadSettings

Answer = tuple[int, str, str]
PLAIN = "text/plain; charset=utf-8"


class Monitor:
    """``wrong`` says what is not well, if something is; ``ready`` whether work is taken; ``metrics`` is the page."""

    def __init__(
        self, host: str, port: int, *, metrics: Callable[[], str], wrong: Callable[[], str | None],
        ready: Callable[[], bool],
    ) -> None:  # fmt: skip
        self._metrics, self._wrong, self._ready = metrics, wrong, ready
        try:
            self._server = ThreadingHTTPServer((host, port), self._handler())
        except OSError as error:
            raise BadSettings(
                f"CHALKSTREAM_MONITOR__PORT {port} can't be used: {error.strerror}", "name a free port, or 0 for none"
            ) from None
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, name="monitor", daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str) -> Answer:
        """Status, content type and body."""
        match path.partition("?")[0]:
            case "/metrics":
                return 200, CONTENT_TYPE, self._metrics()
            case "/healthz":
                wrong = self._wrong()
                return (503, PLAIN, wrong + "\n") if wrong else (200, PLAIN, "ok\n")
            case "/readyz":
                return (200, PLAIN, "ready\n") if self._ready() else (503, PLAIN, "not yet\n")
        return 404, PLAIN, "there are /metrics, /healthz and /readyz\n"

    def _handler(monitor) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - self is the handler's below
        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                status, kind, body = monitor.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None: ...

        return Handler
