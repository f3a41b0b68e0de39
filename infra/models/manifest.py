"""Writing ``pack.toml``: the one text that makes a folder a pack. What was written reads back as the same value."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from schemas.pack import Pack

NAME: Final = "pack.toml"
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def write(folder: Path, pack: Pack) -> None:
    """Put ``pack.toml`` into ``folder``, whole or not at all, and on disk before this returns."""
    beside = folder / f".{NAME}.part"
    with beside.open("w", encoding="utf-8") as file:
        file.write(render(pack))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(folder / NAME)


def render(pack: Pack) -> str:
    """TOML of all that is not a default."""
    values = pack.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    return "\n".join(line for name, table in values.items() for line in _table(name, table)) + "\n"


def _table(name: str, values: Mapping[str, Any]) -> Iterator[str]:
    yield f"[{name}]"
    yield from (f"{_key(key)} = {_value(value)}" for key, value in values.items() if not isinstance(value, Mapping))
    yield ""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _table(f"{name}.{_key(key)}", value)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def _value(value: Any) -> str:
    """JSON's scalars are TOML's, but for a lone DEL, which no name here holds."""
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
