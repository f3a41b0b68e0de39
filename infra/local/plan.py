"""Which ports an installation uses, decided purely: from what was asked, remembered, and runs now."""

from collections.abc import Callable, Collection
from dataclasses import replace

from infra.local import kafka, minio
from infra.local.memory import Memory, fresh
from schemas.errors import BadSettings

Choose = Callable[[int | None, list[int | None], Collection[int]], int]
"""Wanted port or None, preferred ports in order, ports already given away -> a port that is free now."""


def plan(
    old: Memory | None,
    running: Collection[str],
    choose: Choose,
    *,
    kafka_port: int | None = None,
    minio_port: int | None = None,
    sasl: bool = False,
) -> Memory:
    """The memory to go on with. A running service keeps its ports; a SASL listener, once asked for, stays."""

    memory = old or fresh()
    given: list[int] = []

    def port(service: str, wanted: int | None, remembered: int | None, usual: int | None = None) -> int:
        if remembered and service in running:
            given.append(_kept(service, wanted, remembered))
        else:
            given.append(choose(wanted, [remembered, usual], given))
        return given[-1]

    memory = replace(
        memory,
        kafka_port=port("kafka", kafka_port, memory.kafka_port, kafka.DEFAULT_PORT),
        minio_port=port("minio", minio_port, memory.minio_port, minio.DEFAULT_PORT),
        controller_port=port("kafka", None, memory.controller_port),
    )
    return replace(memory, sasl_port=port("kafka", None, memory.sasl_port)) if sasl or memory.sasl_port else memory


def _kept(service: str, wanted: int | None, remembered: int) -> int:
    if wanted not in (None, remembered):
        raise BadSettings(f"{service} already runs on port {remembered}, not {wanted}", "run services down first")
    return remembered
