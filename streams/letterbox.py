"""Where dead letters lie, and where it is noted which of them were sent again; nothing is sent here."""

from infra.settings import KafkaSettings
from processors.bench import Store
from schemas.topics import DEAD_LETTERS
from streams.follow import following
from streams.letters import Letter, letter

MARKS = "state"
"""The bucket where it is noted what was sent again."""


async def every(kafka: KafkaSettings) -> list[Letter]:
    """All letters there are, oldest first."""
    async with following(kafka, (DEAD_LETTERS,)) as follower:
        return [letter(record) async for record in follower.records(to_the_end=True)]


def sent_again(store: Store) -> set[str]:
    """The marks of letters that were."""
    return set(store.names(MARKS, "redriven/"))
