"""Packs that are wrong, one way at a time: one line that names the file and what to do."""

import shutil
from pathlib import Path

import pytest

from infra.models import installed as models
from infra.models import licences
from schemas.errors import BadInput, BadSettings
from schemas.pack import COMMIT, PackModel

DEMO = models.BUILT_IN / "demo"


@pytest.fixture
def pack(tmp_path: Path) -> models.Installed:
    for part in ("asr", "mt"):
        shutil.copytree(DEMO / part, tmp_path / "mine" / part)
    text = (DEMO / "pack.toml").read_text().split("[chat]")[0]
    (tmp_path / "mine/pack.toml").write_text(text)
    return models.find("mine", tmp_path)


def problem(pack: models.Installed, *, thorough: bool = False) -> str:
    with pytest.raises(BadSettings) as caught:
        for kind in pack.kinds:
            models.check(pack, kind, thorough=thorough)
    assert caught.value.remedy
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_whole_pack(pack: models.Installed) -> None:
    read: list[int] = []
    models.check(pack, "asr", thorough=True, seen=read.append)
    assert sum(read) == models.size(pack, "asr")


@pytest.mark.parametrize("name", sorted(models.at(DEMO).need("asr").files))
def test_a_file_that_is_missing(pack: models.Installed, name: str) -> None:
    (pack.folder / "asr" / name).unlink()
    assert f"misses {pack.folder / 'asr' / name}" in problem(pack)


@pytest.mark.parametrize("name", ["model.bin", "tokenizer.json"])
def test_a_file_that_is_half_there(pack: models.Installed, name: str) -> None:
    path = pack.folder / "asr" / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert str(path) in problem(pack)


def test_a_file_of_the_same_size_with_other_bytes(pack: models.Installed) -> None:
    path = pack.folder / "mt/model.bin"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert "sha256" in problem(pack)


def test_a_large_file_is_seen_by_its_size_at_start_and_by_its_hash_when_asked(pack: models.Installed) -> None:
    path = pack.folder / "mt/model.bin"
    whole = path.stat().st_size
    model = pack.need("mt").model_copy(update={"bytes": {"model.bin": whole}})
    known = models.Installed(pack.folder, pack.pack.model_copy(update={"mt": model}))
    path.write_bytes(path.read_bytes()[:-1])
    assert f"{whole - 1:,} bytes instead of {whole:,}" in problem(known)


def test_a_folder_that_is_gone(pack: models.Installed) -> None:
    shutil.rmtree(pack.folder / "mt")
    assert str(pack.folder / "mt") in problem(pack)


def test_a_model_may_stand_in_any_directory_but_not_at_an_address(pack: models.Installed) -> None:
    elsewhere = pack.need("asr").model_copy(update={"path": str(DEMO / "asr")})
    assert pack.path(elsewhere) == (DEMO / "asr").resolve()
    with pytest.raises(BadSettings, match="s3://"):
        pack.path(elsewhere.model_copy(update={"path": "s3://bucket/model"}))


def test_a_hand_written_pack_is_checked_for_what_its_engine_needs(tmp_path: Path) -> None:
    shutil.copytree(DEMO / "asr", tmp_path / "mine/asr", ignore=shutil.ignore_patterns("tokenizer.json"))
    (tmp_path / "mine/pack.toml").write_text(
        '[pack]\nname="mine"\n[asr]\nengine="faster-whisper"\npath="asr"\nlicence="x"'
    )
    assert "tokenizer.json" in problem(models.find("mine", tmp_path))


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("[pack", "can't be read"),
        ("[pack]\n", "pack.name"),
        ('[pack]\nname="x"\n[asr]\nengine="e"', "asr.licence"),
        ('[pack]\nname="x"\n[asr]\nengine="e"\nlicence="l"\nbeams=5', "asr.beams"),
        ('[pack]\nname="x"\n[asr]\nengine="e"\nlicence="l"\nhub="a/b"\nrevision="main"', "40 hex"),
        ('[pack]\nname="x"\n[asr]\nengine="e"\nlicence="l"\nhub="a/b"', "follow"),
    ],
)
def test_a_pack_toml_that_is_wrong(tmp_path: Path, text: str, tells: str) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x/pack.toml").write_text(text)
    with pytest.raises(BadSettings) as caught:
        models.find("x", tmp_path)
    assert tells in str(caught.value)
    assert "pack.toml" in str(caught.value)


def test_names_that_are_not_here(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="models fetch lecture-small"):
        models.find("lecture-small", tmp_path)
    with pytest.raises(BadSettings, match="demo"):
        models.find("nothing", tmp_path)


def test_the_catalogue_is_pinned_and_says_what_it_may_be_used_for(tmp_path: Path) -> None:
    for name, pack in models.offered().items():
        assert pack.pack.name == name
        for model in (pack.asr, pack.mt):
            assert isinstance(model, PackModel)
            assert COMMIT.fullmatch(model.revision) or model.follow
        free = licences.verdict(pack.pack.licence) == "allowed"
        assert free == ("nllb" not in name)
        if not free:
            with pytest.raises(BadInput, match="licence_refused"):
                models.allow(models.Installed(tmp_path, pack), commercial=True)
