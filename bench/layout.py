"""Subtitle layout: ours beside a baseline that splits every 84 characters, on recorded word times.

    python -m bench.layout [FILE.words.json ...] [--profile edu-default] [--json] [--show]

A file holds ``language``, ``words`` and optionally ``translations``: a list of texts per language, one for each
sentence. Baseline and ours get the same words; a translation's words get times by length for the baseline.
"""

import argparse
import json
import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from processors.text.compliance import HARD, violations
from processors.text.layout import lay_out, lay_over
from processors.text.profiles import profile
from processors.text.sentences import split_sentences
from processors.text.subtitle_files import write
from schemas.cues import Cue, Profile
from schemas.transcript import Sentence, Translation, Word

RECORDED = Path(__file__).parent / "data" / "candle.words.json"
AFTER = 2.0
"""Seconds of media behind the last word."""


def every_84(words: Sequence[Word], style: Profile) -> list[Cue]:
    """What a short script does: words until 84 characters are full, from the first one's start to the last's end."""
    cues, taken = [], list[Word]()
    for word in [*words, None]:
        size = sum(len(one.text) + 1 for one in taken) + (len(word.text) if word else 0)
        if taken and (word is None or size > style.max_lines * style.max_line_characters):
            lines = textwrap.wrap(" ".join(one.text for one in taken), style.max_line_characters)
            cues.append(Cue(start=taken[0].start, end=taken[-1].end, lines=tuple(lines)))
            taken = []
        taken += [word] if word else []
    return cues


def over(sentences: Sequence[Sentence], texts: Sequence[str]) -> list[Word]:
    """The words of translations, spread evenly over their sources' time."""
    words = []
    for sentence, text in zip(sentences, texts, strict=True):
        place, step = 0, (sentence.end - sentence.start) / (len(text) + 1)
        for part in text.split():
            start, end = (sentence.start + step * (place + more) for more in (0, len(part) + 1))
            words.append(Word(start=start, end=end, text=part))
            place += len(part) + 1
    return words


def row(name: str, cues: Sequence[Cue], style: Profile, language: str, end: float, seconds: float) -> dict[str, Any]:
    """One line of the table."""
    found = violations(cues, style, language, end)
    soft = {violation.cue for violation in found if violation.rule not in HARD}
    return {
        "arm": name,
        "language": language,
        "cues": len(cues),
        "hard": sum(violation.rule in HARD for violation in found),
        "soft_cues_percent": round(100 * len(soft) / max(1, len(cues)), 2),
        "cues_ending_at_punctuation_percent": round(
            100 * sum(cue.lines[-1][-1] in ",;:.?!…" for cue in cues) / max(1, len(cues)), 1
        ),
        "seconds": round(seconds, 3),
    }


def compare(path: Path, style: Profile, *, show: bool) -> list[dict[str, Any]]:
    """Both arms, for the transcript and each translation."""
    data = json.loads(path.read_text("utf-8"))
    language, words = data["language"], [Word(**word) for word in data["words"]]
    sentences, end = split_sentences(words, language), words[-1].end + AFTER
    began = time.perf_counter()
    cues = lay_out(sentences, style, language, end)
    rows = [
        row("ours", cues, style, language, end, time.perf_counter() - began),
        row("every 84 characters", every_84(words, style), style, language, end, 0.0),
    ]
    for target, texts in data.get("translations", {}).items():
        began = time.perf_counter()
        laid = lay_over(sentences, [Translation(text=text) for text in texts], style, target, end)
        rows += [
            row("ours", laid, style, target, end, time.perf_counter() - began),
            row("every 84 characters", every_84(over(sentences, texts), style), style, target, end, 0.0),
        ]
        cues += laid if show else []
    if show:
        print(write(cues, "srt", language).decode())
    return rows


def main() -> None:
    """Print the comparison; exit 1 if ours breaks a hard rule."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, default=[RECORDED])
    parser.add_argument("--profile", default="edu-default")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--show", action="store_true", help="print our cues too")
    asked = parser.parse_args()
    style = profile(asked.profile)
    tables = {path.stem: compare(path, style, show=asked.show) for path in asked.files}
    if asked.json:
        print(json.dumps(tables))
    else:
        for name, rows in tables.items():
            print(name)
            for one in rows:
                print("  " + "  ".join(f"{key}={value}" for key, value in one.items()))
    sys.exit(any(one["hard"] for rows in tables.values() for one in rows if one["arm"] == "ours"))


if __name__ == "__main__":
    main()
