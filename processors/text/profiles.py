"""The house styles that a job may ask for by name. Numbers and their sources belong here, decisions do not."""

from typing import Final

from schemas.cues import Profile
from schemas.errors import BadInput

DEFAULT: Final = "edu-default"

_ALL: Final = (
    # CONTRACT §6; Netflix Timed Text Style Guides: 2 lines of 42, 5/6 s to 7 s, 2 frames of gap at 24 a second.
    Profile(name=DEFAULT, reading_speed={"en": 20.0}, default_reading_speed=17.0),
    # Teletext and BBC: 37 characters a line, about 0.3 s a word (160-180 words a minute, some 15 characters a second),
    # 1 s at least; ITC Guidance on Standards for Subtitling: not much beyond 6 s for two lines.
    Profile(
        name="broadcast-37", max_line_characters=37, min_duration=1.0, max_duration=6.0, default_reading_speed=15.0
    ),
    # Netflix, children's programmes: 17 characters a second in English, 13 elsewhere.
    Profile(name="children", reading_speed={"en": 17.0}, default_reading_speed=13.0),
)
PROFILES: Final[dict[str, Profile]] = {profile.name: profile for profile in _ALL}


def profile(name: str) -> Profile:
    """The profile called ``name``; raises BadInput("unknown_profile") for others."""
    if name not in PROFILES:
        raise BadInput("unknown_profile", f"there is no profile {name!r}", f"use one of: {', '.join(PROFILES)}")
    return PROFILES[name]
