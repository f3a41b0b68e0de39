"""How wishes become a plan: precedence, what the models can do, and the limits that are known before work starts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from processors.text.profiles import profile
from schemas.errors import BadInput
from schemas.languages import canonical, primary
from schemas.plan import ModelIdentity, Options, Plan, Source, job_id

DEFAULTS = Options(targets=(), source_language="auto", profile="edu-default", formats=("srt", "vtt"))


LONGEST_KEY: Final = 1024
"""Bytes of UTF-8 that S3 allows."""


def usable(key: str) -> bool:
    """Whether a key means the same to every store and client: no dot segments, no control characters, not too long."""
    plain = all(ord(letter) >= 32 and letter != "\x7f" and not "\ud800" <= letter <= "\udfff" for letter in key)
    return plain and 0 < len(key.encode()) <= LONGEST_KEY and not {".", ".."} & set(key.split("/"))


class Abilities:
    """What the pack at hand can do: languages as BCP-47 primary tags; ``mt`` is None when it can't translate."""

    def __init__(
        self, asr: ModelIdentity, mt: ModelIdentity | None, *, heard: tuple[str, ...], written: tuple[str, ...],
        chunk_seconds: float,
    ) -> None:  # fmt: skip
        self.asr, self.mt, self.chunk_seconds = asr, mt, chunk_seconds
        self.heard, self.written = frozenset(map(primary, heard)), frozenset(map(primary, written))


class Facts(Protocol):
    """What the store says of an upload."""

    @property
    def etag(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def version_id(self) -> str | None: ...
    @property
    def metadata(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Intake:
    """What ``accept`` needs to know beyond the store: abilities, tenants, limits, and the time."""

    abilities: Abilities
    tenants: Mapping[str, Options]
    head: Callable[[str, str, str | None], Facts]
    now: Callable[[], datetime]
    max_bytes: int = 64 << 30
    bucket: str = "uploads"

    def tenant(self, key: str) -> str:
        """The first segment of the key if the settings declare it, else ``default`` (CONTRACT §2)."""
        first = key.split("/")[0]
        return first if "/" in key and first in self.tenants else "default"

    def defaults(self, tenant: str) -> Options:
        """What the tenant wishes where the object does not."""
        return self.tenants.get(tenant, Options())

    def allow_name(self, bucket: str, key: str) -> None:
        """Raise BadInput("invalid_request"), before a store is asked for what it could misunderstand."""
        if bucket != self.bucket:
            raise BadInput("invalid_request", "uploads are not taken from that bucket", f"put them into {self.bucket}")
        if not usable(key):
            raise BadInput(
                "invalid_request", "the object's key can't be used",
                f"1 to {LONGEST_KEY} bytes, no control characters, no part that is '.' or '..'",
            )  # fmt: skip

    def allow(self, source: Source) -> None:
        """Raise BadInput("too_large")."""
        if source.size > self.max_bytes:
            limit = self.max_bytes >> 30
            raise BadInput("too_large", f"the upload is larger than {limit} GiB", "raise CHALKSTREAM_LIMITS__MAX_GIB")


def make_plan(
    source: Source, asked: Options, abilities: Abilities, *, tenant: str, defaults: Options, now: datetime,
    run: int = 0, traceparent: str | None = None,
) -> Plan:  # fmt: skip
    """The frozen plan. Raises BadInput("unknown_language" | "unknown_profile")."""
    wish = asked.over(defaults).over(DEFAULTS)
    targets = tuple(dict.fromkeys(canonical(tag) for tag in wish.targets or ()))
    language = wish.source_language or "auto"
    language = language if language == "auto" else canonical(language)
    _check(language, targets, abilities)
    return Plan(
        job=job_id(source, asked), run=run, tenant=tenant, source=source, source_language=language, targets=targets,
        profile=profile(wish.profile or "").name, formats=wish.formats or (), track=wish.track, asr=abilities.asr,
        mt=abilities.mt if targets else None, chunk_seconds=abilities.chunk_seconds,
        created=now.isoformat(timespec="milliseconds"), traceparent=traceparent,
    )  # fmt: skip


def _check(language: str, targets: tuple[str, ...], abilities: Abilities) -> None:
    if language != "auto" and primary(language) not in abilities.heard:
        raise BadInput("unknown_language", f"the speech model does not know {language!r}", _known(abilities.heard))
    for target in targets:
        if primary(target) not in abilities.written:
            raise BadInput(
                "unknown_language", f"the translation model does not know {target!r}", _known(abilities.written)
            )
    if targets and language != "auto" and primary(language) not in abilities.written:
        raise BadInput("unknown_language", f"nothing here translates from {language!r}", _known(abilities.written))


def _known(tags: frozenset[str]) -> str:
    return f"it knows {', '.join(sorted(tags)) or 'none'}; see 'chalkstream models list'"
