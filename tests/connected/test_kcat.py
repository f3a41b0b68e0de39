"""kcat, which nobody here wrote, starts jobs, stops them and reads results."""

import json
import subprocess
import time

from tests.connected.site import Site, clip, deaf, eventually
from tests.needs import tool

UNTOLD_SECONDS = 2.0
"""A job that the store itself told of is on ``media.jobs`` well before."""


def kcat(site: Site, *words: str, put: bytes = b"") -> list[str]:
    program = [tool("kcat"), "-q", "-b", site.at.bootstrap]
    done = subprocess.run([*program, *words], input=put, capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().splitlines()


def test_it_reads_results_by_key_with_their_envelope(site: Site) -> None:
    job = site.put("for kcat.wav", clip(64, 3), targets="fr")
    site.job(job)
    lines = [line.split("|", 2) for line in kcat(site, "-C", "-t", "media.subtitles", "-e", "-f", "%k|%h|%s\n")]
    mine = {key: (headers, json.loads(value)) for key, headers, value in lines if key.startswith(job)}
    assert mine.keys() == {f"{job}/en", f"{job}/fr"}
    headers, value = mine[f"{job}/fr"]
    assert "ce_type=io.chalkstream.subtitles-ready.v1" in headers
    assert value["kind"] == "translation"
    states = [json.loads(line)["state"] for line in kcat(site, "-C", "-t", "media.jobs", "-e") if job in line]
    assert states[-1] == "done"


def test_it_starts_a_job_by_a_notification(site: Site) -> None:
    with deaf(site):
        job = site.put("told by kcat.wav", clip(67, 2), targets="")
        time.sleep(UNTOLD_SECONDS)
    assert job not in {status["job"] for status in site.values("media.jobs")}, "the store told of it"
    notification = {"Records": [{"eventName": "s3:ObjectCreated:Put", "s3": {
        "bucket": {"name": "uploads"}, "object": {"key": "told+by+kcat.wav"},
    }}]}  # fmt: skip
    kcat(site, "-P", "-t", "media.uploads", put=json.dumps(notification).encode() + b"\n")
    assert site.job(job)["state"] == "done"


def test_it_cancels_a_job_with_plain_json(site: Site) -> None:
    long = clip(0, 80, times=4)
    job = site.put("cancelled by kcat.wav", long, targets="fr,es,de")
    site.job(job, lambda status: status["state"] == "running")
    wish = json.dumps({"job": job, "action": "cancel"}).encode()
    kcat(site, "-P", "-t", "media.control", "-k", job, put=wish + b"\n")
    assert eventually(lambda: site.job(job), "the end")["state"] == "cancelled"
