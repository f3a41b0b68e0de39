"""Settings: which are in force, where each came from, and names that mean nothing."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from infra.settings import PREFIX, Settings
from streams.findings.finding import Finding, Situation, check

FILE = Path("chalkstream.toml")


@check
def settings(situation: Situation) -> Iterator[Finding]:
    """Everything that is not a default, with its source; unknown names, all of them."""
    nothing = unknown(situation.environment)
    for name in nothing:
        yield Finding("bad", f"{name} is no setting", "unset it; see docs/operating.md")
    if situation.refused and not any(name in situation.refused.message for name in nothing):
        yield Finding("bad", situation.refused.message, situation.refused.remedy)
    if not situation.refused:
        told = [*origins(situation.settings, situation.environment, in_file(FILE))]
        yield from told or [Finding("ok", "all settings are the defaults")]


def origins(settings: Settings, environment: Mapping[str, str], file: Mapping[str, Any]) -> Iterator[Finding]:
    """Each setting that somebody set: its name, value (secrets stay stars) and where it was set."""
    defaults = dict(leaves(Settings.model_construct()))
    for path, value in leaves(settings):
        name = PREFIX + "__".join(path).upper()
        given = next((each for each in (name, f"{name}_FILE") if environment.get(each)), None)
        if given or value != defaults.get(path, value):
            source = given or ("chalkstream.toml" if _held(file, path) else "the command line")
            yield Finding("ok", f"{'.'.join(path)} = {value}, from {source}")


def leaves(value: BaseModel, at: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every setting by its path."""
    for name in type(value).model_fields:
        held = getattr(value, name)
        if isinstance(held, BaseModel):
            yield from leaves(held, (*at, name))
        else:
            yield (*at, name), held


def unknown(environment: Mapping[str, str]) -> list[str]:
    """Variables with our prefix that name nothing; wrong names below a known one are refused when settings are read."""
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    ours = (name for name in environment if name.startswith(PREFIX))
    return sorted(name for name in ours if name.removesuffix("_FILE").split("__")[0] not in known)


def in_file(path: Path) -> Mapping[str, Any]:
    """What ``chalkstream.toml`` sets; nothing when there is none or it can't be read (the start says so)."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def _held(file: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    here: Any = file
    for part in path:
        if not isinstance(here, Mapping) or part not in here:
            return False
        here = here[part]
    return True
