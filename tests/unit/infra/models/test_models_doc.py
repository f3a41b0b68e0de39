"""docs/models.md names packs that exist, engines that exist, and shows a pack.toml that is one."""

import re
import tomllib
from pathlib import Path

from infra.models import formats
from infra.models import installed as models
from schemas.pack import Pack

TEXT = Path("docs/models.md").read_text("utf-8")


def test_its_pack_toml_is_valid() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert blocks
    for block in blocks:
        Pack.model_validate(tomllib.loads(block))


def test_it_names_every_pack_and_no_other() -> None:
    assert set(re.findall(r"lecture-[a-z0-9-]+", TEXT)) == models.offered().keys()


def test_it_names_every_engine_and_all_that_each_needs() -> None:
    rows = {row.split("`")[1]: row for row in TEXT.splitlines() if row.startswith("| `") and "| " in row}
    for engine, form in formats.FORMATS.items():
        assert f"| {form.kind} |" in rows[engine]
        assert all(any(pattern in rows[engine] for pattern in choice) for choice in form.needs)
