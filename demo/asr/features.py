"""log10 mel frames as faster-whisper computes them (80 bands, 10 ms), without its per-recording normalisation.

The normalisation comes last, in `normalise`, so that windows can be put together and noise be added as power.
"""

import random
from functools import cache

import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor
from numpy.typing import NDArray

from demo.speech import SAMPLE_RATE, Audio

Mel = NDArray[np.float32]
BANDS = 80
FRAMES_PER_SECOND = 100
SILENCE = -10.0
DYNAMIC_RANGE = 8.0
BACKGROUND_SECONDS = 20


@cache
def _extractor() -> FeatureExtractor:
    return FeatureExtractor()


def log_mel(audio: Audio) -> Mel:
    """(80, frames) of log10 power, floor -10."""
    extractor = _extractor()
    window = np.hanning(401)[:-1].astype(np.float32)
    spectrum = extractor.stft(np.pad(audio, (0, 160)), 400, 160, window=window, return_complex=True)
    power = extractor.mel_filters @ (np.abs(spectrum[..., :-1]) ** 2)
    mel: Mel = np.log10(np.clip(power, 1e-10, None)).astype(np.float32)
    return mel


def normalise(mel: Mel, headroom: float = 0.0) -> Mel:
    """faster-whisper's scaling; `headroom` stands for something louder elsewhere in the recording."""
    scaled: Mel = ((np.maximum(mel, mel.max() + headroom - DYNAMIC_RANGE) + 4) / 4).astype(np.float32)
    return scaled


def coloured_noise(rng: np.random.Generator, seconds: float, slope: float) -> Audio:
    """Noise whose amplitude falls with frequency to the power `slope` (0 white, 0.5 pink, 1 brown)."""
    spectrum = np.fft.rfft(rng.standard_normal(round(seconds * SAMPLE_RATE)))
    shaped = np.fft.irfft(spectrum / np.arange(1, len(spectrum) + 1) ** slope)
    noise: Audio = (shaped / shaped.std() * 0.05).astype(np.float32)
    return noise


def hum(rng: np.random.Generator, seconds: float) -> Audio:
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tone = sum(np.sin(2 * np.pi * 50 * k * t) / k for k in range(1, 20)) + 0.2 * rng.standard_normal(len(t))
    return (tone / np.std(tone) * 0.05).astype(np.float32)


def music(rng: np.random.Generator, seconds: float) -> Audio:
    """Chords of decaying plucked tones, two to five a second."""
    out = np.zeros(round(seconds * SAMPLE_RATE) + 2 * SAMPLE_RATE, np.float32)
    at, step = 0.0, rng.uniform(0.2, 0.5)
    while at < seconds:
        for note in rng.choice(np.array([0, 3, 4, 7, 9, 12, 16, 19]), rng.integers(1, 4)):
            begin, tone = round(at * SAMPLE_RATE), _tone(rng, 110 * 2 ** ((note + rng.integers(0, 12)) / 12))
            out[begin : begin + len(tone)] += tone
        at += step
    out = out[: round(seconds * SAMPLE_RATE)]
    song: Audio = (out / out.std() * 0.05).astype(np.float32)
    return song


def _tone(rng: np.random.Generator, hertz: float) -> Audio:
    t = np.arange(round(1.5 * SAMPLE_RATE)) / SAMPLE_RATE
    wave = sum(np.sin(2 * np.pi * hertz * k * t) / k ** rng.uniform(1, 2) for k in range(1, 7))
    tone: Audio = (wave * np.exp(-t * rng.uniform(2, 6))).astype(np.float32)
    return tone


@cache
def backgrounds() -> list[Mel]:
    """What is mixed under speech, and what stands alone in windows without speech; linear power, (80, 2000) each."""
    rng = np.random.default_rng(0)
    slopes = (0.0, 0.0, 0.25, 0.5, 1.0)
    sounds = [coloured_noise(rng, BACKGROUND_SECONDS, slope) for slope in slopes] + [hum(rng, BACKGROUND_SECONDS)]
    sounds += [music(rng, BACKGROUND_SECONDS) for _ in range(6)]
    return [(10 ** log_mel(sound)).astype(np.float32) for sound in sounds]


def coloured(mel: Mel, rng: random.Random) -> Mel:
    """As through another microphone: gain, tilt and a ripple over the bands."""
    band = np.arange(BANDS) / BANDS
    gain = rng.uniform(-1.5, 0.7) + rng.uniform(-0.5, 0.5) * (band - 0.5)
    ripple = rng.uniform(0, 0.25) * np.cos(2 * np.pi * (band * rng.uniform(0.5, 2) + rng.random()))
    heard: Mel = np.maximum(mel + (gain + ripple)[:, None], SILENCE).astype(np.float32)
    return heard
