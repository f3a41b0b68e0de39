"""Facts as values."""

from schemas.events import PartDecoded


def test_an_id_that_was_asked_for_changes_nothing_else() -> None:
    asked, fresh = (PartDecoded(job="j", index=1, start=0, end=2) for _ in range(2))
    first = asked.id
    assert asked == fresh and asked.model_dump() == fresh.model_dump() and hash(asked) == hash(fresh)
    other = asked.model_copy(update={"index": 2})
    assert other.id != first and other.id == PartDecoded(job="j", index=2, start=0, end=2).id
