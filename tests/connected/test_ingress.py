"""Uploads, as any S3 client makes them and as no client should, end as files or as a typed failure; nothing is lost."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from jsonschema import Draft202012Validator

from infra import uploads
from processors.recipes import plan_key
from schemas.plan import Plan
from streams.commands import submit
from streams.commands.schemas import documents
from tests.connected.site import Site, clip, eventually
from tests.connected.wire import check_facts, of_channel

DEEP = b"[" * 50_000
GARBAGE: dict[str, tuple[bytes | None, list[tuple[str, Any]]]] = {
    "not json": (b"\x00\xff\xfe", []),
    "no bytes": (b"", []),
    "null": (None, []),
    "nested without end": (DEEP, []),
    "another schema": (b'{"Records":[{"s3":7}]}', []),
    "unknown version": (b'{"job":"x"}', [("ce_type", b"io.chalkstream.video-accepted.v99")]),
    "binary header": (b"{}", [("ce_type", b"\xff\xfe"), ("x", b"\x00")]),
    "no job": (b'{"run":1}', [("ce_type", b"io.chalkstream.video-accepted.v1")]),
    "large": (b'{"x":"' + b"y" * 60_000 + b'"}', []),
}


def notification(key: str, bucket: str = "uploads", **facts: Any) -> bytes:
    thing = {"key": quote_plus(key), "size": 7, "eTag": "e", **facts}
    record = {"eventName": "s3:ObjectCreated:Put", "s3": {"bucket": {"name": bucket}, "object": thing}}
    return json.dumps({"Records": [record]}).encode()


def test_an_upload_ends_as_files_and_every_record_keeps_its_schema(site: Site) -> None:
    job = site.put("talks/été 1+1%.wav", clip(0), targets="fr", formats="srt,vtt", source_language="en")
    status = site.job(job)
    assert (status["state"], status["progress"], status["languages"]) == ("done", 1.0, {"en": "done", "fr": "done"})
    names = site.results(job)
    stem = "été 1+1%"
    assert {f"{stem}.{tag}.{kind}" for tag in ("en", "fr") for kind in ("srt", "vtt")} <= names.keys()
    assert "matrix" in names[f"{stem}.en.srt"].decode()
    assert json.loads(names["result.json"])["state"] == "done"
    told = [value for value in site.values("media.subtitles") if value["job"] == job]
    assert {value["language"] for value in told} == {"en", "fr"}
    assert check_facts(site, "media.").total() > 20
    schemas = documents()
    for notified in (Draft202012Validator(schemas["upload-notified.v1.json"]),
                     of_channel(schemas["asyncapi.json"], "media.uploads")):  # fmt: skip
        for value in site.values("media.uploads"):
            notified.validate(value)


def test_told_often_is_one_job_and_one_result(site: Site) -> None:
    job = site.put("often.wav", clip(6), targets="fr")
    site.job(job)
    before = site.results(job)
    told = [record.value for record in site.records("media.uploads") if b"often.wav" in (record.key or b"")]
    site.send("media.uploads", *told * 3, key=b"uploads/often.wav")
    again = site.put("after.wav", clip(7), targets="")
    site.job(again)
    accepted = [record for record in site.records("media.videos") if record.key == job.encode()]
    assert len({dict(record.headers)["ce_id"] for record in accepted}) == 1
    assert len({record.value for record in accepted}) == 1
    assert site.results(job) == before
    assert site.job(job)["state"] == "done"


def test_a_tenant_is_the_first_part_of_the_key_and_its_wishes_hold_where_the_object_has_none(site: Site) -> None:
    jobs = [site.put("lab/a.wav", clip(12)), site.put("lab/b.wav", clip(13), targets="es", formats="srt")]
    assert [site.job(job)["tenant"] for job in jobs] == ["lab", "lab"]
    plans = [Plan.model_validate_json(site.results(job, "lab")["plan.json"]) for job in jobs]
    assert [(plan.targets, plan.formats) for plan in plans] == [(("de",), ("vtt",)), (("es",), ("srt",))]
    assert "a.de.vtt" in site.results(jobs[0], "lab")


REFUSED: dict[str, tuple[dict[str, str], bytes, str]] = {
    "language": ({"targets": "tlh"}, clip(20, 1), "unknown_language"),
    "profile": ({"profile": "no such"}, clip(21, 1), "unknown_profile"),
    "formats": ({"formats": "pdf"}, clip(22, 1), "invalid_request"),
    "text": ({}, b"this is no media at all", "unsupported_format"),
    "empty": ({}, b"", "unsupported_format"),
}


def test_what_cannot_be_used_is_a_failed_job_with_its_code_and_no_dead_letter(site: Site) -> None:
    jobs = {name: site.put(f"{name}.wav", body, **metadata) for name, (metadata, body, _) in REFUSED.items()}
    ended = dict(zip(jobs, site.jobs(list(jobs.values())), strict=True))
    assert {name: (status["state"], status["error"]["code"]) for name, status in ended.items()} == {
        name: ("failed", code) for name, (_, _, code) in REFUSED.items()
    }
    assert not {record.key for record in site.records("dead.letters")} & {job.encode() for job in jobs.values()}
    got = site.command("get", jobs["text"])
    assert (got.code, got.error_lines[0].split()[1]) == (3, "unsupported_format:")


def test_odd_keys_that_a_store_takes_work(site: Site) -> None:
    keys = ["%2e%2e/%2e%2e/x.wav", "a/" * 450 + "n" * 124, "x" * 200 + "é.wav", "sp ace/+&=?#.wav"]
    jobs = [site.put(key, clip(24, 2), targets="") for key in keys]
    assert [status["state"] for status in site.jobs(jobs)] == ["done"] * len(keys)
    assert all(sum(name.endswith(".srt") for name in site.results(job)) == 1 for job in jobs)


def test_keys_that_no_store_takes_and_objects_that_are_gone_or_not_ours_are_failed_jobs(site: Site) -> None:
    keys = ["../state/secret", "a/../../x", "nul\0.wav", "n" * 1025, "gone.wav", "."]
    site.send("media.uploads", *map(notification, keys), notification("plan.json", "results"))

    def failed() -> dict[str, str] | None:
        told = {each["source"].get("key", ""): each.get("error", {}) for each in site.values("media.jobs")}
        found = {key: error["code"] for key, error in told.items() if error}
        return found if {key[:1024] for key in keys} | {"plan.json"} <= found.keys() else None

    codes = eventually(failed, "failed jobs")
    assert codes["gone.wav"] == "not_found"
    assert {codes[key[:1024]] for key in keys if key != "gone.wav"} | {codes["plan.json"]} == {"invalid_request"}


def test_what_goes_in_parts_is_the_job_that_submit_named(site: Site, tmp_path: Path) -> None:
    """An object put in parts has an etag of another kind; 20 MB of no media fail at once, which is enough here."""
    large, sent = tmp_path / "large.wav", []
    large.write_bytes(bytes(20 << 20))
    asked = {"targets": "fr"}
    stored = uploads.put_file(site.s3, large, "uploads", "large.wav", metadata=asked, sent=sent.append)
    assert stored.etag.endswith("-2")
    assert sent == [16 << 20, 4 << 20]
    status = site.job(submit.job_of(stored, asked))
    assert (status["source"]["key"], status["error"]["code"]) == ("large.wav", "unsupported_format")


def test_directory_markers_start_nothing(site: Site) -> None:
    site.s3.put_object(Bucket="uploads", Key="folder/", Body=b"")
    job = site.put("folder/in.wav", clip(30, 2), targets="")
    assert site.job(job)["state"] == "done"
    assert "folder/" not in {each["source"].get("key") for each in site.values("media.jobs")}


def test_garbage_is_buried_once_with_its_code_and_the_loop_lives_on(site: Site) -> None:
    sent = {
        f"{topic} {name}".encode(): (topic, value, headers)
        for topic in ("media.uploads", "media.videos", "media.chunks", "media.control", "media.ended")
        for name, (value, headers) in GARBAGE.items()
        if not (topic == "media.control" and value is None)  # a tombstone there: no wish any more
        and not (topic == "media.uploads" and headers)  # a store knows no types
    }
    site.send_all([(topic, value, mark, headers) for mark, (topic, value, headers) in sent.items()])

    def buried() -> list[Any] | None:
        found = [record for record in site.records("dead.letters") if record.key in sent]
        return found if {record.key for record in found} == sent.keys() else None

    found = eventually(buried, "letters")
    assert len(found) == len(sent), "each once"
    for record in found:
        said = {name: value.decode(errors="replace") for name, value in record.headers}
        topic, value, _ = sent[record.key]
        assert said["x-original-topic"] == topic
        old = record.key.endswith(b"version") and topic != "media.control"
        assert said["x-error-code"] == ("unknown_version" if old else "invalid_request"), record.key
        assert record.value == value


def test_after_all_that_an_upload_still_works(site: Site) -> None:
    job = site.put("still.wav", clip(33, 3), targets="fr")
    assert site.job(job)["state"] == "done"
    assert site.s3.head_object(Bucket="results", Key=plan_key("default", job, 0))["ContentType"] == "application/json"
