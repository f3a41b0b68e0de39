"""``chalkstream serve``: the HTTP gateway and the page, before a cluster or on this machine alone."""

import os
from contextlib import nullcontext
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from infra import s3
from infra.folder import FolderStore
from infra.settings import Settings, read
from infra.state import FolderState, S3State, State
from streams import logs
from streams.gateway.backend import Backend

if TYPE_CHECKING:
    from infra.telemetry.recorder import Recorder
    from infra.telemetry.starting import Telemetry


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
    telemetry = _telemetry()
    try:
        with locked(settings.state) if local else nullcontext():
            backend = _backend(settings, telemetry.recorder, local=local)
            site = serving.build(settings, backend, state_of(settings, local=local), telemetry.page)
            serving.serve(site, partial(_note, telemetry.recorder))
    finally:
        telemetry.close()


def _telemetry() -> "Telemetry":
    """As the environment asks; numbers in any case, for ``/metrics``."""
    from infra.telemetry.choice import choose
    from infra.telemetry.parts import Parts
    from infra.telemetry.starting import start
    from streams.parts import JOINS, is_part

    return start(choose(os.environ), version=version("chalkstream"), parts=Parts(JOINS, is_part), paged=True)


def _note(recorder: "Recorder", method: str, route: str, status: int, seconds: float) -> None:
    """One request; its address is told as the route that took it."""
    labels = {"http.request.method": method, "http.route": route, "http.response.status_code": status}
    recorder.numbers.note("http.server.request.duration", seconds, labels)


def _backend(settings: Settings, probe: "Recorder", *, local: bool) -> Backend:
    if local:
        from streams.gateway.local import Local

        return Local(settings, probe)
    from streams.bootstrap_cluster import cluster_bench
    from streams.gateway.cluster import Cluster

    return Cluster(settings, cluster_bench(settings), s3.connect(settings.store, connections=64))
