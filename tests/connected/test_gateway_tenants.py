"""200 ways in which one tenant asks for what is another's: not one byte of it comes back."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.connected.gateway import address, client, ended, serving, upload
from tests.connected.site import Site, clip

NAMES = ("%2e%2e", "..", "..%2f", "%2e%2e%2f", "..%5c", "%00", "lab%2f", "default%2f", ".", "*", "%2f", "lab", "~")


@dataclass(frozen=True)
class Two:
    """Somebody with a job, an upload and an edit; and somebody else."""

    owner: httpx.Client
    other: httpx.Client
    job: str
    upload: str


@pytest.fixture(scope="module")
def two(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """At a gateway of their own; the keys go again, for others ask without."""
    keys = {
        name: site.command("keys", "add", "--tenant", name, "--role", "admin").out.strip()
        for name in ("lab", "default")
    }
    state = Path(tmp_path_factory.mktemp("tenants"))
    try:
        settings = {**site.environment, "CHALKSTREAM_STATE": str(state), "CHALKSTREAM_GATEWAY__RATE": "100000"}
        with serving(settings) as base, client(base, keys["lab"]) as owner, client(base, keys["default"]) as other:
            job = upload(owner, clip(20), "secret-talk.wav", targets="de")["job"]
            assert ended(owner, job)["state"] == "done"
            headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "10"}
            where = owner.post("/v1/uploads", headers=headers).headers["location"]
            yield Two(owner, other, job, where)
    finally:
        for line in site.command("keys", "list").out.splitlines():
            site.command("keys", "remove", line.split()[0])


def probes(two: Two) -> Iterator[tuple[str, str]]:
    """Method and path of each."""
    job, upload_id = two.job, two.upload.rpartition("/")[2]
    tails = ("", "/events", "/report", "/media", "/subtitles/en.srt", "/subtitles/de.vtt", "/cues/de", "/cues/en")
    for name in (job, job.upper(), job.replace("-", ""), f"{{{job}}}", f"lab%2f{job}", f"default%2f..%2flab%2f{job}"):
        yield from (("GET", f"/v1/jobs/{name}{tail}") for tail in tails)
        yield from (("POST", f"/v1/jobs/{name}/{verb}") for verb in ("cancel", "rerun"))
        yield from ((verb, f"/v1/jobs/{name}") for verb in ("DELETE", "PUT", "PATCH"))
        yield "PUT", f"/v1/jobs/{name}/cues/de"
    for name, tail in itertools.product(NAMES, ("", "/media", "/subtitles/en.srt", "/report")):
        yield "GET", f"/v1/jobs/{name}{job}{tail}"
        yield "GET", f"/v1/jobs/{job}{tail}/{name}"
    for name in (upload_id, f"..%2flab%2f{upload_id}", f"lab%2f{upload_id}", upload_id.upper(), f"{upload_id}.1.5"):
        yield from ((verb, f"/v1/uploads/{name}") for verb in ("HEAD", "PATCH", "DELETE"))
    for after in (f"_{job}", f"2999_{job}", f"2026-01-01T00:00:00_{job}"):
        yield "GET", f"/v1/jobs?after={after}&limit=100"
    for state in ("done", "running", "queued"):
        yield "GET", f"/v1/jobs?state={state}&limit=100"
    for token in ("x", f"lab/{job}/result.json.99999999999.x", f"lab/{job}/plan.json.0.AAAA"):
        yield "GET", f"/v1/images/content?token={token}"
    yield from (
        ("GET", path) for path in ("/v1/webhooks", "/web/../../state/secret", "/web/%2e%2e/%2e%2e/app.py", "/v1/models")
    )


def test_two_hundred_probes_bring_nothing_of_another_s(two: Two) -> None:
    asked = list(probes(two))
    assert len(asked) >= 200
    telling = (b"secret-talk", two.job.encode(), b"matrix", b"gradient", b"Matrix")
    for method, path in asked:
        headers = {"If-Match": "*", "Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Last-Event-ID": "0.t0"}
        content, kind = (b"x", "application/offset+octet-stream") if "/uploads/" in path else (None, "application/json")
        if method == "PUT":
            content = b'{"cues": []}'
        told = two.other.request(method, path, headers={**headers, "Content-Type": kind}, content=content)
        assert told.status_code < 500, (method, path, told.status_code)
        body = told.content.replace(path.encode(), b"")
        assert not [each for each in telling if each in body], (method, path, told.text[:200])
        if path.split("?")[0].startswith((f"/v1/jobs/{two.job}", "/v1/uploads/")) and "." not in path:
            assert told.status_code >= 400, (method, path)
    assert two.owner.get(f"/v1/jobs/{two.job}").json()["state"] == "done"
    assert two.owner.get(f"/v1/jobs/{two.job}/cues/de").json()["edited"] is False
    assert two.owner.head(two.upload, headers={"Tus-Resumable": "1.0.0"}).headers["upload-offset"] == "0"


def test_without_a_key_and_with_a_wrong_one_nothing_at_all(two: Two) -> None:
    for key in ("", "ck_" + "0" * 12 + "_" + "A" * 43, "x" * 5_000):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        for method, path in itertools.islice(probes(two), 60):
            told = httpx.request(method, f"{address(two.owner)}{path}", headers=headers)
            assert told.status_code in (401, 404, 405), (method, path)
