"""Webhooks: to public addresses alone, signed, each end once, tried again, over at last."""

import base64
import hashlib
import hmac

import pytest

from schemas.errors import BadInput
from schemas.jobs import JobStatus
from streams.gateway import webhooks
from streams.gateway.posting import allowed, target
from streams.gateway.webhooks import DELAYS, Delivery, after, signed
from tests.listener import listener
from tests.unit.streams.gateway import kit


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "::1", "fd00::1", "fe80::1%eth0", "0.0.0.0",  # noqa: S104
     "::ffff:127.0.0.1", "100.64.0.1", "224.0.0.1", "::"],
)  # fmt: skip
def test_private_addresses_are_refused_also_among_public_ones(address: str) -> None:
    with pytest.raises(BadInput):
        allowed(["93.184.216.34", address], private=False)
    assert allowed([address], private=True) == address


def test_public_addresses_are_fine() -> None:
    assert allowed(["93.184.216.34", "2606:2800:220:1::1"], private=False) == "93.184.216.34"


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org", "http://", "http://user:word@127.0.0.1/", "file:///etc/passwd", "http://a b/", "http://127.0.0.1:0/",
     "http://127.0.0.1:99999/", "javascript:alert(1)", "http://[::1", "http://127.0.0.1/\r\nX: y", "http://exämple.org"],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(BadInput):
        target(url, private=True)


def _delivery(attempts: int) -> Delivery:
    return Delivery(tenant="default", hook="h", status=JobStatus(job=kit.JOB), attempts=attempts, due=0.0)


def test_attempts_become_rarer_and_end() -> None:
    dues = [after(_delivery(number), "status 500", 100.0) for number in range(1, len(DELAYS) + 2)]
    assert [each.due - 100 for each in dues[:-1]] == list(DELAYS)
    assert [each.ended for each in dues] == [None] * len(DELAYS) + [100.0]
    assert after(_delivery(1), "ok", 100.0).ended == 100.0
    assert after(_delivery(1), "removed", 100.0).ended == 100.0


def test_a_signature_is_that_of_the_standard() -> None:
    key = b"k" * 32
    headers = signed("whsec_" + base64.b64encode(key).decode(), "msg_1", 123, b"{}")
    mark = base64.b64encode(hmac.new(key, b"msg_1.123.{}", hashlib.sha256).digest()).decode()
    assert headers["Webhook-Signature"] == f"v1,{mark}"


def test_an_end_is_told_once_by_whoever_sees_it_and_again_when_it_was_not_taken() -> None:
    now = [kit_now()]
    made = kit.site(GATEWAY__PRIVATE_WEBHOOKS="true")
    made.now = lambda: now[0]
    with listener([500, 200]) as (url, told), kit.client(made) as client:
        made.remembered["default"] = (now[0] + 5, ())  # as after an end that nobody wanted to know of
        hook = client.post("/v1/webhooks", json={"url": url, "states": ["done"]}).json()
        assert hook["secret"].startswith("whsec_")
        assert client.get("/v1/webhooks").json()["webhooks"][0]["secret"] is None
        ended = kit.job(made, state="done", progress=1.0).model_copy(update={"updated": "2999-01-01T00:00:00+00:00"})
        made.backend.bench.store.names("results", "")
        for _ in range(3):
            client.portal.call(webhooks.ended, ended, made)  # type: ignore[union-attr]
        client.portal.call(webhooks.ended, ended.model_copy(update={"state": "failed"}), made)  # type: ignore[union-attr]
        assert len(told) == 1
        now[0] += DELAYS[0] + 1
        for _ in range(3):
            client.portal.call(webhooks.look, made)  # type: ignore[union-attr]
        assert len(told) == 2
        expected = signed(hook["secret"], told[1]["webhook-id"], int(told[1]["webhook-timestamp"]), told[1]["body"])
        assert told[1]["webhook-signature"] == expected["Webhook-Signature"]
        assert told[0]["webhook-id"] == told[1]["webhook-id"]
        assert b"talk" not in told[0]["body"]
        assert client.delete(f"/v1/webhooks/{hook['id']}").status_code == 204


def kit_now() -> float:
    import time

    return time.time()


def test_a_private_address_is_refused_when_it_is_told() -> None:
    with kit.client(kit.site()) as client:
        told = client.post("/v1/webhooks", json={"url": "http://127.0.0.1:1/"})
    assert (told.status_code, told.json()["code"]) == (400, "invalid_request")


def test_webhooks_are_an_administrator_s_and_one_tenant_s() -> None:
    made = kit.site(keys=True, TENANTS='{"lab": {}}', GATEWAY__PRIVATE_WEBHOOKS="true")
    with kit.client(made, kit.key(made)) as member:
        assert member.get("/v1/webhooks").status_code == 403
    with (
        kit.client(made, kit.key(made, role="admin")) as mine,
        kit.client(made, kit.key(made, "lab", "admin")) as other,
    ):
        hook = mine.post("/v1/webhooks", json={"url": "http://127.0.0.1:1/"}).json()["id"]
        assert other.get("/v1/webhooks").json() == {"webhooks": []}
        assert other.delete(f"/v1/webhooks/{hook}").status_code == 404
        assert len(mine.get("/v1/webhooks").json()["webhooks"]) == 1
