"""What is written as pack.toml reads back as the same pack."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from infra.models import installed as models
from infra.models import manifest
from schemas.pack import Pack, PackFacts, PackModel

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x7f"), max_size=20)
VALUES = st.one_of(st.booleans(), st.integers(-(2**62), 2**62), TEXT, st.lists(st.integers(0, 9), max_size=3))


@given(
    description=TEXT, options=st.dictionaries(TEXT, VALUES, max_size=4), files=st.dictionaries(TEXT, TEXT, max_size=3)
)
def test_round_trip(description: str, options: dict[str, object], files: dict[str, str]) -> None:
    import tomllib

    model = PackModel(
        engine="faster-whisper", licence="MIT", options=options, files=files, bytes=dict.fromkeys(files, 1)
    )
    pack = Pack(pack=PackFacts(name="x", description=description), asr=model)
    assert Pack.model_validate(tomllib.loads(manifest.render(pack))) == pack


def test_the_packs_that_are_shipped(tmp_path: Path) -> None:
    for pack in [models.at(models.BUILT_IN / "demo").pack, *models.offered().values()]:
        manifest.write(tmp_path, pack)
        assert models.read(tmp_path / "pack.toml") == pack
        assert [path.name for path in tmp_path.iterdir()] == ["pack.toml"]
