"""Writes ``candle.words.json`` from ``candle.txt``: the opening of Faraday's Chemical History of a Candle (1861).

The text is abridged here and there, the French below each sentence is ours. Word times are those of a lecturer as
a recogniser reports them: some 0.2 s a syllable, slower and faster by the sentence (0.82-1.18), lengthened at phrase
ends, mostly without gaps inside a phrase, on a grid of 20 ms; pauses of 0.15-0.4 s at commas, 0.35-1.6 s between
sentences, now and then a hesitation. That makes about 160 words a minute; English lectures have 140 on average and
125-160 mostly (Tauroza and Allison, Applied Linguistics 11, 1990). Seeded: the same file every time.
"""

import json
import random
import re
from pathlib import Path

HERE = Path(__file__).parent
SYLLABLE = 0.2
GRID = 50
"""Times a second: faster-whisper's 20 ms."""


def syllables(word: str) -> int:
    """About as many as English has: groups of vowels, less a silent e."""
    groups = re.findall(r"[aeiouy]+", word.lower())
    silent = len(groups) > 1 and re.search(r"[^aeiouyl]e\W*$", word.lower()) is not None
    return max(1, len(groups) - silent)


def pause_after(word: str, chance: random.Random) -> float:
    """Seconds of silence behind ``word``."""
    if word[-1] in ".?!":
        return chance.choice([chance.uniform(0.35, 0.8), chance.uniform(0.6, 1.6)])
    if word[-1] in ",;:":
        return chance.choice([0.0, chance.uniform(0.15, 0.4)])
    return chance.uniform(0.2, 0.7) if chance.random() < 0.02 else 0.0


def spoken(sentences: list[str], seed: int) -> list[dict[str, object]]:
    """Words with their times."""
    chance, time, words = random.Random(seed), 0.8, []
    for sentence in sentences:
        rate = chance.choice([0.82, 0.92, 1.0, 1.0, 1.08, 1.18])
        for text in sentence.split():
            length = syllables(text) * SYLLABLE / rate * chance.lognormvariate(0, 0.2)
            length = max(0.1, length * (1.3 if text[-1] in ",;:.?!" else 1.0))
            start, end = round(time * GRID) / GRID, round((time + length) * GRID) / GRID
            words.append({"start": start, "end": end, "text": text})
            time = end + pause_after(text, chance)
    return words


def made() -> str:
    """The file's text."""
    lines = (HERE / "candle.txt").read_text("utf-8").splitlines()
    data = {"language": "en", "words": spoken(lines[::2], seed=1861), "translations": {"fr": lines[1::2]}}
    return json.dumps(data, ensure_ascii=False).replace('{"start"', '\n{"start"') + "\n"


if __name__ == "__main__":
    (HERE / "candle.words.json").write_text(made(), "utf-8")
