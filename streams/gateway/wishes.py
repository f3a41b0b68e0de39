"""What an upload asks for, from form fields, JSON or tus metadata to user metadata; refused before bytes come.

Names outside are ``targets``, ``source_language``, ``profile``, ``formats``, ``track``; inside those of CONTRACT §2.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from processors.accept import TRACEPARENT, wishes
from processors.planning import make_plan
from schemas.errors import BadInput
from schemas.plan import Options, Source
from streams.commands.submit import check
from streams.gateway.site import Site

NAMES: Final = {
    "targets": "targets", "source_language": "source-language", "profile": "profile", "formats": "formats",
    "track": "track",
}  # fmt: skip
LISTS: Final = frozenset({"targets", "formats"})


def metadata_of(told: Mapping[str, Any]) -> dict[str, str]:
    """User metadata of what was asked for; lists may be lists or texts with commas, said once or several times."""
    found: dict[str, str] = {}
    for name, ours in NAMES.items():
        value = told.get(name)
        if isinstance(value, list | tuple):
            value = ",".join(map(str, value)) if name in LISTS else value[-1] if value else None
        if value not in (None, ""):
            found[ours] = str(value).strip()
    return found


def checked(metadata: Mapping[str, str], tenant: str, here: Site) -> Options:
    """The wishes. Raises BadInput where this installation can't meet them."""
    if len("".join(metadata.values())) > 1_500:
        raise BadInput("invalid_request", "the wishes are too long")
    check(metadata)
    asked = wishes(dict(metadata))
    if here.abilities is None:
        raise BadInput("unknown_model", "this installation has no speech model", "see 'chalkstream models list'")
    nothing = Source(bucket="", key="", etag="", size=0)
    defaults = here.settings.tenants.get(tenant, Options())
    make_plan(nothing, asked, here.abilities, tenant=tenant, defaults=defaults, now=datetime.now(UTC))
    return asked


def with_trace(metadata: Mapping[str, str], traceparent: str | None) -> dict[str, str]:
    """And the client's trace, if it has one."""
    known = traceparent is not None and re.fullmatch(TRACEPARENT, traceparent)
    return {**metadata, **({"traceparent": traceparent} if known and traceparent else {})}


def known_fields(fields: Mapping[str, Sequence[str]], also: Sequence[str] = ()) -> None:
    """Raises BadInput for a field that nobody here knows: it may be a wish that is misspelt."""
    for name in fields:
        if name not in NAMES and name not in also:
            raise BadInput("invalid_request", f"the field {name[:40]!r} is not known", f"there are {', '.join(NAMES)}")
