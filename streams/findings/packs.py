"""The pack of the settings: whether it is whole, and what its licences allow."""

from collections.abc import Iterator

from infra.models import installed as models
from infra.models import licences
from streams.findings.finding import Finding, Situation, check


@check
def pack(situation: Situation) -> Iterator[Finding]:
    """Every model's files (large ones by size; ``models check`` reads them whole) and its licence."""
    settings = situation.settings
    installed = models.find(settings.models, settings.packs)
    yield Finding("ok", f"{settings.models} in {installed.folder}: {installed.pack.pack.description}")
    models.allow(installed, commercial=settings.commercial)
    for kind in installed.kinds:
        models.check(installed, kind)
        yield licence(f"{settings.models}/{kind}", installed.need(kind).licence)


def licence(name: str, text: str) -> Finding:
    """What the licence of the model ``name`` says, by its name."""
    found = licences.verdict(text)
    if found == "allowed":
        return Finding("ok", f"{name} is whole, licence {text}")
    what = "not for commercial use" if found == "non-commercial" else "it is not known what it allows"
    return Finding(
        "warn", f"{name} is whole, licence {text or 'unknown'}: {what}", "CHALKSTREAM_COMMERCIAL=true refuses it"
    )
