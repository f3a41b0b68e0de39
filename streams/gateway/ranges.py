"""Byte ranges, conditions and names of files, as HTTP (RFC 9110, 6266) has them. Pure."""

import re
from typing import Final
from urllib.parse import quote

from streams.gateway.problems import Refused

ONE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def span(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and the one behind the last; None for the whole, and for several. Raises Refused (416)."""
    found = ONE.fullmatch(header.strip()) if header else None
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if first and last and int(last) < int(first):
        return None
    start = int(first) if first else max(0, size - int(last))
    if start >= size or (not first and int(last) == 0):
        raise Refused(
            416, "invalid_request", f"there are {size} bytes", "ask for some of them",
            headers={"Content-Range": f"bytes */{size}"},
        )  # fmt: skip
    return start, min(size, int(last) + 1) if first and last else size


def matches(header: str | None, tag: str) -> bool:
    """Whether ``If-None-Match`` or ``If-Match`` names ``tag`` (unquoted)."""
    if header is None:
        return False
    told = [each.strip().removeprefix("W/").strip('"') for each in header.split(",")]
    return "*" in told or tag in told


def disposition(name: str, *, inline: bool) -> str:
    """``Content-Disposition`` with a name that no header can be broken with."""
    plain = "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\%' else "_" for letter in name
    )
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
