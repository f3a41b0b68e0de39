"""Derived identity: the same thing has the same id wherever and however often it is computed (DESIGN §4.1)."""

import json
import uuid
from typing import Any, Final

NAMESPACE: Final = uuid.UUID("6f3f2b0e-6c1c-5d0a-9a52-7b7a1c9d4e11")
"""Chalkstream's own UUIDv5 namespace; changing it would make every stored id a stranger."""


def derive(*parts: Any) -> str:
    """UUIDv5 of the canonical JSON of ``parts`` (keys sorted, no blanks), so ``("a", "b")`` never meets ``("ab",)``."""
    return str(uuid.uuid5(NAMESPACE, json.dumps(parts, ensure_ascii=True, sort_keys=True, separators=(",", ":"))))


def spread(job: str, index: int, partitions: int) -> int:
    """The partition of the ``index``-th piece of ``job``, so that one lecture uses the whole cluster.

    What others call a job and is no UUID has a place too: nothing on the wire may stop a sender.
    """
    try:
        number = uuid.UUID(job).int
    except ValueError:
        number = uuid.UUID(derive(job)).int
    return (number + index) % partitions
