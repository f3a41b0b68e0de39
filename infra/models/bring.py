"""One model's files, from the hub into a folder: downloaded or taken from the pack that is there, checked, verified.

A file stands under its own name only when it is whole and is the one that was asked for; until then it ends in
``.part``, and the next try goes on with it. A file that proves wrong is thrown away: going on with it would never end.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from infra.models import formats, hub, tongues
from schemas.errors import BadInput, ChalkstreamError, Unavailable
from schemas.pack import Kind, PackModel


@dataclass(frozen=True)
class Order:
    """One model to be fetched: what was asked for, what the hub has, and which of its files, small ones first."""

    kind: Kind
    wanted: PackModel
    listing: hub.Listing
    names: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(self.listing.file(name).size for name in self.names)

    @property
    def licence(self) -> str:
        """What the pack says, else what the model's card says."""
        return self.wanted.licence or self.listing.licence or "unknown"


class Watcher(Protocol):
    """Told how a fetch goes on."""

    def start(self, orders: list[Order]) -> None:
        """What will be fetched; called once, before the first byte."""
        ...

    def file(self, label: str) -> None:
        """The file that is worked on now: ``kind/name``."""
        ...

    def seen(self, more: int) -> None:
        """Bytes more that are here; negative when some must come again."""
        ...


@dataclass(frozen=True)
class Bringing:
    """``folder`` is filled; ``there`` is where an installed pack has this kind of model, if it has."""

    order: Order
    folder: Path
    there: Path
    store: hub.Hub
    watcher: Watcher

    def model(self) -> PackModel:
        """The model, complete and pinned. Raises BadInput, Unavailable, OSError."""
        self._forget_other_commits()
        wanted, listing = self.order.wanted, self.order.listing
        files = {name: self._file(name) for name in self.order.names}
        languages = wanted.languages or tongues.spoken(wanted, self.folder)
        sizes = {name: listing.file(name).size for name in files}
        facts = {"path": self.order.kind, "revision": listing.commit, "licence": self.order.licence}
        return wanted.model_copy(update={**facts, "languages": languages, "files": files, "bytes": sizes})

    def _forget_other_commits(self) -> None:
        mark, commit = self.folder / ".commit", self.order.listing.commit
        if self.folder.is_dir() and (not mark.is_file() or mark.read_text() != commit):
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        mark.write_text(commit)

    def _file(self, name: str) -> str:
        """The sha256 of one file that now stands in the folder."""
        self.watcher.file(f"{self.order.kind}/{name}")
        remote, done = self.order.listing.file(name), self.folder / name
        done.parent.mkdir(parents=True, exist_ok=True)
        if done.is_file() or self._reuse(remote, done):
            self.watcher.seen(remote.size)
            return self._verify(remote, done)
        part = done.with_name(f"{done.name}.part")
        self.store.download(self.order.listing, remote, part, self.watcher.seen)
        digest = self._verify(remote, part)
        part.replace(done)
        return digest

    def _verify(self, remote: hub.RemoteFile, path: Path) -> str:
        try:
            self._check_content(remote.name, path)
            return hub.verify(path, remote, expected=self.order.wanted.files.get(remote.name, ""))
        except ChalkstreamError:
            path.unlink()
            raise

    def _check_content(self, name: str, path: Path) -> None:
        with path.open("rb") as file:
            formats.check_weights(self.order.wanted.engine, name, file.read(64))
        if name.endswith("config.json"):
            formats.check_config(self.order.wanted.engine, name, path.read_text("utf-8", "replace"))
        if name.endswith(".safetensors.index.json"):
            self._check_shards(name, path.read_text("utf-8"))

    def _check_shards(self, name: str, text: str) -> None:
        if lost := formats.lost_shards(name, text, self.order.names):
            what = f"{self.order.listing.repository} lists {lost[0]} and does not hold it"
            raise BadInput("unsupported_format", what, "name another revision: owner/name@revision")

    def _reuse(self, remote: hub.RemoteFile, done: Path) -> bool:
        """A file of the installed pack when it is the very one, so that a repair loads only what is broken."""
        there = self.there / remote.name
        if not there.is_file() or there.stat().st_size != remote.size:
            return False
        try:
            hub.verify(there, remote)
            os.link(there, done)
        except (Unavailable, OSError):
            return False
        return True
