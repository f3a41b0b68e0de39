"""``python -m bench.delivery [NAME]…``: figures of the runtime, each on real services of its own; all without a name.

The exit code is 1 where a run finds what must not be. Further rows of the delivery figures are tests:
``pytest tests/connected/test_delivery.py`` with its slow ones, and ``python -m bench.chaos``.
"""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Callable
from typing import Any

from bench.delivery import churn, express, hostile, idle, speed, store_kills, together, troubles, wall
from bench.delivery.house import OUT, House, opened

Figure = dict[str, Any]


def _on(measure: Callable[[House], Figure]) -> Callable[[], Figure]:
    def run() -> Figure:
        with opened() as house:
            return measure(house)

    return run


FIGURES: dict[str, tuple[Callable[[], Figure], str]] = {
    "no_op": (_on(lambda house: asyncio.run(speed.no_op(house.at.bootstrap))), "through a stage that does nothing"),
    "hop": (_on(lambda house: asyncio.run(speed.hop(house.at.bootstrap))), "from one stage to the next, idle broker"),
    "idle": (_on(lambda house: idle.idle(house.settings)), "a worker that has nothing to do"),
    "churn": (_on(lambda house: asyncio.run(churn.churn(house.at.bootstrap))), "members that join and leave for 3 min"),
    "store": (store_kills.measure, "the store killed, uploads told to nobody, a reconciler"),
    "stutter": (troubles.stutter, "every event 1 to 5 times, shuffled within 100"),
    "flaky": (troubles.flaky, "requests and sends that fail, or succeed and say they failed"),
    "hostile": (hostile.measure, "hostile media among good ones"),
    "express": (express.measure, "a minute that arrives during three hours"),
    "together": (together.measure, "16 uploads at once or one after the other"),
    "wall": (wall.measure, "wall on Kafka over wall of the local runner"),
}  # fmt: skip


def main() -> int:
    """The command."""
    lines = "\n".join(f"  {name:10}{what}" for name, (_, what) in FIGURES.items())
    asked = argparse.ArgumentParser(
        prog="python -m bench.delivery", description=__doc__, epilog=lines,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    asked.add_argument("names", nargs="*", metavar="NAME")
    names = asked.parse_args().names or list(FIGURES)
    if unknown := set(names) - FIGURES.keys():
        asked.error(f"there is no {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # services are stopped on every way out
    found = {}
    for name in names:
        found[name] = FIGURES[name][0]()
        sys.stdout.write(json.dumps({name: found[name]}) + "\n")
        sys.stdout.flush()
    OUT.mkdir(exist_ok=True)
    (OUT / "delivery.json").write_text(json.dumps(found, indent=1))
    return int(any(each.get("problems") for each in found.values()))


if __name__ == "__main__":
    sys.exit(main())
