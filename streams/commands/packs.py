"""``chalkstream models list|check|fetch``: what packs are here, what can be fetched, whether they are whole."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from infra.models import fetch
from infra.models import installed as models
from infra.models.bring import Order
from infra.models.hub import Hub
from infra.settings import Settings, read
from schemas.errors import BadSettings, ChalkstreamError
from schemas.pack import KINDS, Kind, Pack, PackModel

FEW = 6
"""Languages that are named in a table; of more, only how many."""


def list_packs() -> None:
    """Packs that are here, then those of the catalogue that are not."""
    settings, console = read(os.environ), Console()
    here = [models.at(folder) for folder in models.installed_packs(settings.packs)]
    console.print(_here(here, settings))
    absent = {name: pack for name, pack in models.offered().items() if name not in {each.folder.name for each in here}}
    if absent:
        console.print(_offered(absent))
        console.print("Fetch one with: chalkstream models fetch NAME   (or --from owner/name@revision)", style="dim")


def _here(packs: Sequence[models.Installed], settings: Settings) -> Table:
    table = _table("Packs on this machine", "pack", "kind", "model", "languages", "licence", "size", "where")
    for each in packs:
        for kind in each.kinds:
            model = each.need(kind)
            name = each.folder.name + (" *" if each.folder.name == settings.models else "")
            table.add_row(
                name, kind, f"{model.hub or model.path}@{model.revision[:12]}", _few(model.languages), model.licence,
                f"{models.size(each, kind) / 1e6:,.1f} MB", str(each.folder),
            )  # fmt: skip
    table.caption = "* is what CHALKSTREAM_MODELS names: " + settings.models
    return table


def _offered(packs: dict[str, Pack]) -> Table:
    table = _table("Packs that can be fetched", "pack", "models", "licence", "what it is")
    for name, pack in sorted(packs.items(), key=lambda item: sum(sum(m.bytes.values()) for m in _models(item[1]))):
        sources = (f"{model.hub}@{model.revision[:12] or model.follow}" for model in _models(pack))
        table.add_row(name, "\n".join(sources), "\n".join(m.licence for m in _models(pack)), pack.pack.description)
    return table


def _models(pack: Pack) -> list[PackModel]:
    return [model for kind in KINDS if (model := pack.model(kind))]


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", caption_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _few(languages: Sequence[str]) -> str:
    return ", ".join(languages) if len(languages) <= FEW else f"{len(languages)} languages"


def check_packs(name: str | None) -> int:
    """0 when every file is the one that its pack names, else 2. One line per model."""
    settings = read(os.environ)
    packs = [models.find(name, settings.packs)] if name else _all(settings)
    return max([_check(each) for each in packs], default=0)


def _all(settings: Settings) -> list[models.Installed]:
    return [models.at(folder) for folder in models.installed_packs(settings.packs)]


def _check(installed: models.Installed) -> int:
    worst = 0
    for kind in installed.kinds:
        label, model = f"{installed.folder.name}/{kind}", installed.need(kind)
        error = _problem(installed, kind)
        worst = max(worst, error.exit_code if error else 0)
        sys.stdout.write(f"{label}: {error or f'ok, {len(model.files)} files, {model.licence}'}\n")
    return worst


def _problem(installed: models.Installed, kind: Kind) -> ChalkstreamError | None:
    try:
        with _bar(f"{installed.folder.name}/{kind}", models.size(installed, kind)) as seen:
            models.check(installed, kind, thorough=True, seen=seen)
    except BadSettings as error:
        return error
    return None


def fetch_pack(name: str, sources: Sequence[str], *, update: bool = False, endpoint: str | None = None) -> None:
    """Fetch or repair the pack ``name``; a pinned one stays at its commits unless ``update``."""
    settings, store = read(os.environ), Hub(endpoint)
    pack = fetch.wanted(name, sources, store) if sources else _known(name, settings, update=update)
    watcher = Watching(name)
    with watcher.bar:
        installed = fetch.fetch(name, pack, settings.packs, store, commercial=settings.commercial, watcher=watcher)
    sys.stdout.write(f"{name}: fetched to {installed.folder}; use it with: chalkstream run FILE --models {name}\n")


def _known(name: str, settings: Settings, *, update: bool) -> Pack:
    place = settings.packs / name
    offered = models.offered()
    if (place / "pack.toml").is_file():
        pack = models.at(place).pack
        return fetch.unpinned(offered.get(name, pack)) if update else pack
    if name not in offered:
        raise BadSettings(
            f"the catalogue has no pack {name!r}", f"there are {', '.join(offered)}; or use --from owner/name"
        )
    return offered[name]


class Watching:
    """Shows a fetch on standard error."""

    def __init__(self, name: str) -> None:
        self.bar = _progress()
        self._name, self._task = name, self.bar.add_task(name, total=None)

    def start(self, orders: list[Order]) -> None:
        """Which models, how large, and under which licences."""
        for order in orders:
            source = f"{order.listing.repository}@{order.listing.commit[:12]}"
            size = f"{order.size / 1e6:,.1f} MB"
            sys.stderr.write(f"{self._name}/{order.kind}: {source}, {size}, licence {order.licence}\n")
        self.bar.update(self._task, total=sum(order.size for order in orders))

    def file(self, label: str) -> None:
        """Names the file that is being worked on."""
        self.bar.update(self._task, description=label)

    def seen(self, more: int) -> None:
        """Moves the bar."""
        self.bar.update(self._task, advance=more)


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


@contextmanager
def _bar(label: str, total: int) -> Iterator[Callable[[int], None]]:
    with _progress() as bar:
        task = bar.add_task(label, total=total)
        yield lambda more: bar.update(task, advance=more)
