"""What ``submit`` decides before a byte goes: the key, the wishes, the parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.uploads import MOST_PARTS, PART, part_size
from processors.planning import usable
from schemas.errors import BadInput
from schemas.events import StoredObject
from schemas.plan import Options, Source, job_id
from streams.commands.submit import check, job_of, key_for, safe_name


@given(st.text(min_size=1), st.text(), st.dictionaries(st.sampled_from(["targets", "profile"]), st.text()))
def test_every_file_name_gives_a_key_that_every_store_takes(name: str, print_: str, asked: dict[str, str]) -> None:
    name = name.encode(errors="replace").decode()
    key = key_for(name, print_, asked, "")
    assert usable(key)
    assert "/" not in safe_name(name)
    assert key == key_for(name, print_, dict(reversed(asked.items())), "")


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("my talk.mp4", "my talk.mp4"),
        ("a/b\\c?.mp4", "a_b_c_.mp4"),
        ("..", "media."),
        (".hidden", "hidden"),
        ("été.mkv", "été.mkv"),
        ("x" * 300 + ".mp4", "x" * 180 + ".mp4"),
    ],
)
def test_names_stay_readable(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_other_bytes_wishes_or_tenant_are_another_key() -> None:
    keys = {
        key_for("a.mp4", *rest)
        for rest in (("1", {}, ""), ("2", {}, ""), ("1", {"targets": "fr"}, ""), ("1", {}, "lab"))
    }
    assert len(keys) == 4
    assert any(key.startswith("lab/") for key in keys)
    with pytest.raises(BadInput):
        key_for("a.mp4", "1", {}, "../lab")


@pytest.mark.parametrize(
    "asked",
    [{"targets": "klingon"}, {"source-language": "xx"}, {"formats": "pdf"}, {"profile": "é"}, {"profile": "a\nb"}],
)
def test_what_would_be_refused_there_is_refused_here(asked: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        check(asked)


def test_what_is_fine_passes_and_names_the_job_of_the_contract() -> None:
    asked = {"targets": "fr, pt-BR", "source-language": "auto", "formats": "srt"}
    check(asked)
    stored = StoredObject(bucket="uploads", key="k", etag="e-2", size=5, version_id="v")
    wish = Options(targets=("fr", "pt-BR"), source_language="auto", formats=("srt",))
    assert job_of(stored, asked) == job_id(Source(bucket="uploads", key="k", etag="e-2", size=5, version_id="v"), wish)


@given(st.integers(0, 5 << 40))
def test_parts_fit_the_limits_of_a_store(size: int) -> None:
    step = part_size(size)
    assert step >= PART
    assert -(-size // step) <= MOST_PARTS


def test_more_than_a_store_takes_is_refused() -> None:
    with pytest.raises(BadInput, match="too_large"):
        part_size((5 << 40) + 1)
