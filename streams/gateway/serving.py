"""The gateway put together and run: settings become a site, uvicorn serves it until it is told to stop.

Without any key only this machine is answered; to listen elsewhere a key is needed first.
"""

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any, Final, TypeVar

import uvicorn

from infra.models.installed import Installed
from infra.settings import Settings
from infra.state import FolderState, State
from schemas.errors import BadSettings, Unavailable
from schemas.pack import KINDS
from streams import bootstrap
from streams.gateway.app import application
from streams.gateway.backend import Backend
from streams.gateway.keys import Keyring, listed
from streams.gateway.limits import Limits
from streams.gateway.secret import signer
from streams.gateway.shield import Noted
from streams.gateway.site import Site
from streams.gateway.tapes import Tapes
from streams.gateway.views import Views

T = TypeVar("T")
PATIENCE: Final = 3.0
LEAVING_SECONDS: Final = 20
"""How long answers that are on their way may take after SIGTERM."""


def build(settings: Settings, backend: Backend, state: State, page: Callable[[], str]) -> Site:
    """The site. Raises BadSettings where it would be open to others."""
    installed = bootstrap.find_pack(settings)
    return Site(
        settings=settings, backend=backend, state=state, signer=_patiently(lambda: signer(state)),
        keyring=Keyring(state), limits=Limits(settings.gateway.rate), page=page,
        views=Views(backend.bench.store), tapes=Tapes(backend),
        abilities=bootstrap.abilities(installed) if installed.pack.asr else None,
        chat=installed.pack.model("chat") is not None, images=installed.pack.model("image") is not None,
        models=_models(installed), open=is_open(settings, state),
    )  # fmt: skip


def _models(installed: Installed) -> dict[str, str]:
    return {kind: installed.identity(kind).name for kind in KINDS if installed.pack.model(kind)}


def is_open(settings: Settings, state: State) -> bool:
    """Whether no keys are asked for."""
    if _patiently(lambda: any(True for _ in listed(state))):
        return False
    at = settings.gateway
    if at.public_url or not is_loopback(at.host):
        how = f"CHALKSTREAM_GATEWAY__PUBLIC_URL {at.public_url}" if at.public_url else f"--host {at.host}"
        where = " --local" if isinstance(state, FolderState) else ""
        raise BadSettings(f"{how} is open to others and there are no keys", f"first: chalkstream keys add{where}")
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _patiently(ask: Callable[[], T]) -> T:
    """Wait for the store, and say so."""
    while True:
        try:
            return ask()
        except Unavailable as error:
            sys.stderr.write(f"waiting: {error}\n")
            time.sleep(PATIENCE)


class _Server(uvicorn.Server):
    """Tells listeners to end as soon as it is told to stop, and says when it is ready."""

    def __init__(self, config: uvicorn.Config, site: Site) -> None:
        super().__init__(config)
        self._site = site

    async def startup(self, sockets: Any = None) -> None:
        """One line on standard output when requests are taken."""
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            sys.stdout.write(f"ready http://{self._site.settings.gateway.host}:{port}\n")
            sys.stdout.flush()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A stop that was asked for is a good end: the process is not killed by its own signal afterwards."""
        loop, signals = asyncio.get_running_loop(), (signal.SIGTERM, signal.SIGINT)
        for each in signals:
            loop.add_signal_handler(each, self.handle_exit, each, None)
        try:
            yield
        finally:
            for each in signals:
                loop.remove_signal_handler(each)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """On the loop's thread."""
        self._site.closing.set()
        super().handle_exit(sig, frame)


def serve(site: Site, noted: Noted) -> None:
    """Until SIGTERM."""
    at = site.settings.gateway
    config = uvicorn.Config(
        application(site, noted), host=at.host, port=at.port, log_config=None, access_log=False, server_header=False,
        proxy_headers=False, http="httptools", timeout_graceful_shutdown=LEAVING_SECONDS, timeout_keep_alive=30,
    )  # fmt: skip
    asyncio.run(_Server(config, site).serve())
