"""Talk of any length, the same at every run: espeak voices say sentences, a draw puts them in order.

More than ten minutes are the same ten minutes end to end. MP4 with AAC at 48 kbit/s, mono, 16 kHz.
"""

import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from math import ceil
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from demo import grammar, speech

MADE: Final = 1
SENTENCES: Final = 150
VOICES: Final = (("gmw/en-US", speech.Manner(150, 45, 50)), ("gmw/en-GB-x-rp+f2", speech.Manner(155, 55, 55)))
LEVEL: Final = 0.5
FRAME: Final = 1024
"""Samples of an AAC packet."""
REEL: Final = 600 * speech.SAMPLE_RATE // FRAME


def talk(cache: Path, seconds: float) -> Path:
    """The file with ``seconds`` of talk. Made once."""
    path = cache / f"talk-{seconds:.0f}.{MADE}.mp4"
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}")
        _write(beside, _draw(random.Random(7)), seconds)
        beside.rename(path)
    return path


def _draw(rng: random.Random) -> Iterator[NDArray[np.float32]]:
    """Sentences and the pauses after them: a breath, and at each sixth sentence time for a new slide."""
    said = [
        _say(text["en"], *VOICES[n % 2])
        for n, text in enumerate(islice(grammar.sentences(7, evaluation=True), SENTENCES))
    ]
    while True:
        for number, audio in enumerate(rng.sample(said, len(said)), 1):
            yield audio
            yield speech.pause(rng.uniform(1.5, 3.5) if number % 6 == 0 else rng.uniform(0.3, 0.9))


def _say(text: str, voice: str, manner: speech.Manner) -> NDArray[np.float32]:
    audio = speech.say(text, voice, manner).audio
    return np.asarray(audio * (LEVEL / np.abs(audio).max()), np.float32)


def _write(path: Path, pieces: Iterator[NDArray[np.float32]], seconds: float) -> None:
    """Encode a reel of talk and lay it end to end: encoding hours would take minutes."""
    import av

    frames = ceil(seconds * speech.SAMPLE_RATE / FRAME)
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart", "fflags": "+bitexact"}) as container:
        stream: Any = container.add_stream("aac", rate=speech.SAMPLE_RATE, layout="mono", bit_rate=48_000)
        reel = [bytes(packet) for packet in _encoded(stream, pieces, min(frames, REEL))]
        for number in range(frames):
            packet = av.Packet(reel[number % len(reel)])
            packet.stream, packet.time_base, packet.duration = stream, Fraction(1, speech.SAMPLE_RATE), FRAME
            packet.pts = packet.dts = number * FRAME
            container.mux(packet)


def _encoded(stream: Any, pieces: Iterator[NDArray[np.float32]], frames: int) -> Iterator[Any]:
    import av

    done = 0
    while done < frames * FRAME:
        piece = next(pieces)
        frame = av.AudioFrame.from_ndarray(piece[None, :], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = speech.SAMPLE_RATE, done, Fraction(1, speech.SAMPLE_RATE)
        yield from stream.encode(frame)
        done += len(piece)
