"""Python and the libraries that do the work: which versions, and whether they load at all."""

import sys
from collections.abc import Iterator

from processors.engines import versions
from streams.findings.finding import Finding, Situation, check

PYTHON = (3, 11)


@check
def python(_: Situation) -> Iterator[Finding]:
    """The interpreter."""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < PYTHON:
        yield Finding("bad", f"Python {found}", "install Python 3.11 or newer")
    else:
        yield Finding("ok", f"Python {found}")


@check
def libraries(_: Situation) -> Iterator[Finding]:
    """Each library of the base install, imported for real: a wheel for another machine fails only then."""
    for name in versions.NEEDED:
        found, error = versions.probe(name)
        if error:
            yield Finding("bad", f"{name} {found or ''} can't be used: {error}", "run 'make setup' again")
        else:
            yield Finding("ok", f"{name} {found}")
    yield Finding("ok", f"FFmpeg libraries: {versions.ffmpeg() or 'unknown'}")
