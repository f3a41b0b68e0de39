"""``Idempotency-Key``: one job however often it is asked for, and no key that stays shut."""

import asyncio
import hashlib

from schemas.base import to_bytes
from streams.gateway import repeats
from streams.gateway.keys import Caller
from streams.gateway.repeats import RepeatRecord
from tests.unit.streams.gateway import kit

VIDEO = {"file": ("talk.mp4", b"not really a video", "video/mp4")}


def test_the_same_key_is_the_same_job() -> None:
    made = kit.site(keys=True, TENANTS='{"lab": {}}')
    with kit.client(made, kit.key(made)) as client, kit.client(made, kit.key(made, "lab")) as other:
        headers = {"Idempotency-Key": "k1"}
        one, two = (client.post("/v1/videos", files=VIDEO, headers=headers).json()["job"] for _ in range(2))
        third = other.post("/v1/videos", files=VIDEO, headers=headers).json()["job"]
    assert one == two != third
    assert len(kit.backend(made).begun) == 2


def test_a_claim_whose_gateway_died_is_free_after_two_minutes_and_forgotten_after_a_week() -> None:
    made = kit.site()
    name = f"repeats/default/{hashlib.sha256(b'k1').hexdigest()}"
    headers = {"Idempotency-Key": "k1"}
    with kit.client(made) as client:
        for age, status in ((60, 409), (121, 202), (0, 202)):
            if age:
                made.state.remove(name)
                made.state.create(name, to_bytes(RepeatRecord(at=made.now() - age)))
            assert client.post("/v1/videos", files=VIDEO, headers=headers).status_code == status
    assert len(kit.backend(made).begun) == 1
    asyncio.run(repeats.look(made))
    assert list(made.state.names("repeats/")) == [name]
    made.state.create(name + "1", to_bytes(RepeatRecord(at=made.now() - 8 * 86_400, job=kit.JOB)))
    asyncio.run(repeats.look(made))
    assert list(made.state.names("repeats/")) == [name]


def test_a_claim_is_renewed_as_long_as_somebody_is_at_it() -> None:
    made = kit.site()
    caller = Caller("default", "member", "")

    async def hold() -> None:
        async with repeats.once("k1", caller, made, every=0.0) as repeat:
            first = repeat.tag
            async with asyncio.timeout(10):
                while repeat.tag == first:  # noqa: ASYNC110
                    await asyncio.sleep(0)
            await repeat.keep(kit.job(made))

    asyncio.run(hold())
    (name,) = made.state.names("repeats/")
    kept = made.state.get(name)
    assert kept and RepeatRecord.model_validate_json(kept.data).job == kit.JOB


def test_a_key_is_free_again_after_a_failure() -> None:
    made = kit.site()
    with kit.client(made) as client:
        headers = {"Idempotency-Key": "k1"}
        assert client.post("/v1/videos", data={"targets": "xx"}, files=VIDEO, headers=headers).status_code == 400
        assert client.post("/v1/videos", files=VIDEO, headers=headers).status_code == 202
