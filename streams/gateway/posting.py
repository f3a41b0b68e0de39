"""A POST to an address that a stranger named: to public addresses alone, looked up once and then held to, no redirects.

Blocking, for worker threads. Whatever goes wrong is a word, never an exception.
"""

import http.client
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from schemas.errors import BadInput

SECONDS: Final = 10.0
LONGEST: Final = 2_000


@dataclass(frozen=True)
class Target:
    """Where to: ``address`` is one that the name had when it was looked up."""

    url: SplitResult
    address: str
    port: int


def target(url: str, *, private: bool) -> Target:
    """Raises BadInput for what is no web address, or not one of the public internet."""
    parts = _split(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise BadInput("invalid_request", "the host of the url is not known", "check its name") from None
    return Target(parts, allowed([str(each[4][0]) for each in found], private=private), port)


def allowed(addresses: Sequence[str], *, private: bool) -> str:
    """The first of them. Raises BadInput where any is not public: a name that has both is a trap."""
    if not private and not all(_is_public(each) for each in addresses):
        raise BadInput("invalid_request", "the url leads to a private address", "use one of the public internet")
    return addresses[0]


def _is_public(address: str) -> bool:
    found = ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_global and not (mapped or found).is_multicast


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = None
    if (
        not usable
        or len(url) > LONGEST
        or not url.isascii()
        or not url.isprintable()
        or " " in url
        or "@" in parts.netloc
    ):
        raise BadInput("invalid_request", "the url can't be used", "http:// or https://, a host and a path")
    return parts


def post(to: Target, body: bytes, headers: Mapping[str, str]) -> str:
    """``ok``, or what went wrong, in a word."""
    made = _Secure(to) if to.url.scheme == "https" else _Plain(to)
    path = (to.url.path or "/") + (f"?{to.url.query}" if to.url.query else "")
    try:
        made.request("POST", path, body, dict(headers))
        answer = made.getresponse()
        answer.read(1_024)
        return "ok" if 200 <= answer.status < 300 else f"status {answer.status}"
    except (OSError, http.client.HTTPException, ValueError) as error:
        return type(error).__name__
    finally:
        made.close()


class _Plain(http.client.HTTPConnection):
    """To the address that was looked at, by the name that was told."""

    def __init__(self, to: Target) -> None:
        super().__init__(to.url.hostname or "", to.port, timeout=SECONDS)
        self._address = to.address

    def connect(self) -> None:
        """No second look-up."""
        self.sock = socket.create_connection((self._address, self.port), SECONDS)


class _Secure(_Plain):
    """The same with TLS, whose certificate is for the name."""

    default_port = http.client.HTTPS_PORT

    def connect(self) -> None:
        """No second look-up."""
        super().connect()
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
