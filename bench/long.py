"""One warm run over one file in a process of its own: ``python -m bench.long ours|script MEDIA PACK``.

It says, as JSON lines, when it is loaded, when its first text is there, and how it ended.
"""

import json
import sys
from pathlib import Path
from time import perf_counter

from bench import arms
from schemas.events import Event, SpeechTranscribed


def main(arm: str, media: Path, pack: Path) -> None:
    """Run one arm and tell."""
    {"ours": _ours, "script": _script}[arm](media, pack)


def _say(kind: str, **more: object) -> None:
    sys.stdout.write(json.dumps({"type": kind, **more}) + "\n")
    sys.stdout.flush()


def _ours(media: Path, pack: Path) -> None:
    from bench import ours

    engines = ours.warm(pack)
    _say("loaded")
    told: list[Event] = []

    def heard(event: Event) -> None:
        if isinstance(event, SpeechTranscribed) and event.segments and not told:
            told.append(event)
            _say("first")

    with ours.finished(media, pack, engines, heard=heard) as ended:
        _say("ended", **vars(ended.run))


def _script(media: Path, pack: Path) -> None:
    model = arms.load(pack / "asr", threads=2)
    _say("loaded")
    began, texts = perf_counter(), []
    segments, _ = model.transcribe(str(media), language=arms.LANGUAGE, vad_filter=True, word_timestamps=True)
    for segment in segments:
        if not texts:
            _say("first")
        texts.append(segment.text)
    tokens, digest = arms.said(texts)
    _say("ended", seconds=perf_counter() - began, tokens=tokens, digest=digest, windows=len(texts))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
