"""``chalkstream serve``: the HTTP gateway and the page, before a cluster or on this machine alone."""

import os
from contextlib import nullcontext
from pathlib import Path

from infra import s3
from infra.folder import FolderStore
from infra.settings import Settings, read
from infra.state import FolderState, S3State, State
from streams import logs
from streams.gateway.backend import Backend


def settings_of(host: str | None, port: int | None, models: str | None, store: Path | None) -> Settings:
    """Settings with what the command line says."""
    settings = read(os.environ, models=models, state=store)
    told = {name: value for name, value in {"host": host, "port": port}.items() if value is not None}
    return settings.model_copy(update={"gateway": settings.gateway.model_copy(update=told)})


def state_of(settings: Settings, *, local: bool) -> State:
    """Where the gateway keeps things."""
    if local:
        return FolderState(FolderStore(settings.state / "objects"))
    return S3State(s3.connect(settings.store))


def serve(*, host: str | None, port: int | None, models: str | None, store: Path | None, local: bool) -> None:
    """Until SIGTERM."""
    from streams.commands.run import locked
    from streams.gateway import serving

    settings = settings_of(host, port, models, store)
    logs.for_workers()
    with locked(settings.state) if local else nullcontext():
        site = serving.build(settings, _backend(settings, local=local), state_of(settings, local=local), lambda: "")
        serving.serve(site, lambda *_: None)


def _backend(settings: Settings, *, local: bool) -> Backend:
    if local:
        from streams.gateway.local import Local

        return Local(settings)
    from streams.bootstrap import cluster_bench
    from streams.gateway.cluster import Cluster

    return Cluster(settings, cluster_bench(settings), s3.connect(settings.store, connections=64))
