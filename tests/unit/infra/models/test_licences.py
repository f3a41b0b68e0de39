"""Licence names as people and hubs write them."""

import pytest

from infra.models import licences
from schemas.errors import BadInput

REFUSED = [
    "cc-by-nc-4.0", "CC-BY-NC-SA-4.0", "cc-by-nc-nd-3.0", "CC BY-NC 4.0", "cc_by_nc_4.0", "MIT AND CC-BY-NC-4.0",
    "fair-noncommercial-research-license", "flux-1-dev-non-commercial-license", "Non Commercial", "research-only",
    "intel-research", "apple-amlr research", "academic use only", "evaluation-only",
]  # fmt: skip
ALLOWED = [
    "mit", "MIT", "apache-2.0", "CC0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "openrail", "openrail++",
    "creativeml-openrail-m", "bsd-3-clause", "ncsa", "bsl-1.0", "llama3.1", "gemma", "Apache-2.0 AND MIT", "since-1.0",
]  # fmt: skip


@pytest.mark.parametrize("licence", REFUSED)
def test_non_commercial_names(licence: str) -> None:
    assert licences.verdict(licence) == "non-commercial"
    with pytest.raises(BadInput, match="licence_refused") as caught:
        licences.refuse("pack/mt", licence, commercial=True)
    assert "pack/mt" in caught.value.message
    assert licence in caught.value.message
    licences.refuse("pack/mt", licence, commercial=False)


@pytest.mark.parametrize("licence", ALLOWED)
def test_names_that_allow_it(licence: str) -> None:
    assert licences.verdict(licence) == "allowed"
    licences.refuse("pack/mt", licence, commercial=True)


@pytest.mark.parametrize("licence", ["", " ", "other", "unknown", "Other"])
def test_a_name_that_says_nothing_is_no_yes(licence: str) -> None:
    assert licences.verdict(licence) == "unknown"
    with pytest.raises(BadInput, match="does not say"):
        licences.refuse("pack/mt", licence, commercial=True)
