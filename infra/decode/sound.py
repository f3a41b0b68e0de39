"""Inside the child: decoded frames become mono samples (s16le, 16 kHz).

Laws: swresample sees one continuous stretch at a time, and its tail is flushed at each cut; one channel is taken as
it is, two go through ``downmix``, more are mixed as swresample does; channels of unknown places are averaged.
"""

from typing import Any, Protocol

import av
import numpy as np

from infra.decode.downmix import BLOCK, Downmix
from infra.decode.timeline import RATE

BYTES = 2
UNSCALED = {"internal_sample_fmt": "fltp", "rematrix_maxval": "8"}
"""For swresample: a voice in the centre of 5.1 keeps its loudness, else it is divided by all weights (-12 dB)."""


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
        self._channels = 1
        self._held = bytearray()

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
            layout = _layout(frame.layout)
            self._channels = 1 if layout == "mono" else frame.layout.nb_channels
            options = UNSCALED if frame.layout.nb_channels > 2 else None
            self._resampler = av.AudioResampler(format="s16", layout=layout, rate=RATE, options=options)
        frame.pts = None
        self._hold(self._resampler.resample(frame))
        self._blocks(BLOCK)

    def finish(self) -> None:
        """Flush what the resampler and the downmix still hold."""
        if self._resampler is not None:
            self._hold(self._resampler.resample(None))
            self._resampler = None
        self._blocks(1)

    def _hold(self, pieces: list[Any]) -> None:
        for piece in pieces:
            self._held += memoryview(piece.planes[0])[: piece.samples * self._channels * BYTES]

    def _blocks(self, least: int) -> None:
        """Pass on blocks of 1 s, the last of a stretch shorter: a frame at a time is too little for numpy."""
        size = self._channels * BYTES
        while len(self._held) >= least * size:
            block = bytes(memoryview(self._held)[: BLOCK * size])
            del self._held[: len(block)]
            self._sink.write_pcm(block if self._channels == 1 else self._mono(block))

    def _mono(self, block: bytes) -> bytes:
        planes = np.frombuffer(block, dtype="<i2").reshape(-1, self._channels).T.astype(np.float32)
        mono = self._downmix.mix(planes / np.float32(32768)) * np.float32(32768) if len(planes) == 2 else planes.mean(0)
        pcm: bytes = np.clip(np.rint(mono), -32768, 32767).astype("<i2").tobytes()
        return pcm


def _layout(layout: Any) -> str:
    """What swresample is asked for; it can't mix channels of which it does not know the place."""
    if layout.nb_channels == 2:
        return "stereo"
    return layout.name if layout.nb_channels > 2 and layout.name.endswith("channels") else "mono"
