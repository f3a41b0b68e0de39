"""The gateway before real Kafka and MinIO: what one takes another tells, wherever it is cut off."""

from collections.abc import Iterator

import httpx2 as httpx
import pytest

from tests.commands import LECTURE
from tests.connected.gateway import address, client, ended, events, serving, upload
from tests.connected.site import Site, clip, eventually
from tests.official import try_official_client


@pytest.fixture(scope="module")
def one(site: Site) -> Iterator[httpx.Client]:
    """A gateway."""
    with serving(site.environment) as base, client(base) as at:
        yield at


@pytest.fixture(scope="module")
def two(site: Site) -> Iterator[httpx.Client]:
    """Another."""
    with serving(site.environment) as base, client(base) as at:
        yield at


@pytest.fixture(scope="module")
def done(one: httpx.Client) -> str:
    """A job that has ended."""
    job = upload(one, LECTURE.read_bytes(), "lecture one.mp4", targets="fr")["job"]
    assert ended(one, job)["state"] == "done"
    return str(job)


def test_what_is_uploaded_here_is_followed_to_its_end_there(one: httpx.Client, two: httpx.Client) -> None:
    job = upload(one, LECTURE.read_bytes(), "lecture.mp4", targets="fr,es")
    assert two.get(f"/v1/jobs/{job['job']}").status_code == 200
    heard = list(events(two, job["job"]))
    assert heard[-1][0] == "done"
    assert heard[-1][1]["state"] == "done"
    segments = [data for name, data, _ in heard if name == "segment"]
    assert " ".join(each["text"] for each in sorted(segments, key=lambda each: each["start"])).startswith("Today we")
    assert {data["language"] for name, data, _ in heard if name == "subtitles"} == {"en", "fr", "es"}
    assert {each["language"] for each in heard[-1][1]["files"]} == {"en", "fr", "es"}


def test_a_listener_goes_on_at_another_gateway_without_a_hole_or_a_double(one: httpx.Client, two: httpx.Client) -> None:
    job = upload(one, clip(0, 30), targets="fr")["job"]
    first, last = [], ""
    for name, data, mark in events(one, job):
        last = mark or last
        first += [(name, data)] if name in ("segment", "subtitles") else []
        if len(first) >= 3 and mark:
            break
    rest = [(name, data) for name, data, _ in events(two, job, last) if name in ("segment", "subtitles")]
    whole = [(name, data) for name, data, _ in events(one, job) if name in ("segment", "subtitles")]
    key = repr
    assert sorted(first + rest, key=key) == sorted(whole, key=key)


def test_files_have_their_types_names_tags_and_ranges(one: httpx.Client, done: str) -> None:
    for form, kind in (("srt", "application/x-subrip"), ("vtt", "text/vtt")):
        told = one.get(f"/v1/jobs/{done}/subtitles/fr.{form}")
        assert told.headers["content-type"] == f"{kind}; charset=utf-8"
        assert f"lecture%20one.fr.{form}" in told.headers["content-disposition"]
        part = one.get(f"/v1/jobs/{done}/subtitles/fr.{form}", headers={"Range": "bytes=5-9"})
        assert (part.status_code, part.content) == (206, told.content[5:10])
        same = one.get(f"/v1/jobs/{done}/subtitles/fr.{form}", headers={"If-None-Match": told.headers["etag"]})
        assert same.status_code == 304
    media = one.get(f"/v1/jobs/{done}/media", headers={"Range": "bytes=1000-1999"})
    assert (media.status_code, media.content) == (206, LECTURE.read_bytes()[1000:2000])
    assert one.get(f"/v1/jobs/{done}/report").json()["job"] == done


def test_an_edit_is_shown_everywhere_survives_a_re_run_and_reaches_the_bucket(
    site: Site, one: httpx.Client, two: httpx.Client, done: str
) -> None:
    where = f"/v1/jobs/{done}/cues/fr"
    told = one.get(where)
    cues = told.json()["cues"]
    cues[0]["text"] = "Changé par moi"
    kept = one.put(where, json={"cues": cues}, headers={"If-Match": told.headers["etag"]})
    assert kept.status_code == 200
    assert "Changé par moi" in two.get(f"/v1/jobs/{done}/subtitles/fr.vtt").text
    assert one.put(where, json={"cues": cues}, headers={"If-Match": told.headers["etag"]}).status_code == 412
    eventually(lambda: "Changé par moi".encode() in site.results(done)["lecture one.fr.srt"] or None, "the new file")
    assert ended(one, done)["run"] >= 1
    again = one.post(f"/v1/jobs/{done}/rerun", json={"targets": ["fr", "de"]})
    assert again.status_code == 200
    assert ended(two, done)["languages"].keys() == {"en", "fr", "de"}
    assert "Changé par moi" in two.get(f"/v1/jobs/{done}/subtitles/fr.srt").text
    newest = [each for each in site.values("media.subtitles") if each["job"] == done and each["language"] == "fr"][-1]
    data = site.s3.get_object(Bucket="results", Key=newest["files"][0]["key"])["Body"].read()
    assert "Changé par moi".encode() in data


def test_a_deleted_job_is_gone_everywhere_and_nothing_starts_it(
    site: Site, one: httpx.Client, two: httpx.Client
) -> None:
    job = upload(one, clip(10), "gone.wav", targets="fr")["job"]
    assert ended(one, job)["state"] == "done"
    assert one.delete(f"/v1/jobs/{job}").status_code == 200
    eventually(lambda: two.get(f"/v1/jobs/{job}").status_code == 404 or None, "the deletion at the other gateway")
    assert one.get(f"/v1/jobs/{job}/subtitles/fr.srt").status_code == 404
    assert set(site.results(job)) == {"deleted.json"}
    listed = site.s3.list_objects_v2(Bucket="uploads").get("Contents", [])
    assert not [each for each in listed if each["Key"].endswith("gone.wav")]
    assert site.command("reconcile").out == ""
    assert one.post(f"/v1/jobs/{job}/rerun").status_code == 404
    newest = {record.key: record.value for record in site.records("media.jobs")}
    assert newest[job.encode()] is None


@pytest.mark.filterwarnings("ignore")
def test_the_official_client_gets_text_files_and_talk_from_a_cluster_too(one: httpx.Client) -> None:
    try_official_client(address(one))
