"""Packs on disk: found by name or path, read once, checked before use. Says which file is wrong and what to do."""

import hashlib
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from infra.models import formats, licences
from schemas.errors import BadSettings
from schemas.pack import KINDS, Kind, Pack, PackModel
from schemas.plan import ModelIdentity

BUILT_IN: Final = Path(__file__).parents[1] / "packs"
CATALOGUE: Final = Path(__file__).parent / "catalogue"
SMALL_BYTES: Final = 64 << 20
"""Models up to this size are hashed at every start (under 0.1 s); larger ones by ``models check``."""


@dataclass(frozen=True)
class Installed:
    """A pack and the folder it stands in."""

    folder: Path
    pack: Pack

    def path(self, model: PackModel) -> Path:
        """The directory of one model. Raises BadSettings for a place that is no directory's name."""
        if "://" in model.path:
            raise BadSettings(f"models are not read from {model.path}", "copy the model to a directory and name that")
        return (self.folder / model.path).resolve()

    def need(self, kind: Kind) -> PackModel:
        """The model of ``kind``. Raises BadSettings when the pack has none."""
        model = self.pack.model(kind)
        if model is None:
            what = f"the pack {self.pack.pack.name!r} has no {kind} model"
            raise BadSettings(what, "choose another pack: --models PACK")
        return model

    def identity(self, kind: Kind) -> ModelIdentity:
        """Which model it is, to the byte: the hash is that of the list of its files' hashes."""
        model = self.need(kind)
        listed = "\n".join(f"{digest}  {name}" for name, digest in sorted(model.files.items()))
        return ModelIdentity(
            name=f"{self.pack.pack.name}/{kind}", revision=model.revision, licence=model.licence,
            sha256=hashlib.sha256(listed.encode()).hexdigest(),
        )  # fmt: skip

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What the pack has models for."""
        return tuple(kind for kind in KINDS if self.pack.model(kind))

    @property
    def remedy(self) -> str:
        """What to do when one of the pack's files is wrong."""
        if self.folder.is_relative_to(BUILT_IN.resolve()):
            return "install Chalkstream again"
        hubs = [model.hub for kind in KINDS if (model := self.pack.model(kind))]
        return f"run 'chalkstream models fetch {self.folder.name}'" if any(hubs) else "copy the pack again"


def find(name: str, installed: Path) -> Installed:
    """The pack called ``name``, or in the folder ``name``. Raises BadSettings."""
    places = [Path(name).expanduser(), installed / name, BUILT_IN / name]
    folder = next((place for place in places if (place / "pack.toml").is_file()), None)
    if folder is None and name in offered():
        raise BadSettings(f"the model pack {name!r} is not here yet", f"run 'chalkstream models fetch {name}'")
    if folder is None:
        known = ", ".join(sorted({place.name for place in installed_packs(installed)} | offered().keys()))
        raise BadSettings(f"there is no model pack {name!r}", f"there are {known}; or name a folder with a pack.toml")
    return at(folder)


def at(folder: Path) -> Installed:
    """The pack in ``folder``. Raises BadSettings."""
    return Installed(folder.resolve(), read(folder / "pack.toml"))


def installed_packs(installed: Path) -> list[Path]:
    """The folders of all packs that can be named."""
    found = sorted(path.parent for root in (BUILT_IN, installed) for path in root.glob("*/pack.toml"))
    return [folder for folder in found if not folder.name.startswith(".")]


def offered() -> dict[str, Pack]:
    """The catalogue: packs that ``models fetch`` knows by name."""
    return {path.stem: read(path) for path in sorted(CATALOGUE.glob("*.toml"))}


def read(path: Path) -> Pack:
    """The pack's own account. Raises BadSettings naming the entry that is wrong."""
    try:
        return Pack.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise BadSettings(f"{path} is not valid at {where}: {error.errors()[0]['msg']}", "see docs/models.md") from None
    except (OSError, ValueError) as error:
        raise BadSettings(f"{path} can't be read: {error}", "see docs/models.md") from None


def allow(installed: Installed, *, commercial: bool) -> None:
    """Raise BadInput("licence_refused") for a non-commercial model under ``commercial = true``."""
    for kind in installed.kinds:
        licences.refuse(f"{installed.pack.pack.name}/{kind}", installed.need(kind).licence, commercial=commercial)


def check(
    installed: Installed, kind: Kind, *, thorough: bool = False, seen: Callable[[int], None] = lambda _: None
) -> None:
    """Raise BadSettings for a missing, incomplete or altered model; hashes what is small, or all if ``thorough``.

    ``seen`` is told the bytes that were read.
    """
    model = installed.need(kind)
    folder = installed.path(model)
    if not folder.is_dir():
        raise BadSettings(f"the {kind} model misses its folder {folder}", installed.remedy)
    _check_complete(installed, kind, folder)
    for name, digest in model.files.items():
        path = folder / name
        size = path.stat().st_size
        if size != model.bytes.get(name, size):
            what = f"{path} has {size:,} bytes instead of {model.bytes[name]:,}"
            raise BadSettings(what, installed.remedy)
        if (thorough or size <= SMALL_BYTES) and sha256(path, seen) != digest:
            raise BadSettings(f"{path} is not the file that the pack names (its sha256 differs)", installed.remedy)


def _check_complete(installed: Installed, kind: Kind, folder: Path) -> None:
    model = installed.need(kind)
    for name in model.files:
        if not (folder / name).is_file():
            raise BadSettings(f"the {kind} model misses {folder / name}", installed.remedy)
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    if gap := formats.missing(model.engine, names):
        raise BadSettings(f"the {kind} model misses {folder / gap}", installed.remedy)


def sha256(path: Path, seen: Callable[[int], None] = lambda _: None) -> str:
    """Hex digest of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
            seen(len(piece))
    return digest.hexdigest()


def size(installed: Installed, kind: Kind) -> int:
    """Bytes of one model's files that are here."""
    model = installed.need(kind)
    paths = [installed.path(model) / name for name in model.files]
    return sum(path.stat().st_size for path in paths if path.is_file())
