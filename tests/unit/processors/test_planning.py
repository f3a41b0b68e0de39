"""How wishes become a plan."""

from datetime import UTC, datetime

import pytest

from processors.planning import Abilities, make_plan
from schemas.errors import BadInput
from schemas.plan import ModelIdentity, Options, Plan, Source, job_id

NOW = datetime(2026, 1, 2, tzinfo=UTC)
MODEL = ModelIdentity(name="m", revision="1", licence="CC0-1.0", sha256="0")
SOURCE = Source(bucket="uploads", key="a/Talk 1.mp4", etag="e", size=9)


def plan(asked: Options, defaults: Options | None = None, *, mt: bool = True) -> Plan:
    """A plan for a pack that hears English and writes four languages."""
    written = ("en", "fr", "es", "de") if mt else ()
    can = Abilities(MODEL, MODEL if mt else None, heard=("en",), written=written, chunk_seconds=10.0)
    return make_plan(SOURCE, asked, can, tenant="default", defaults=defaults or Options(), now=NOW)


def test_the_object_wins_over_the_tenant_and_the_tenant_over_the_default() -> None:
    tenant = Options(targets=("de",), profile="edu-default", formats=("vtt",))
    made = plan(Options(targets=("fr",)), tenant)
    assert (made.targets, made.formats, made.source_language) == (("fr",), ("vtt",), "auto")


def test_targets_are_canonical_and_named_once() -> None:
    assert plan(Options(targets=("FR", "fra_Latn", "es-mx"))).targets == ("fr", "es-MX")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (Options(targets=("xx",)), "unknown_language"),
        (Options(targets=("ja",)), "unknown_language"),
        (Options(source_language="fr"), "unknown_language"),
        (Options(source_language="klingon"), "unknown_language"),
        (Options(profile="nope"), "unknown_profile"),
    ],
)
def test_what_the_pack_cannot_do_is_refused_before_work_starts(asked: Options, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        plan(asked)
    assert caught.value.code == code and caught.value.remedy


def test_without_targets_no_translation_model_is_named() -> None:
    assert plan(Options()).mt is None
    with pytest.raises(BadInput):
        plan(Options(targets=("fr",)), mt=False)


def test_the_same_upload_and_wishes_are_the_same_job() -> None:
    assert job_id(SOURCE, Options(targets=("fr",))) == job_id(SOURCE, Options(targets=("fr",)))
    others = {
        job_id(SOURCE, Options()),
        job_id(SOURCE, Options(targets=("fr",))),
        job_id(SOURCE.model_copy(update={"etag": "f"}), Options()),
        job_id(SOURCE.model_copy(update={"version_id": "v"}), Options()),
        job_id(SOURCE.model_copy(update={"key": "b"}), Options()),
    }
    assert len(others) == 5


@pytest.mark.parametrize(
    ("key", "stem"),
    [
        ("a/Talk 1.mp4", "Talk 1"),
        ("noending", "noending"),
        (".hidden", ".hidden"),
        ("a/b\x00c\nd.mp4", "b_c_d"),
        ("x/" + "é" * 400 + ".mkv", "é" * 90),
        ("dir/", "dir"),
        ("..", ".."),
    ],
)
def test_the_stem_is_a_safe_name(key: str, stem: str) -> None:
    made = plan(Options()).model_copy(update={"source": SOURCE.model_copy(update={"key": key})})
    assert made.stem == stem
