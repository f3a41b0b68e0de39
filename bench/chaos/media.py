"""Short recordings of 4 to 8 s, spoken by espeak-ng from the demo pack's held-out sentences, with the truth beside."""

import json
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

SHORTEST, LONGEST = 4.0, 8.0
VOICES = (("gmw/en-US", (150, 45, 50)), ("gmw/en-GB-x-rp+f2", (155, 55, 55)))
"""Those of the sample lecture, with words per minute, pitch and range."""


@dataclass(frozen=True)
class Recording:
    """One content; ``truth``: what is said, per language."""

    name: str
    path: Path
    truth: dict[str, str]


def recordings(folder: Path, count: int) -> list[Recording]:
    """The first ``count`` contents; made where they are missing."""
    folder.mkdir(parents=True, exist_ok=True)
    made = sorted(folder.glob("*.json"))
    if len(made) < count:
        for at, (truth, audio) in enumerate(islice(_spoken(), count)):
            _write(folder / f"c{at:04d}.wav", audio)
            (folder / f"c{at:04d}.json").write_text(json.dumps(truth))
        made = sorted(folder.glob("*.json"))
    return [Recording(path.stem, path.with_suffix(".wav"), json.loads(path.read_text())) for path in made[:count]]


def _spoken() -> Iterator[tuple[dict[str, str], "np.ndarray[tuple[int], np.dtype[np.float32]]"]]:
    from demo import grammar, speech

    voices = [(voice, speech.Manner(*manner)) for voice, manner in VOICES]
    drawn = grammar.sentences(6, evaluation=True)
    for at, first in enumerate(drawn):
        said, audio = [first], [speech.pause(0.4), speech.say(first["en"], *voices[at % 2]).audio, speech.pause(0.6)]
        while sum(map(len, audio)) < SHORTEST * speech.SAMPLE_RATE:
            said.append(next(drawn))
            audio += [speech.say(said[-1]["en"], *voices[at % 2]).audio, speech.pause(0.6)]
        whole = np.concatenate(audio)
        if len(whole) <= LONGEST * speech.SAMPLE_RATE:
            yield {language: " ".join(one[language] for one in said) for language in first}, whole


def _write(path: Path, audio: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> None:
    samples = (audio * (0.5 / max(1e-6, float(np.abs(audio).max()))) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(samples.tobytes())
