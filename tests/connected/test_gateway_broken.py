"""What a gateway stands on goes away, or the gateway itself does: a code while it lasts, and nothing lost after it."""

import base64
import hashlib
import hmac
import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from infra.local import services as local
from tests.commands import LECTURE, ROOT, command, environment
from tests.connected.conftest import installation, working
from tests.connected.gateway import address, client, ended, events, serving, upload
from tests.connected.site import Site, clip, eventually, lecture, wav
from tests.listener import listener

pytestmark = pytest.mark.slow
TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}


@pytest.mark.parametrize("service", ["kafka", "minio"])
def test_without_broker_or_store_there_is_a_code_and_afterwards_everything(tmp_path: Path, service: str) -> None:
    state = tmp_path / "services"
    with installation(tmp_path) as site, working(site), serving(site.environment) as base, client(base) as at:
        before = upload(at, clip(10), "before.wav", targets="fr")["job"]
        assert ended(at, before)["state"] == "done"
        local.kill(state, service)
        eventually(lambda: at.get("/readyz").status_code == 503 or None, "a gateway that says what is away")
        assert at.get("/healthz").status_code == 200
        refused = at.post("/v1/videos", files={"file": ("away.wav", clip(20))})
        assert refused.status_code == 503 and refused.json()["code"] == "unavailable"
        assert int(refused.headers["retry-after"]) > 0
        local.start(state, service)
        eventually(lambda: at.get("/readyz").status_code == 200 or None, "a gateway that is well again", 90)
        after = upload(at, clip(30), "after.wav", targets="fr")["job"]
        assert ended(at, after)["state"] == "done"
        assert at.get(f"/v1/jobs/{before}/subtitles/fr.srt").status_code == 200


@contextmanager
def dying(site: Site, log: Path) -> Iterator[tuple["subprocess.Popen[str]", httpx.Client]]:
    """A gateway that is killed at the end."""
    with log.open("w") as errors:
        process = subprocess.Popen(
            command("serve", "--port", "0"), stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT,
            env=environment(**site.environment),
        )  # fmt: skip
    assert process.stdout
    try:
        with client(process.stdout.readline().split()[1]) as at:
            yield process, at
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()


def mostly_silent(size: int) -> bytes:
    """Ten seconds of the lecture, and silence to so many bytes: several pieces for the store, little to recognise."""
    return wav(lecture()[:160_000].tobytes().ljust(size, b"\0"))


def test_an_upload_goes_on_at_another_gateway_when_its_own_is_killed_in_the_middle(site: Site, tmp_path: Path) -> None:
    data = mostly_silent(48 << 20)
    half = len(data) // 2
    arrived = threading.Event()

    def dribble() -> Iterator[bytes]:
        """Half of it, and then nothing any more until the gateway is dead."""
        for start in range(0, half, 1 << 16):
            yield data[start : min(half, start + (1 << 16))]
        arrived.set()
        dead.wait(60)

    dead = threading.Event()
    with dying(site, tmp_path / "gateway.log") as (process, at):
        told = f"filename {base64.b64encode(b'long.wav').decode()},targets {base64.b64encode(b'fr').decode()}"
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(data)), "Upload-Metadata": told}
        where = at.post("/v1/uploads", headers=headers).headers["location"]

        def send() -> None:
            with pytest.raises(httpx.TransportError):
                at.patch(where, headers={**TUS, "Upload-Offset": "0"}, content=dribble())

        sender = threading.Thread(target=send)
        sender.start()
        assert arrived.wait(60)
        process.kill()
        process.wait()
        dead.set()
        sender.join(60)
    with serving(site.environment) as base, client(base) as at:
        offset = int(at.head(where, headers={"Tus-Resumable": "1.0.0"}).headers["upload-offset"])
        assert 0 < offset <= half, "what had come stands"
        last = at.patch(where, headers={**TUS, "Upload-Offset": str(offset)}, content=data[offset:])
        assert last.status_code == 204, last.text
        job = last.headers["chalkstream-job"]
        assert ended(at, job)["state"] == "done"
        assert hashlib.sha256(at.get(f"/v1/jobs/{job}/media").content).digest() == hashlib.sha256(data).digest()


def test_a_killed_gateway_s_listener_hears_the_rest_from_another(site: Site, tmp_path: Path) -> None:
    heard: list[tuple[str, dict[str, Any]]] = []
    last = ""
    with dying(site, tmp_path / "gateway.log") as (process, at):
        job = upload(at, LECTURE.read_bytes(), "left.mp4", targets="fr")["job"]
        with pytest.raises(httpx.TransportError):
            for name, data, mark in events(at, job):
                last = mark or last
                heard += [(name, data)] if name == "segment" else []
                if heard and mark:
                    process.kill()
    with serving(site.environment) as base, client(base) as at:
        rest = [(name, data) for name, data, _ in events(at, job, last) if name == "segment"]
        whole = [(name, data) for name, data, _ in events(at, job) if name == "segment"]
    assert sorted(heard + rest, key=repr) == sorted(whole, key=repr)


def test_a_webhook_is_told_once_though_there_are_two_gateways_and_again_after_a_refusal(site: Site) -> None:
    private = {**site.environment, "CHALKSTREAM_GATEWAY__PRIVATE_WEBHOOKS": "true"}
    with (
        listener([500, 200]) as (url, told), serving(private) as first, serving(private) as second,
        client(first) as one, client(second) as two,
    ):  # fmt: skip
        hook = one.post("/v1/webhooks", json={"url": url, "states": ["done"]}).json()
        assert address(one) != address(two)
        assert [each["id"] for each in two.get("/v1/webhooks").json()["webhooks"]] == [hook["id"]]
        job = upload(two, clip(50), "told.wav", targets="fr")["job"]
        assert ended(one, job)["state"] == "done"
        eventually(lambda: len(told) >= 2 or None, "the second attempt")
        assert one.delete(f"/v1/webhooks/{hook['id']}").status_code == 204
    assert len({each["webhook-id"] for each in told}) == 1 and len(told) == 2, "refused once, taken once"
    for each in told:
        content = f"{each['webhook-id']}.{each['webhook-timestamp']}.".encode() + each["body"]
        mark = hmac.new(base64.b64decode(hook["secret"].removeprefix("whsec_")), content, hashlib.sha256).digest()
        assert each["webhook-signature"] == f"v1,{base64.b64encode(mark).decode()}"
    said = json.loads(told[-1]["body"])
    assert (said["type"], said["job"]["job"], said["job"]["state"]) == ("job.ended", job, "done")
