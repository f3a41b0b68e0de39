"""From sentences to cues: what stands on screen, in which lines, from when to when.

Hard limits hold for any input: at most ``max_lines`` lines of ``max_line_characters``, start < end, no overlap, a
gap of ``min_gap`` or none, nothing past the media, nothing empty. Words are never mixed up, left out or changed
but for ``characters.clean``; words longer than a line are cut. The rest is as good as the speech allows:
``segmentation`` chooses the words of each cue, ``linebreak`` the lines, ``timing`` the times.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from processors.atoms import Atom, from_words, milliseconds, pieces, settle
from processors.characters import clean
from processors.linebreak import Measure, break_lines
from processors.segmentation import segment
from processors.timing import Slack, Spoken, schedule
from schemas.cues import Cue, Profile
from schemas.transcript import Sentence, Translation

SPOKEN: Final = Slack(early=120, late=120, step=60)
"""Cues of the spoken language stay within 3 frames of 24 a second of their first word (Netflix, timing to audio)."""
TRANSLATED: Final = Slack(early=500, late=1000, step=250)
"""Translations have no words of their own to be in step with; BBC 5.2 allows up to 1.5 s either way."""
STRETCH: Final = 1000
"""Milliseconds that a translated sentence may run on into the pause after its source."""


def lay_out(sentences: Sequence[Sentence], profile: Profile, language: str, media_end: float) -> list[Cue]:
    """The cues of a transcript, from the times of its words; ``media_end`` in seconds."""
    end = milliseconds(media_end, 0, 2**53)
    atoms = from_words(sentences, profile.max_line_characters, language, end)
    return _cues(atoms, profile, language, end, SPOKEN)


def lay_over(
    sources: Sequence[Sentence],
    translations: Sequence[Translation],
    profile: Profile,
    language: str,
    media_end: float,
) -> list[Cue]:
    """The cues of a translation, one per source sentence in order, laid over the source's time by length.

    A place in a translation is shown when the place at the same share of its source's length is spoken. Marked
    translations are shown, empty ones are not. ``language`` is the target's. Raises ValueError if the two are not
    of one length.
    """
    end = milliseconds(media_end, 0, 2**53)
    speed = profile.speed_limit(language)
    atoms: list[Atom] = []
    nexts = [*(source.start for source in sources[1:]), media_end]
    for source, translation, after in zip(sources, translations, nexts, strict=True):
        texts = pieces(clean(translation.text), profile.max_line_characters)
        clock = _Clock(source, milliseconds(after, 0, end), end)
        clock.stretch(round(sum(map(len, texts)) * 1000 / speed))
        atoms += _over(texts, clock, atoms[-1].start if atoms else 0)
    return _cues(settle(atoms, language), profile, language, end, TRANSLATED)


def _over(texts: Sequence[str], clock: "_Clock", before: int) -> list[Atom]:
    """One translated sentence on its source's clock; nothing starts earlier than ``before``."""
    total = sum(map(len, texts))
    atoms = []
    for index, (text, position) in enumerate(zip(texts, accumulate(map(len, texts), initial=0), strict=False)):
        before = max(before, clock.at(position / total))
        end = max(before, min(clock.at((position + len(text)) / total), clock.heard))
        atoms.append(Atom(text.lstrip(), before, end, text[0] == " " or not index, not index))
    return atoms


class _Clock:
    """When which share of a spoken sentence has been said, in milliseconds of the media."""

    def __init__(self, source: Sentence, after: int, media_end: int) -> None:
        self.positions = list(accumulate((len(word.text) + 1 for word in source.words), initial=0))
        starts, ends, before = [], [], 0
        for word in source.words:
            before = milliseconds(word.start, before, media_end)
            starts.append(before)
            ends.append(milliseconds(word.end, before, media_end))
        self.starts, self.ends, self.after = starts, ends, after
        self.heard, self.factor = ends[-1], 1.0

    def stretch(self, needed: int) -> None:
        """Let the sentence run on into the pause after it, if it needs ``needed`` milliseconds to be read."""
        spoken = self.heard - self.starts[0]
        free = min(STRETCH, self.after - self.heard, needed - spoken)
        if free > 0 and spoken > 0:
            self.factor = (spoken + free) / spoken

    def at(self, share: float) -> int:
        """The time at ``share`` (0 to 1) of the sentence's characters."""
        position = share * self.positions[-1]
        word = min(bisect_right(self.positions, position), len(self.starts)) - 1
        part = (position - self.positions[word]) / (self.positions[word + 1] - self.positions[word])
        time = self.starts[word] + part * (self.ends[word] - self.starts[word])
        return round(self.starts[0] + (time - self.starts[0]) * self.factor)


def _cues(atoms: Sequence[Atom], profile: Profile, language: str, media_end: int, slack: Slack) -> list[Cue]:
    measure, speed = Measure(atoms), profile.speed_limit(language)
    runs = segment(measure, profile, speed, media_end)
    texts = [break_lines(measure, *run, width=profile.max_line_characters, lines=profile.max_lines) for run in runs]
    spoken = [
        Spoken(atoms[first].start, atoms[last].end, sum(map(len, lines)))
        for (first, last), lines in zip(runs, texts, strict=True)
    ]
    times = schedule(spoken, profile, speed=speed, media_end=media_end, slack=slack)
    return [
        Cue(start=start / 1000, end=end / 1000, lines=lines) for (start, end), lines in zip(times, texts, strict=False)
    ]
