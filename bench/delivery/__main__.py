"""``python -m bench.delivery [no_op|hop|storm|idle]…``: figures of the runtime on real services of its own.

The other rows of the delivery figures are tests: ``pytest tests/connected/test_delivery.py`` with its slow ones.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.chaos.cluster import environment
from bench.delivery import idle, speed, storm
from infra.local import services
from infra.local.endpoints import Endpoints
from infra.local.ports import free_port

OUT = Path(__file__).parents[1] / "out"


def _idle(at: Endpoints) -> dict[str, float]:
    settings = environment(at.settings())
    subprocess.run([sys.executable, "-m", "streams", "init"], env=settings, check=True, stdout=subprocess.DEVNULL)
    return idle.idle(settings)


FIGURES: dict[str, Callable[[Endpoints], dict[str, float]]] = {
    "no_op": lambda at: asyncio.run(speed.no_op(at.bootstrap)),
    "hop": lambda at: asyncio.run(speed.hop(at.bootstrap)),
    "storm": lambda at: asyncio.run(storm.storm(at.bootstrap)),
    "idle": _idle,
}


def main(names: list[str]) -> int:
    """The command."""
    found = {}
    with TemporaryDirectory(prefix="delivery-") as folder:
        at = services.up(Path(folder), kafka_port=free_port(), minio_port=free_port())
        try:
            for name in names or FIGURES:
                found[name] = FIGURES[name](at)
                sys.stdout.write(json.dumps({name: found[name]}) + "\n")
                sys.stdout.flush()
        finally:
            services.down(Path(folder))
    OUT.mkdir(exist_ok=True)
    (OUT / "delivery.json").write_text(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
