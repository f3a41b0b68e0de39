"""What was heard and what it means: words, segments, sentences, and their translations."""

from schemas.base import Model, Probability, Seconds
from schemas.writing import joined


class Word(Model):
    """One word with its blanks stripped; punctuation stays with the word it follows."""

    start: Seconds
    end: Seconds
    text: str
    probability: Probability = 1.0


class Segment(Model):
    """What the recogniser returned in one piece; ``start``/``end`` are its own timestamps, not its words'."""

    start: Seconds
    end: Seconds
    text: str
    words: tuple[Word, ...] = ()
    mean_log_probability: Probability = 0.0
    no_speech: Probability = 0.0
    compression: Probability = 1.0


class Suppressed(Model):
    """Recognised text that was left out, and why (CONTRACT §5)."""

    start: Seconds
    end: Seconds
    text: str
    reason: str


class Lost(Model):
    """A range of the media that could not be used, and why."""

    start: Seconds
    end: Seconds
    reason: str


class Sentence(Model):
    """The unit a reader takes in and the unit given to translation. Words are in order, never empty."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The sentence as written: words joined by one blank, by none in scripts that know no blanks."""
        return joined(word.text for word in self.words)

    @property
    def start(self) -> float:
        """Seconds."""
        return self.words[0].start

    @property
    def end(self) -> float:
        """Seconds."""
        return self.words[-1].end


class Translation(Model):
    """One sentence in a target language. ``marked`` says why a reader should not trust it, if so."""

    text: str
    marked: str | None = None
