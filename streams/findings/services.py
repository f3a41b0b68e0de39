"""The cluster: broker, topics, groups, store. What is not set up is no fault where nobody asked for a cluster."""

import asyncio
import uuid
from collections.abc import Iterator, Mapping

from infra import broker_facts, buckets, s3
from infra.broker_facts import GroupFacts, TopicFacts
from infra.settings import PREFIX, Settings
from schemas.errors import ChalkstreamError
from schemas.topics import TOPICS, Topic
from streams.findings.finding import Finding, Situation, check

BEHIND = 1_000
"""Records before one group from which on somebody should know."""


@check
def broker(situation: Situation) -> Iterator[Finding]:
    """Whether it answers, and its topics against ``schemas/topics.py``."""
    kafka = situation.settings.kafka
    try:
        found = asyncio.run(broker_facts.topic_facts(kafka, TOPICS))
    except ChalkstreamError as error:
        yield away(error, situation, "kafka")
        return
    yield Finding("ok", f"the broker at {kafka.bootstrap} answers")
    yield from topics(found, TOPICS)


def topics(found: Mapping[str, TopicFacts], wanted: Mapping[str, Topic]) -> Iterator[Finding]:
    """Missing ones, wrong numbers of partitions, other settings than ours."""
    missing = [name for name in wanted if name not in found]
    if missing:
        remedy = "run 'chalkstream init'; a deleted topic has lost its records: 'chalkstream reconcile', then 'rerun'"
        yield Finding("bad", f"topics are missing: {', '.join(missing)}", remedy)
    for name, facts in found.items():
        yield from _topic(name, facts, wanted[name])
    if not missing:
        yield Finding("ok", f"{len(found)} topics are there")


def _topic(name: str, facts: TopicFacts, wanted: Topic) -> Iterator[Finding]:
    if facts.partitions != wanted.partitions:
        remedy = "jobs would be torn apart: stop all workers, delete the topic, run 'chalkstream init'"
        yield Finding("bad", f"{name} has {facts.partitions} partitions, {wanted.partitions} are wanted", remedy)
    for setting, value in wanted.config().items():
        if (is_now := facts.config.get(setting, "")) != value:
            loses = setting == "cleanup.policy" and wanted.cleanup == "compact"
            remedy = f"set it: kafka-configs --alter --topic {name} --add-config {setting}={value}"
            yield Finding("bad" if loses else "warn", f"{name}: {setting} is {is_now}, {value} is wanted", remedy)


@check
def groups(situation: Situation) -> Iterator[Finding]:
    """Who reads, and how far each stage is behind."""
    from streams.bootstrap_cluster import cluster_stages
    from streams.graph import topics as topics_of

    reads = {stage.name: {name for kind in stage.takes for name in topics_of(kind)} for stage in cluster_stages()}
    try:
        found = asyncio.run(broker_facts.group_facts(situation.settings.kafka, reads))
    except ChalkstreamError as error:
        yield away(error, situation, "kafka")
        return
    yield from lags(found)


def lags(found: Mapping[str, GroupFacts]) -> Iterator[Finding]:
    """Stages that nobody runs though records wait, and stages that are far behind."""
    for name, facts in found.items():
        if facts.lag and not facts.members:
            yield Finding("bad", f"{facts.lag} records wait and nobody runs {name}", f"run 'chalkstream worker {name}'")
        elif facts.lag >= BEHIND:
            yield Finding("warn", f"{facts.lag} records wait for {name}", f"run one more 'chalkstream worker {name}'")
    waiting, running = sum(facts.lag for facts in found.values()), sum(bool(facts.members) for facts in found.values())
    yield Finding("ok", f"{running} of {len(found)} stages are running, {waiting} records wait")


@check
def store(situation: Situation) -> Iterator[Finding]:
    """Whether it answers to our keys, its buckets, and whether uploads are told."""
    settings = situation.settings.store
    try:
        client = s3.connect(settings)
        there = s3.bucket_names(client)
    except ChalkstreamError as error:
        yield away(error, situation, "store")
        return
    yield Finding("ok", f"the store at {settings.endpoint} answers")
    if missing := [name for name in buckets.BUCKETS if name not in there]:
        yield Finding("bad", f"buckets are missing: {', '.join(missing)}", "run 'chalkstream init'")
    elif silent := buckets.silent(settings):
        remedy = "run 'chalkstream init'; then 'chalkstream reconcile' starts what was not told"
        yield Finding("bad", f"uploads are not told to {', '.join(silent)}", remedy)
    else:
        yield Finding("ok", "all buckets are there, and uploads are told")
        yield _takes(s3.S3Store(client))


def _takes(store: s3.S3Store) -> Finding:
    """By a small object, which is removed."""
    key = f"doctor/{uuid.uuid4()}"
    try:
        store.put(buckets.STATE, key, b"whether anything can be kept here")
        store.delete(buckets.STATE, key)
    except ChalkstreamError as error:
        return Finding(
            "bad", f"the store takes nothing: {error.message}", "make room on its disk, or let our keys write"
        )
    return Finding("ok", "the store takes what it is given")


def away(error: ChalkstreamError, situation: Situation, part: str) -> Finding:
    """Bad only where a cluster was asked for: ``run`` needs none. ``part``: ``kafka`` or ``store``."""
    named = any(name.startswith(f"{PREFIX}{part.upper()}__") for name in situation.environment)
    if named or getattr(situation.settings, part) != getattr(Settings.model_construct(), part):
        return Finding("bad", error.message, error.remedy or "see docs/operating.md")
    return Finding("warn", f"{error.message}; 'run' needs none", error.remedy or "see docs/operating.md")
