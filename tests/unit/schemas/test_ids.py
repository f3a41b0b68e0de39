"""Derived identity is the library's UUIDv5, and stays what it was."""

import json
import uuid

from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import NAMESPACE, derive

PARTS = st.lists(st.text() | st.integers() | st.none() | st.dictionaries(st.text(), st.integers()), max_size=5)


@given(PARTS)
def test_it_is_the_uuid5_of_the_canonical_json(parts: list[object]) -> None:
    text = json.dumps(tuple(parts), ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    assert derive(*parts) == str(uuid.uuid5(NAMESPACE, text))


def test_it_never_changes() -> None:
    """Stored ids would become strangers."""
    assert derive("job", "uploads", "a.mp4", 1) == "8a827c0b-e416-5d9f-8d47-0fecb00d1a25"
