"""Fetching a pack: resolve to commits, choose files, bring them, and only then put the pack in its place.

Everything happens in ``<packs>/.<name>.fetch``, which a broken download leaves behind and the next one goes on with.
A pack appears under its name by one rename, complete and pinned, or not at all.
"""

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from infra.models import formats, hub, licences, manifest
from infra.models import installed as models
from infra.models.bring import Bringing, Order, Watcher
from schemas.errors import BadInput, BadSettings, Unavailable
from schemas.pack import KINDS, Kind, Pack, PackFacts, PackModel

NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
SPARE: Final = 64 << 20
"""Bytes that must stay free beside the download."""


def wanted(name: str, sources: Sequence[str], store: hub.Hub) -> Pack:
    """A pack of the repositories ``[kind=]owner/name[@revision]``. Raises BadInput, Unavailable."""
    chosen: dict[Kind, PackModel] = {}
    for text in sources:
        kind, model = _source(text, store)
        if kind in chosen:
            what = f"{chosen[kind].hub} and {model.hub} are both for {kind}"
            raise BadInput("conflict", what, "say which is which: --from mt=owner/name")
        chosen[kind] = model
    facts = PackFacts(name=name, description="fetched from " + ", ".join(sources))
    return Pack(pack=facts).model_copy(update={str(kind): model for kind, model in chosen.items()})


def _source(text: str, store: hub.Hub) -> tuple[Kind, PackModel]:
    named, _, rest = text.rpartition("=")
    repository, _, revision = rest.partition("@")
    engines = [engine for engine, form in formats.FORMATS.items() if form.kind == named]
    if named and not engines:
        raise BadInput("invalid_request", f"{named!r} is no kind of model", f"there are {', '.join(KINDS)}")
    listing = store.listing(repository, revision or "main")
    engine = formats.guess(listing.names, engines or list(formats.FORMATS), where=repository)
    pin = {"revision": revision} if revision == listing.commit else {"follow": revision or "main"}
    return formats.FORMATS[engine].kind, PackModel(engine=engine, hub=repository, licence=listing.licence, **pin)


def unpinned(pack: Pack) -> Pack:
    """The same pack, to be resolved anew where it follows a branch."""
    free = {"revision": "", "files": {}, "bytes": {}}
    found = {kind: model for kind in KINDS if (model := pack.model(kind)) and model.follow}
    return pack.model_copy(update={kind: model.model_copy(update=free) for kind, model in found.items()})


def fetch(
    name: str, pack: Pack, packs: Path, store: hub.Hub, *, commercial: bool, watcher: Watcher
) -> models.Installed:
    """Bring ``pack`` to ``packs/name``. Raises BadInput, BadSettings, Unavailable; what came is kept."""
    if not NAME.fullmatch(name):
        raise BadInput("invalid_request", f"{name!r} can't be a pack's name", "use a-z, 0-9, dots and dashes")
    with _alone(packs, name):
        orders = [_order(kind, model, store, name, commercial) for kind in KINDS if (model := pack.model(kind))]
        work, place = packs / f".{name}.fetch", packs / name
        _need_space(work, orders)
        watcher.start(orders)
        done = {
            each.kind: Bringing(each, work / each.kind, place / each.kind, store, watcher).model() for each in orders
        }
        facts = pack.pack.model_copy(update={"name": name})
        manifest.write(
            work, pack.model_copy(update={"pack": facts, **{str(kind): model for kind, model in done.items()}})
        )
        _place(work, place)
    return models.at(place)


def _order(kind: Kind, model: PackModel, store: hub.Hub, name: str, commercial: bool) -> Order:
    licences.refuse(f"{name}/{kind}", model.licence or "unknown", commercial=commercial)
    if not model.hub:
        raise BadInput("not_found", f"{name}/{kind} stands on no hub", "copy the pack from where it came")
    listing = store.listing(model.hub, model.revision or model.follow)
    if licences.verdict(listing.licence) == "non-commercial":
        licences.refuse(f"{name}/{kind}", listing.licence, commercial=commercial)
    chosen = formats.choose(model.engine, listing.names, model.allow, where=model.hub)
    return Order(kind, model, listing, tuple(sorted(chosen, key=lambda each: listing.file(each).size)))


def _need_space(work: Path, orders: list[Order]) -> None:
    here = sum(file.stat().st_size for file in work.rglob("*") if file.is_file())
    need, free = sum(order.size for order in orders) - here + SPARE, shutil.disk_usage(work.parent).free
    if need > free:
        what = f"{need / 1e9:.1f} GB are needed in {work.parent} and {free / 1e9:.1f} GB are free"
        raise Unavailable(what, "free some space, or set CHALKSTREAM_STATE to a folder on a larger disk")


def _place(work: Path, place: Path) -> None:
    old = place.with_name(f".{place.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.replace(old)
    work.replace(place)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _alone(packs: Path, name: str) -> Iterator[None]:
    """One fetch of a name at a time; disk errors around it are ours to tell."""
    import fcntl

    try:
        packs.mkdir(parents=True, exist_ok=True)
        with (packs / f".{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
    except BlockingIOError:
        raise Unavailable(f"another process fetches {name}", "wait for it to end") from None
    except OSError as error:
        raise hub.translate(error, str(packs)) or BadSettings(f"{packs} can't be used: {error}") from error
