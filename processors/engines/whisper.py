"""Speech recognition by faster-whisper: one chunk in, words with times out; no sampling, nothing dropped in silence.

A segment's own timestamps are taken from its tokens, because with word times on faster-whisper moves a segment's
start to its first word's, 0.30-0.34 s early (DESIGN §3). Results are drained here, on the caller's thread.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from processors.bench import Recognition
from processors.engines.loading import loading
from processors.hallucination import reason, weak
from schemas.errors import BadSettings
from schemas.plan import ModelIdentity
from schemas.transcript import Segment, Suppressed, Word

if TYPE_CHECKING:
    from processors.bench import Audio

BEAM, WIDER = 5, 2
TOKEN_SECONDS, FRAME_SECONDS = 0.02, 0.01
PASSED_ON = frozenset(
    {"beam_size", "patience", "length_penalty", "repetition_penalty", "no_repeat_ngram_size", "suppress_tokens",
     "max_initial_timestamp", "max_new_tokens", "initial_prompt", "hotwords", "condition_on_previous_text"}
)  # fmt: skip
"""Options of a pack that reach the decoder; all others are refused when the pack is read."""


class Whisper:
    """Implements ``Recogniser``. Safe to call from as many threads as it was loaded with workers."""

    def __init__(
        self,
        model: Any,
        identity: ModelIdentity,
        *,
        languages: Sequence[str],
        chunk_seconds: float,
        options: Mapping[str, Any],
    ) -> None:
        self.identity, self.languages, self.chunk_seconds = identity, tuple(languages), chunk_seconds
        self._model, self._options = model, {"beam_size": BEAM, "condition_on_previous_text": False, **options}
        self._zero = model.hf_tokenizer.token_to_id("<|notimestamps|>") + 1

    def recognise(self, audio: "Audio", language: str, spans: Sequence[tuple[float, float]]) -> Recognition:
        """Segments that stand and those that were left out. ``spans``: speech, seconds from the chunk's start."""
        segments = self._pass(audio, language)
        if any(weak(segment) for segment in segments):
            wider = self._pass(audio, language, beam_size=WIDER * self._options["beam_size"])
            segments = max(segments, wider, key=_confidence)
        if not segments and sum(end - start for start, end in spans) >= 1.0:
            segments = self._pass(audio, language, word_timestamps=False)
        verdicts = [(segment, reason(segment, spans)) for segment in segments]
        return Recognition(
            segments=tuple(segment for segment, why in verdicts if why is None),
            suppressed=tuple(_suppressed(segment, why) for segment, why in verdicts if why is not None),
        )

    def languages_of(self, audio: "Audio") -> dict[str, float]:
        """Probability per tag; a model of one language is sure of it."""
        if len(self.languages) == 1:
            return {self.languages[0]: 1.0}
        _, _, likely = self._model.detect_language(audio=audio)
        return {tag: float(p) for tag, p in likely if not self.languages or tag in self.languages}

    def _pass(self, audio: "Audio", language: str, **changed: Any) -> list[Segment]:
        options = {"word_timestamps": True, **self._options, **changed}
        found, _ = self._model.transcribe(
            audio, language=language.split("-")[0], temperature=0.0, vad_filter=False, no_speech_threshold=None,
            log_prob_threshold=None, compression_ratio_threshold=None, **options,
        )  # fmt: skip
        length = len(audio) / 16_000
        return [self._segment(each, length) for each in found]

    def _segment(self, raw: Any, length: float) -> Segment:
        start, end = self._own_times(raw, length)
        words = _words(raw.words or (), length)
        return Segment(
            start=start, end=max(end, start), text=raw.text.strip(),
            words=tuple(words or _spread(raw.text, start, end)), mean_log_probability=raw.avg_logprob,
            no_speech=raw.no_speech_prob, compression=raw.compression_ratio,
        )  # fmt: skip

    def _own_times(self, raw: Any, length: float) -> tuple[float, float]:
        offset = raw.seek * FRAME_SECONDS
        marks = [offset + (token - self._zero) * TOKEN_SECONDS for token in raw.tokens if token >= self._zero]
        start = marks[0] if raw.tokens and raw.tokens[0] >= self._zero else raw.start
        end = marks[-1] if len(marks) > 1 else raw.end
        return min(start, length), min(end, length)


def _words(raw: Sequence[Any], length: float) -> list[Word]:
    """Words with their blanks stripped; a piece of a Latin word (no blank before it) joins the piece before."""
    found: list[Word] = []
    for each in raw:
        if not each.word.strip():
            continue
        word = _word(each, length)
        if found and _goes_on(found[-1].text, each.word):
            last = found.pop()
            probability = min(last.probability, word.probability)
            word = Word(start=last.start, end=word.end, text=last.text + word.text, probability=probability)
        found.append(word)
    return found


def _goes_on(before: str, piece: str) -> bool:
    return before[-1].isascii() and before[-1].isalnum() and piece[0].isascii() and piece[0].isalnum()


def _word(raw: Any, length: float) -> Word:
    start = min(float(raw.start), length)
    end = min(max(float(raw.end), start), length)
    return Word(start=start, end=end, text=raw.word.strip(), probability=float(raw.probability))


def _spread(text: str, start: float, end: float) -> list[Word]:
    """Words without times of their own share the segment's by length."""
    words, total, at = text.split(), max(1, len("".join(text.split()))), 0
    found = []
    for word in words:
        begin, at = start + (end - start) * at / total, at + len(word)
        found.append(Word(start=begin, end=start + (end - start) * at / total, text=word, probability=0.0))
    return found


def _confidence(segments: Sequence[Segment]) -> float:
    loops = sum(1 for segment in segments if weak(segment))
    return sum(segment.mean_log_probability for segment in segments) / max(1, len(segments)) - 10.0 * loops


def _suppressed(segment: Segment, why: str) -> Suppressed:
    return Suppressed(start=segment.start, end=segment.end, text=segment.text, reason=why)


def load(
    path: Path, identity: ModelIdentity, *, languages: Sequence[str], chunk_seconds: float, options: Mapping[str, Any],
    compute_type: str, device: str, workers: int, threads: int,
) -> Whisper:  # fmt: skip
    """The model in directory ``path``: ``workers`` parallel instances of ``threads`` threads each.

    Raises BadSettings for a model that can't be loaded; nothing is looked for anywhere else than in ``path``.
    """
    from faster_whisper import WhisperModel

    with loading(path):
        need_own_tokenizer(path)
        model = WhisperModel(
            str(path),
            device=device,
            compute_type=compute_type,
            cpu_threads=threads,
            num_workers=workers,
            local_files_only=True,
        )
        need_same_mels(path, int(model.model.n_mels), int(model.feature_extractor.mel_filters.shape[0]))
    return Whisper(model, identity, languages=languages, chunk_seconds=chunk_seconds, options=options)


def need_own_tokenizer(path: Path) -> None:
    """Without one faster-whisper would ask a hub for it. Raises BadSettings."""
    if not (path / "tokenizer.json").is_file():
        raise BadSettings(f"the speech model misses {path / 'tokenizer.json'}", "fetch or copy the model again")


def need_same_mels(path: Path, model: int, features: int) -> None:
    """Whisper large-v3 listens to 128 mel bands, and says so in a file of its own. Raises BadSettings."""
    if model != features:
        what = f"the speech model needs {model} mel bands, and {path / 'preprocessor_config.json'} does not say so"
        raise BadSettings(what, "fetch or copy the model again, with that file")
