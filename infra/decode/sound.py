"""Inside the child: decoded frames become mono samples at 16 kHz; swresample's tail is flushed at each cut."""

from typing import Any

import av
import numpy as np

from infra.decode.downmix import BLOCK, Downmix
from infra.decode.timeline import RATE
from infra.decode.writer import Writer


class Sound:
    """One stretch of continuous audio after another, resampled and laid where it belongs."""

    def __init__(self, writer: Writer) -> None:
        self._writer, self._downmix = writer, Downmix()
        self._resampler: Any = None
        self._shape: Any = None
        self._held = np.zeros((2, 0), dtype=np.float32)

    def restart(self, position: int) -> None:
        """What follows begins at this sample of the output."""
        self.finish()
        self._writer.move(position)

    def take(self, frame: Any) -> None:
        """Add one decoded frame."""
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:
            self.finish()
            self._shape = shape
        if self._resampler is None:
            layout = "stereo" if frame.layout.name == "stereo" else "mono"
            self._resampler = av.AudioResampler(format="fltp", layout=layout, rate=RATE)
        frame.pts = None
        for piece in self._resampler.resample(frame):
            self._mix(piece.to_ndarray())

    def finish(self) -> None:
        """Flush what the resampler and the downmix still hold."""
        if self._resampler is not None:
            for piece in self._resampler.resample(None):
                self._mix(piece.to_ndarray())
        self._resampler = None
        if self._held.shape[1]:
            self._writer.write(self._downmix.mix(self._held))
            self._held = self._held[:, :0]

    def _mix(self, piece: Any) -> None:
        if piece.shape[0] == 1:
            self._writer.write(piece[0])
            return
        self._held = np.concatenate([self._held, piece], axis=1)
        while self._held.shape[1] >= BLOCK:
            self._writer.write(self._downmix.mix(self._held[:, :BLOCK]))
            self._held = self._held[:, BLOCK:]
