"""Inside the child: samples are laid on the output's grid and sent in messages of about one second.

Laws: a sample goes where its time says; silence fills what is missing, what overlaps is dropped; nothing is written
beyond the cap.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from infra.decode.child import Refused
from infra.decode.timeline import RATE

if TYPE_CHECKING:
    from infra.decode.downmix import Pcm

MESSAGE = RATE
"""Samples per message."""


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
            self._add(bytes(2 * min(MESSAGE, position - self.position)))

    def write(self, samples: "Pcm") -> None:
        """Add float samples (-1 to 1)."""
        dropped = min(self._skip, len(samples))
        self._skip -= dropped
        whole = np.clip(np.rint(samples[dropped:] * np.float32(32768)), -32768, 32767).astype("<i2")
        self._allow(self.position + len(whole))
        self._add(whole.tobytes())

    def flush(self) -> None:
        """Send what is held."""
        if self._held:
            self._send({"kind": "pcm"}, bytes(self._held))
            self._held.clear()

    def _add(self, data: bytes) -> None:
        self._held += data
        self.position += len(data) // 2
        while len(self._held) >= 2 * MESSAGE:
            self._send({"kind": "pcm"}, bytes(self._held[: 2 * MESSAGE]))
            del self._held[: 2 * MESSAGE]

    def _allow(self, position: int) -> None:
        if position > self._most:
            raise Refused("too_long", f"the audio is longer than {self._most / RATE / 3600:.3g} h")
