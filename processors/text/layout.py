"""From sentences to cues: what stands on screen, in which lines, from when to when.

Hard limits hold for any input: at most ``max_lines`` lines of ``max_line_characters``, start < end, no overlap, a
gap of ``min_gap`` or none, nothing past the media, nothing empty. Words are never mixed up, left out or changed
but for ``characters.clean``; words longer than a line are cut. The rest is as good as the speech allows:
``segmentation`` chooses the words of each cue, ``linebreak`` the lines, ``timing`` the times.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final

from processors.text.atoms import Atom, from_words, milliseconds, pieces, settle
from processors.text.characters import clean
from processors.text.linebreak import Measure, break_lines
from processors.text.segmentation import segment
from processors.text.timing import Slack, Spoken, schedule
from schemas.cues import Cue, Profile
from schemas.transcript import Sentence, Translation

SPOKEN: Final = Slack(early=120, late=360, step=120)
"""Cues of the spoken language come at most 3 frames of 24 a second before their first word (Netflix, timing to audio)
and a third of a second after it, which only those do that follow a cue that is too short (BBC 5.2: up to 1.5 s)."""
TRANSLATED: Final = Slack(early=500, late=1500, step=250)
"""Translations have no words of their own to be in step with; BBC 5.2 allows up to 1.5 s either way."""
STRETCH: Final = 1000
"""Milliseconds that a translated sentence may run on into the pause after its source. With ``TRANSLATED.late`` and
``LINGER``, nothing is on screen more than 4 s after its speech, and so long only where nobody speaks."""


SILENT: Final = 300
"""Milliseconds between two words from which on a listener hears a pause; no translated word is laid across one."""


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
    nexts = [*(source.start for source in sources), media_end][1:]
    for source, translation, after in zip(sources, translations, nexts, strict=True):
        texts = pieces(clean(translation.text), profile.max_line_characters)
        clock = _Clock(source, milliseconds(after, 0, end), end)
        clock.stretch(round(sum(map(len, texts)) * 1000 / speed))
        atoms += _over(texts, clock, atoms[-1].start if atoms else 0)
    return _cues(settle(atoms, language), profile, language, end, TRANSLATED)


def _over(texts: Sequence[str], clock: "_Clock", before: int) -> list[Atom]:
    """One translated sentence on its source's clock; nothing starts earlier than ``before``."""
    total = sum(map(len, texts))
    edges = [position / total for position in accumulate(map(len, texts), initial=0)] if texts else []
    atoms = []
    for index, (text, (begin, end)) in enumerate(zip(texts, pairwise(edges), strict=True)):
        start, stop = clock.span(begin, end)
        before = max(before, start)
        atoms.append(Atom(text.lstrip(), before, max(before, stop), text[0] == " " or not index, not index))
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
        self.runs = self._runs()
        self.factor = 1.0

    def _runs(self) -> list[tuple[int, int]]:
        """For each word, the stretch of speech without a pause that it is in."""
        pauses = [at for at in range(1, len(self.starts)) if self.starts[at] - self.ends[at - 1] >= SILENT]
        edges = [0, *pauses, len(self.starts)]
        return [(self.starts[a], max(self.ends[a:b])) for a, b in pairwise(edges) for _ in range(a, b)]

    def stretch(self, needed: int) -> None:
        """Let the sentence run on into the pause after it, if it needs ``needed`` milliseconds to be read."""
        spoken = self.ends[-1] - self.starts[0]
        free = min(STRETCH, self.after - self.ends[-1], needed - spoken)
        if free > 0 and spoken > 0:
            self.factor = (spoken + free) / spoken

    def span(self, begin: float, end: float) -> tuple[int, int]:
        """When the characters from share ``begin`` to ``end`` (0 to 1) are said; never on both sides of a pause.

        Starts follow the stretched clock, but no end is later than the speech.
        """
        earliest, latest = self.runs[self._word((begin + end) / 2 * self.positions[-1])]
        start, stop = (min(max(self._at(share), earliest), latest) for share in (begin, end))
        return self.starts[0] + round((start - self.starts[0]) * self.factor), round(stop)

    def _word(self, position: float) -> int:
        return min(bisect_right(self.positions, position), len(self.starts)) - 1

    def _at(self, share: float) -> float:
        """The unstretched time at ``share`` of the sentence's characters."""
        position = share * self.positions[-1]
        word = self._word(position)
        part = (position - self.positions[word]) / (self.positions[word + 1] - self.positions[word])
        return self.starts[word] + part * (self.ends[word] - self.starts[word])


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
