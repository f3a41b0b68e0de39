"""One question to a Kafka broker, by hand: who serves here?

A Metadata request of version 4 needs no client library, no second thread and no retry, and its answer
tells our own broker from any other program that listens on the port.
"""

import socket
import struct
from contextlib import suppress

from infra.local.ports import HOST

LARGEST = 1 << 16


def metadata_request(client: str = "chalkstream") -> bytes:
    """A framed Metadata request, version 4, for no topic: asks only who is there."""
    name = client.encode()
    body = struct.pack(">hhih", 3, 4, 1, len(name)) + name + struct.pack(">i?", 0, False)
    return struct.pack(">i", len(body)) + body


def cluster_of(response: bytes) -> str | None:
    """The cluster id in a Metadata response of version 4 without its length; None while no broker serves."""
    (brokers,) = struct.unpack_from(">i", response, 8)
    place = 12
    for _ in range(brokers):
        place = _after_string(response, place + 4) + 4  # node id, host, port
        place = _after_string(response, place)  # rack
    end = _after_string(response, place)
    return response[place + 2 : end].decode() if brokers else None


def _after_string(data: bytes, place: int) -> int:
    length: int = struct.unpack_from(">h", data, place)[0]
    return place + 2 + max(length, 0)


def answers(port: int, cluster_id: str, timeout: float = 2.0) -> bool:
    """Whether the broker of this cluster, and no other program, serves clients on the port."""
    with suppress(OSError, struct.error), socket.create_connection((HOST, port), timeout) as link:
        link.sendall(metadata_request())
        (size,) = struct.unpack(">i", _exactly(link, 4))
        return cluster_of(_exactly(link, min(size, LARGEST))) == cluster_id
    return False


def _exactly(link: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = link.recv(size - len(data))
        if not more:
            raise ConnectionError("closed in the middle of an answer")
        data += more
    return data
