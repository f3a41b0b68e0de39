"""Licences by their names: what may be used for money, what may not, and what nobody can tell.

Names come from packs and from model cards: SPDX (``CC-BY-NC-4.0``), a hub's own ids (``cc-by-nc-4.0``, ``openrail``,
``other``) or plain words. Nothing here reads a licence's text; a name that says nothing is not taken for a yes.
"""

import re
from typing import Final, Literal

from schemas.errors import BadInput

Verdict = Literal["allowed", "non-commercial", "unknown"]

NON_COMMERCIAL: Final = re.compile(
    r"(?<![a-z])nc(?![a-z])|non[- _]?commercial|research|academic|evaluation[- _]only|(?<![a-z])personal[- _]use",
    re.IGNORECASE,
)
"""OpenRAIL licences are not in it: they forbid harmful uses, not commercial ones."""
SAYS_NOTHING: Final = frozenset({"", "other", "unknown", "none", "custom", "proprietary"})


def verdict(licence: str) -> Verdict:
    """What the name of ``licence`` says about commercial use."""
    if NON_COMMERCIAL.search(licence):
        return "non-commercial"
    return "unknown" if licence.strip().lower() in SAYS_NOTHING else "allowed"


def refuse(name: str, licence: str, *, commercial: bool) -> None:
    """Raise BadInput("licence_refused") when the model ``name`` may not be used under ``commercial = true``."""
    found = verdict(licence)
    if not commercial or found == "allowed":
        return
    why = "which is not for commercial use" if found == "non-commercial" else "which does not say what it allows"
    remedy = "choose another model, or unset CHALKSTREAM_COMMERCIAL"
    raise BadInput("licence_refused", f"{name} is licensed {licence or 'unknown'}, {why}", remedy)
