"""Inside the child: samples are laid on the output's grid and sent in messages of one second.

Laws: a sample goes where its time says; silence fills what is missing, what overlaps is dropped; nothing is written
beyond the cap.
"""

from collections.abc import Callable

from infra.decode.child import Refused
from infra.decode.timeline import RATE

MESSAGE = 2 * RATE
"""Bytes per message: one second."""


class Writer:
    """The output: ``position`` samples are written, ``move`` says where the next ones belong."""

    def __init__(self, send: Callable[..., None], max_seconds: float) -> None:
        self._send, self._most = send, int(max_seconds * RATE)
        self.position, self._skip = 0, 0
        self._held = bytearray()

    def move(self, position: int) -> None:
        """The next sample belongs here. Raises Refused("too_long")."""
        self._allow(position)
        self._skip = max(0, self.position - position)
        while self.position < position:
            self._add(bytes(min(MESSAGE, 2 * (position - self.position))))

    def write_pcm(self, data: bytes) -> None:
        """Add samples (s16le)."""
        dropped = min(2 * self._skip, len(data))
        self._skip -= dropped // 2
        self._allow(self.position + (len(data) - dropped) // 2)
        self._add(data[dropped:])

    def flush(self) -> None:
        """Send what is held."""
        if self._held:
            self._send({"kind": "pcm"}, bytes(self._held))
            self._held.clear()

    def _add(self, data: bytes) -> None:
        self._held += data
        self.position += len(data) // 2
        while len(self._held) >= MESSAGE:
            self._send({"kind": "pcm"}, bytes(self._held[:MESSAGE]))
            del self._held[:MESSAGE]

    def _allow(self, position: int) -> None:
        if position > self._most:
            raise Refused("too_long", f"the audio is longer than {self._most / RATE / 3600:.3g} h")
