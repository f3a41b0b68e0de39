"""Packs on disk: found by name or path, read once, checked before use. Says which file is wrong and what to do."""

import hashlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from schemas.errors import BadInput, BadSettings
from schemas.pack import KINDS, Kind, Pack, PackModel
from schemas.plan import ModelIdentity

BUILT_IN: Final = Path(__file__).parent / "packs"
NON_COMMERCIAL: Final = re.compile(r"\bNC\b|non-?commercial|research[- ]only", re.IGNORECASE)
SMALL_BYTES: Final = 64 << 20
"""Models up to this size are hashed at every start (under 0.1 s); larger ones by ``models check``."""


@dataclass(frozen=True)
class Installed:
    """A pack and the folder it stands in."""

    folder: Path
    pack: Pack

    def path(self, model: PackModel) -> Path:
        """The directory of one model."""
        return (self.folder / model.path).resolve()

    def need(self, kind: Kind) -> PackModel:
        """The model of ``kind``. Raises BadSettings when the pack has none."""
        model = self.pack.model(kind)
        if model is None:
            raise BadSettings(
                f"the pack {self.pack.pack.name!r} has no {kind} model", "choose another pack: --models PACK"
            )
        return model

    def identity(self, kind: Kind) -> ModelIdentity:
        """Which model it is, to the byte: the hash is that of the list of its files' hashes."""
        model = self.need(kind)
        listed = "\n".join(f"{digest}  {name}" for name, digest in sorted(model.files.items()))
        return ModelIdentity(
            name=f"{self.pack.pack.name}/{kind}", revision=model.revision, licence=model.licence,
            sha256=hashlib.sha256(listed.encode()).hexdigest(),
        )  # fmt: skip


def find(name: str, installed: Path) -> Installed:
    """The pack called ``name``, or in the folder ``name``. Raises BadSettings."""
    places = [Path(name).expanduser(), installed / name, BUILT_IN / name]
    folder = next((place for place in places if (place / "pack.toml").is_file()), None)
    if folder is None:
        known = ", ".join(sorted({place.name for place in installed_packs(installed)}))
        raise BadSettings(f"there is no model pack {name!r}", f"there are {known}; or name a folder with a pack.toml")
    return Installed(folder.resolve(), read(folder / "pack.toml"))


def installed_packs(installed: Path) -> list[Path]:
    """The folders of all packs that can be named."""
    return sorted(path.parent for root in (BUILT_IN, installed) for path in root.glob("*/pack.toml"))


def read(path: Path) -> Pack:
    """The pack's own account. Raises BadSettings naming the entry that is wrong."""
    try:
        return Pack.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise BadSettings(f"{path} is not valid at {where}: {error.errors()[0]['msg']}", "see docs/models.md") from None
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadSettings(f"{path} can't be read: {error}", "see docs/models.md") from None


def allow(installed: Installed, *, commercial: bool) -> None:
    """Raise BadInput("licence_refused") for a non-commercial model under ``commercial = true``."""
    for kind in KINDS:
        model = installed.pack.model(kind)
        if commercial and model and NON_COMMERCIAL.search(model.licence):
            name = f"{installed.pack.pack.name}/{kind}"
            raise BadInput(
                "licence_refused", f"{name} is licensed {model.licence}, which is not for commercial use",
                "choose another model, or unset CHALKSTREAM_COMMERCIAL",
            )  # fmt: skip


def check(installed: Installed, kind: Kind, *, thorough: bool = False) -> None:
    """Raise BadSettings for a missing, incomplete or altered model; hashes what is small, or all if ``thorough``."""
    model = installed.need(kind)
    folder, remedy = installed.path(model), f"run 'chalkstream models fetch {installed.pack.pack.name}' again"
    for name, digest in model.files.items():
        path = folder / name
        if not path.is_file():
            raise BadSettings(f"the {kind} model misses {path}", remedy)
        if (thorough or path.stat().st_size <= SMALL_BYTES) and sha256(path) != digest:
            raise BadSettings(f"{path} is not the file that the pack names (its sha256 differs)", remedy)
    if not folder.is_dir():
        raise BadSettings(f"the {kind} model misses its folder {folder}", remedy)


def sha256(path: Path) -> str:
    """Hex digest of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
