"""``schemas``: writes the documents of all topics and facts; refuses a change that breaks who reads them."""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from schemas.compatibility import breaks
from schemas.errors import BadInput
from streams import asyncapi


def export(folder: Path) -> None:
    """Write ``asyncapi.json`` and a schema per fact. Raises BadInput("conflict") and writes nothing."""
    made = documents()
    for name, document in made.items():
        _keep_compatible(folder / name, document)
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in made.items():
        (folder / name).write_text(text(document), "utf-8")
    sys.stdout.write(f"{len(made)} documents in {folder}\n")


def documents() -> dict[str, dict[str, Any]]:
    """File name → document."""
    return asyncapi.schemas() | {"asyncapi.json": asyncapi.document(version("chalkstream"))}


def text(document: dict[str, Any]) -> str:
    """Keys sorted, so that a difference is a change."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _keep_compatible(path: Path, document: dict[str, Any]) -> None:
    if path.name == "asyncapi.json" or not path.exists():
        return
    if broken := breaks(json.loads(path.read_text("utf-8")), document):
        what = f"{path.name} would break readers: {'; '.join(broken)}"
        raise BadInput("conflict", what, "write a new version of the fact beside it")
