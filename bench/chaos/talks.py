"""The verdict on requests, pure: from the records of the two answer topics to what is wrong. No services here.

Missing: a request without an answer. Second: another ``ce_id`` or other bytes for one answer or one place in a stream.
Two texts: a stream whose pieces have holes, or do not make its answer. Failed: an answer that is an error.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Said:
    """One record of ``chat.deltas`` or ``chat.responses``."""

    topic: str
    ce_id: str
    value: bytes


def verdict(asked: Mapping[str, bool], records: Iterable[Said]) -> dict[str, int]:
    """How many of each kind of problem; ``asked``: request → whether it streams."""
    answers: dict[str, dict[tuple[str, bytes], None]] = defaultdict(dict)  # each once, the first one first
    pieces: dict[tuple[str, int], dict[tuple[str, bytes], None]] = defaultdict(dict)
    for record in records:
        told = json.loads(record.value)
        if told["request"] in asked and record.topic == "chat.responses":
            answers[told["request"]][record.ce_id, record.value] = None
        elif told["request"] in asked:
            pieces[told["request"], told["seq"]][record.ce_id, record.value] = None
    wrong = Counter(missing=0, second=0, two_texts=0, failed=0, unasked_streams=0)
    wrong["missing"] = len(asked.keys() - answers.keys())
    wrong["second"] = sum(len(each) > 1 for each in (*answers.values(), *pieces.values()))
    streams: dict[str, dict[int, Any]] = defaultdict(dict)
    for (request, seq), said in pieces.items():
        streams[request][seq] = json.loads(next(iter(said))[1])
    for request, each in answers.items():
        answer = json.loads(next(iter(each))[1])
        if "choices" not in answer:
            wrong["failed"] += 1
        elif asked[request]:
            wrong["two_texts"] += not _tells(streams.get(request, {}), answer)
        wrong["unasked_streams"] += request in streams and not asked[request]
    return dict(wrong)


def _tells(stream: Mapping[int, Mapping[str, Any]], answer: Mapping[str, Any]) -> bool:
    """Whether the pieces are whole, in order, ended once, and make the answer."""
    if sorted(stream) != list(range(len(stream))) or not stream:
        return False
    (choice,) = answer["choices"]
    ends = [stream[seq].get("finish_reason") for seq in range(len(stream))]
    text = "".join(stream[seq]["delta"] for seq in range(len(stream)))
    return ends == [None] * (len(ends) - 1) + [choice["finish_reason"]] and text == choice["message"]["content"]
