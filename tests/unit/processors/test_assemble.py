"""The join at the end of recognition: whoever comes last of two that work at once says that the transcript is there."""

from collections.abc import Callable
from typing import Any

from processors import assemble, recipes
from processors.bench import Bench
from processors.recipes import BLOCK_CHUNKS, WORK, slot, written
from schemas.base import to_bytes
from schemas.events import Event, SpeechIdentified, SpeechTranscribed, TranscriptReady
from schemas.records import TranscriptRecord
from schemas.transcript import Segment, Word
from tests.fakes import FakeDecode, MemoryStore, bench, plan

COUNT = BLOCK_CHUNKS + 1
MADE = plan("fr")
LAST = SpeechTranscribed(job=MADE.job, index=COUNT - 1, start=0.0, end=1.0, language="en")


class Interrupted(MemoryStore):
    """Does something else just before the object ``key`` is kept, once."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key, self.first = key, list[Callable[[], Any]]()

    def create(self, bucket: str, key: str, data: bytes) -> bool:
        if key == self.key and self.first:
            self.first.pop()()
        return super().create(bucket, key, data)


def heard(index: int) -> TranscriptRecord:
    word = Word(start=index * 9.0, end=index * 9.0 + 1, text=" Hello.", probability=1.0)
    segment = Segment(start=word.start, end=word.end, text="Hello.", words=(word,))
    return TranscriptRecord(
        index=index, start=word.start, end=word.start + 9, language="en", segments=(segment,), seconds=1.0
    )


def at_work(store: MemoryStore) -> Bench:
    for index in range(COUNT):
        store.put(WORK, slot(recipes.heard(MADE, "en"), index), to_bytes(heard(index)))
    return bench(MADE, FakeDecode(), store=store)


def test_the_end_and_the_last_chunk_at_once_do_not_miss_each_other() -> None:
    store = Interrupted(slot(written(MADE, "en"), 0))
    here, said = at_work(store), list[Event]()
    end = SpeechIdentified(job=MADE.job, language="en", count=COUNT, duration=COUNT * 9.0)
    store.first.append(lambda: said.extend(assemble.STAGE.run(end, here)))
    said += assemble.STAGE.run(LAST, here)
    assert store.first == []
    assert [event for event in said if isinstance(event, TranscriptReady)]
