"""A finding, what checks are told, and how checks are found and asked."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from infra.settings import Settings
from schemas.errors import ChalkstreamError

Level = Literal["ok", "warn", "bad"]


@dataclass(frozen=True)
class Finding:
    """``bad``: Chalkstream can't work so. ``warn``: it works, and somebody should know. ``remedy`` for both."""

    level: Level
    what: str
    remedy: str = ""


@dataclass(frozen=True)
class Situation:
    """What is looked at. ``settings`` are those in force (the defaults where ``refused`` says why they are not)."""

    settings: Settings
    environment: Mapping[str, str]
    refused: ChalkstreamError | None = None


Check = Callable[[Situation], Iterable[Finding]]
_CHECKS: dict[str, Check] = {}


def check(question: Check) -> Check:
    """Mark a function as a check; its name is the heading under which its findings are shown."""
    _CHECKS[question.__name__] = question
    return question


def checks() -> dict[str, Check]:
    """All checks of this package, in order of file and line."""
    package = importlib.import_module("streams.findings")
    for module in sorted(found.name for found in pkgutil.iter_modules(package.__path__)):
        importlib.import_module(f"{package.__name__}.{module}")
    return dict(_CHECKS)


def ask(question: Check, situation: Situation) -> Iterator[Finding]:
    """The findings of one check; one that fails is a finding itself."""
    try:
        yield from question(situation)
    except ChalkstreamError as error:
        yield Finding("bad", error.message, error.remedy)
    except Exception as error:
        yield Finding("warn", f"this check failed: {type(error).__name__}: {error}", "please report it")
