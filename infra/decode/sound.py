"""Inside the child: decoded frames become mono samples (s16le, 16 kHz).

Laws: swresample sees one continuous stretch at a time, and its tail is flushed at each cut; one channel is taken as
it is, two go through ``downmix``, more are mixed as swresample does; channels of unknown places are averaged.
"""

from typing import TYPE_CHECKING, Any, Protocol

import av
import numpy as np

from infra.decode.downmix import BLOCK, Downmix
from infra.decode.timeline import RATE

if TYPE_CHECKING:
    from infra.decode.downmix import Pcm


class Sink(Protocol):
    """Where the samples go."""

    def move(self, position: int) -> None: ...
    def write_pcm(self, data: bytes) -> None: ...


class Sound:
    """One stretch of continuous audio after another."""

    def __init__(self, sink: Sink) -> None:
        self._sink, self._downmix = sink, Downmix()
        self._resampler: Any = None
        self._shape: Any = None
        self._held: list[Pcm] = []
        self._count = 0

    def restart(self, position: int) -> None:
        """What follows begins at this sample of the output."""
        self.finish()
        self._sink.move(position)

    def take(self, frame: Any) -> None:
        """Add one decoded frame."""
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:
            self.finish()
            self._shape = shape
        if self._resampler is None:
            self._resampler = av.AudioResampler(format="fltp", layout=_layout(frame.layout), rate=RATE)
        frame.pts = None
        self._mix(self._resampler.resample(frame))

    def finish(self) -> None:
        """Flush what the resampler and the downmix still hold."""
        if self._resampler is not None:
            self._mix(self._resampler.resample(None))
            self._resampler = None
        self._blocks(1)

    def _mix(self, pieces: list[Any]) -> None:
        for piece in pieces:
            planes = piece.to_ndarray()
            if len(planes) == 2:
                self._held.append(planes)
                self._count += planes.shape[1]
            else:
                self._write(planes.mean(axis=0) if len(planes) > 2 else planes[0])
        self._blocks(BLOCK)

    def _blocks(self, least: int) -> None:
        if self._count < least or not self._count:
            return
        joined = np.concatenate(self._held, axis=1)
        whole = len(joined[0]) if least < BLOCK else self._count // BLOCK * BLOCK
        for start in range(0, whole, BLOCK):
            self._write(self._downmix.mix(joined[:, start : min(start + BLOCK, whole)]))
        self._held, self._count = [joined[:, whole:]], self._count - whole

    def _write(self, mono: "Pcm") -> None:
        whole = np.clip(np.rint(mono * np.float32(32768)), -32768, 32767)
        self._sink.write_pcm(whole.astype("<i2").tobytes())


def _layout(layout: Any) -> str:
    """What swresample is asked for; it can't mix channels of which it does not know the place."""
    if layout.nb_channels == 2:
        return "stereo"
    return layout.name if layout.nb_channels > 2 and layout.name.endswith("channels") else "mono"
