"""Languages out of vocabularies."""

from pathlib import Path

from infra.models import installed as models
from infra.models import tongues


def test_whisper_marks() -> None:
    assert tongues.whisper('"<|en|>" "<|fr|>" "<|transcribe|>" "<|nospeech|>" "<|0.00|>" "<|xx|>"') == ("en", "fr")


def test_translation_marks() -> None:
    assert tongues.translation(frozenset({"fra_Latn", "eng_Latn", "▁la"})) == ("en", "fr")
    assert tongues.translation(frozenset({"__en__", "__pt__", "__jv__"})) == ("en", "jw", "pt")


def test_both_ways_of_writing_a_vocabulary(tmp_path: Path) -> None:
    demo = models.BUILT_IN / "demo/mt"
    (tmp_path / "shared_vocabulary.txt").write_text("\n".join(sorted(tongues.tokens(demo))), "utf-8")
    assert tongues.translation(tongues.tokens(tmp_path)) == tongues.translation(tongues.tokens(demo)) != ()
