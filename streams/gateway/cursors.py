"""Places in what was said about a job: ``Last-Event-ID`` as a place per lane, valid at any gateway. Pure."""

import re
from collections.abc import Mapping
from typing import Final

SHAPE: Final = re.compile(r"\d{1,9}(?:\.[a-z]\d{1,18}){0,8}")


def written(run: int, places: Mapping[str, int]) -> str:
    """``<run>.<lane><place>…``: all that was said up to those places has been heard."""
    return ".".join([str(run), *(f"{lane}{place}" for lane, place in sorted(places.items()))])


def read(text: str, run: int) -> dict[str, int]:
    """The places; none for what is no cursor, or one of another run."""
    if not SHAPE.fullmatch(text):
        return {}
    told, *parts = text.split(".")
    return {part[0]: int(part[1:]) for part in parts} if int(told) == run else {}
