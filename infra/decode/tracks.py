"""Which audio track is heard. Pure.

Rule: the track asked for by number; else the one whose language tag fits the language asked for; else the container's
default; else the first. Unless asked for by number, a track with less than ``ENOUGH_S`` of speech in the probes gives
way to another that has more. What was passed over is named.
"""

from collections.abc import Mapping, Sequence

from schemas.errors import BadInput
from schemas.languages import FLORES, primary
from schemas.media import Track

ENOUGH_S = 2.0
_BIBLIOGRAPHIC = """
alb:sq arm:hy baq:eu bur:my chi:zh cze:cs dut:nl fre:fr geo:ka ger:de gre:el ice:is mac:mk mao:mi may:ms per:fa rum:ro
slo:sk tib:bo wel:cy ara:ar aze:az est:et fas:fa jav:jw lav:lv mlg:mg mon:mn msa:ms nep:ne nor:no pus:ps sqi:sq swa:sw
uzb:uz yid:yi jv:jw iw:he in:id ji:yi scc:sr scr:hr cmn:zh
"""
"""ISO 639-2/B codes, macro-languages and withdrawn codes that stand in files, to the tags used here."""
TAGS = {code[:3]: tag for tag, code in FLORES.items()} | dict(pair.split(":") for pair in _BIBLIOGRAPHIC.split())


def language(tag: str | None) -> str | None:
    """A container's language tag (BCP-47, ISO 639-2/T or /B) as a primary BCP-47 subtag; None for undetermined."""
    if not tag or tag.lower() in ("und", "mul", "zxx", "mis", "qaa"):
        return None
    first = primary(tag.replace("_", "-"))
    return TAGS.get(first, first)


def order(tracks: Sequence[Track], track: int | None, wanted: str | None) -> list[Track]:
    """The tracks, the preferred one first; only the named one where one is named."""
    if track is not None:
        named = [each for each in tracks if each.index == track]
        if not named:
            there = ", ".join(str(each.index) for each in tracks)
            raise BadInput("invalid_request", f"there is no audio track {track}", f"choose one of {there}")
        return named
    return sorted(tracks, key=lambda each: (not _fits(each, wanted), not each.default, each.index))


def _fits(track: Track, wanted: str | None) -> bool:
    return wanted is not None and language(track.language) == language(wanted)


def decide(preferred: Sequence[Track], seconds: Mapping[int, float]) -> Track:
    """The first track with enough speech (``seconds``, by index); else the one with most, the earlier where equal."""
    for track in preferred:
        if seconds.get(track.index, 0.0) >= ENOUGH_S:
            return track
    return max(preferred, key=lambda each: seconds.get(each.index, 0.0))


def warnings(preferred: Sequence[Track], chosen: Track) -> tuple[str, ...]:
    """What a person should know of the choice."""
    if preferred[0].index == chosen.index:
        return ()
    return (f"track {_name(preferred[0])} has hardly any speech; track {_name(chosen)} was used",)


def _name(track: Track) -> str:
    return f"{track.index} ({track.language})" if track.language else str(track.index)
