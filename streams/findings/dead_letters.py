"""What was given up on: dead letters that nobody has answered yet."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from infra import s3
from schemas.errors import ChalkstreamError
from streams.findings.finding import Finding, Situation, check
from streams.findings.services import away
from streams.letterbox import every, sent_again
from streams.letters import Letter


@check
def dead_letters(situation: Situation) -> Iterator[Finding]:
    """How many were not sent again, by stage and code."""
    settings = situation.settings
    try:
        found = asyncio.run(every(settings.kafka))
    except ChalkstreamError as error:
        yield away(error, situation, "kafka")
        return
    try:
        again = sent_again(s3.S3Store(s3.connect(settings.store)))
    except ChalkstreamError as error:
        yield away(error, situation, "store")
        return
    yield unanswered(found, again)


def unanswered(letters: Iterable[Letter], again: Collection[str]) -> Finding:
    """``again``: marks of those that were. A loss that was told of twice counts once."""
    left = {each.mark: each for each in letters if each.mark not in again}
    if not left:
        return Finding("ok", "no dead letters wait")
    counts = Counter(f"{each.stage or 'unknown'} {each.code or 'unknown'}" for each in left.values())
    which = ", ".join(f"{what} {count}" for what, count in counts.most_common())
    what = f"{len(left)} dead letters were not sent again: {which}"
    return Finding("warn", what, "see 'chalkstream deadletters list'; mend the cause, then 'deadletters redrive'")
