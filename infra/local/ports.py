"""Which loopback port a service gets.

Chosen below the kernel's ephemeral range: a client that keeps dialling a dead broker can be given the
broker's own port as its source port, connect to itself, and so keep the broker from coming back.
"""

import random
import socket
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from schemas.errors import BadSettings, Unavailable

HOST = "127.0.0.1"
LOWEST = 10_240
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def choose(
    wanted: int | None, preferred: Iterable[int | None], candidates: Iterable[int], free: Callable[[int], bool]
) -> int:
    """The wanted port or an error; else the first free one of the preferred, then of the candidates."""
    if wanted is not None:
        return _exactly(wanted, free)
    for port in preferred:
        if port and free(port):
            return port
    for port in candidates:
        if free(port):
            return port
    raise Unavailable("no free loopback port was found", "end programs that listen, or name a port")


def _exactly(port: int, free: Callable[[int], bool]) -> int:
    if not 0 < port < 65_536:
        raise BadSettings(f"{port} is not a port", "name one from 1 to 65535, or none to have a free one chosen")
    if not free(port):
        raise Unavailable(f"port {port} is taken by another program", "name another port, or none")
    return port


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now (connections in TIME_WAIT do not count)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def candidates(tries: int = 200) -> Iterator[int]:
    """Random ports below the ephemeral range."""
    highest = int(EPHEMERAL.read_text().split()[0]) if EPHEMERAL.exists() else 32_768
    for _ in range(tries):
        yield random.randrange(LOWEST, max(highest, LOWEST + 1))


def free_port(wanted: int | None = None, preferred: Iterable[int | None] = (), given: Collection[int] = ()) -> int:
    """``choose`` on this machine, now, but none of the ``given``."""
    return choose(wanted, preferred, candidates(), lambda port: port not in given and is_free(port))
