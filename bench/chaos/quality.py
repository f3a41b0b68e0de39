"""Whether a quiet run is worth comparing with: word errors and chrF of its files against what was spoken."""

from collections.abc import Mapping, Sequence

from bench.chaos.check import Job
from bench.chaos.media import Recording
from bench.chaos.outside import Outside
from demo.grammar import normal
from demo.scores import chrf, word_errors
from processors.text.subtitle_files import read


def quality(outside: Outside, jobs: Mapping[str, Job], contents: Sequence[Recording]) -> dict[str, float]:
    """WER of the transcript (0 to 1) and chrF of the French (0 to 100)."""
    client = outside.s3

    def text(name: str, language: str) -> str:
        body = client.get_object(Bucket="results", Key=f"default/{jobs[name].job}/{name}.{language}.srt")["Body"]
        return " ".join(" ".join(cue.lines) for cue in read(body.read(), "srt"))

    there = [content for content in contents if content.name in jobs]
    errors = sum(word_errors(normal(each.truth["en"]), normal(text(each.name, "en"))) for each in there)
    words = sum(len(normal(each.truth["en"]).split()) for each in there)
    translated = chrf([text(each.name, "fr") for each in there], [each.truth["fr"] for each in there])
    return {"wer": round(errors / max(1, words), 4), "chrf": round(translated, 1)}
