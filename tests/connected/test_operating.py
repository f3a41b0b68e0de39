"""Operating a cluster by the command line: submit, watch, get, cancel, rerun, reconcile, dead letters, doctor, SASL."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from schemas import envelope
from schemas.errors import ErrorInfo
from schemas.events import SpeechFound
from schemas.topics import TOPICS
from streams.deadletters import Origin, letter_headers
from tests.commands import Done
from tests.connected.conftest import working
from tests.connected.site import Site, clip, deaf, eventually


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("media") / "my talk.wav"
    path.write_bytes(clip(40))
    return path


@pytest.fixture(scope="module")
def done(site: Site, talk: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A job that came by ``submit --wait``, and its folder."""
    out = tmp_path_factory.mktemp("out")
    ended = site.command("submit", talk, "--to", "fr", "--source-language", "en", "--wait", "--out", out)
    assert ended.code == 0, ended.err
    return ended.out.strip(), out


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_submit_waits_and_brings_the_files(done: tuple[str, Path]) -> None:
    assert names(done[1]) == {f"my talk.{tag}.{kind}" for tag in ("en", "fr") for kind in ("srt", "vtt")} | {
        "my talk.json"
    }


def test_the_same_submit_again_is_the_same_job_and_no_upload(site: Site, done: tuple[str, Path], talk: Path) -> None:
    again = site.command("submit", talk, "--to", "fr", "--source-language", "en")
    assert (again.code, again.out.strip()) == (0, done[0])
    assert "there already" in again.err
    keys = [each["Key"] for each in site.s3.list_objects_v2(Bucket="uploads")["Contents"]]
    assert sum(key.endswith("/my talk.wav") for key in keys) == 1


def test_get_brings_the_same_bytes(site: Site, done: tuple[str, Path], tmp_path: Path) -> None:
    assert site.command("get", done[0], "--out", tmp_path).code == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in done[1].iterdir()
    }


def test_watch_tells_the_whole_story_as_json_and_in_words(site: Site, done: tuple[str, Path]) -> None:
    told = site.command("watch", done[0], "--json")
    facts = {event["type"].removeprefix("io.chalkstream.").partition(".")[0] for event in told.events}
    assert {"job-changed", "speech-transcribed", "subtitles-ready"} <= facts
    assert told.code == 0
    assert "subtitles fr: results/" in site.command("watch", done[0]).out


def test_a_rerun_with_other_wishes_computes_only_what_is_new(
    site: Site, done: tuple[str, Path], tmp_path: Path
) -> None:
    cut_inside_a_sample(site)
    before = work(site)
    ended = site.command("rerun", done[0], "--to", "fr,es", "--wait", "--out", tmp_path)
    assert ended.code == 0, ended.err
    assert {"my talk.es.srt", "my talk.fr.srt"} <= names(tmp_path)
    fresh = {stage_of(key) for key in work(site) - before}
    assert fresh <= {"translate", "subtitle", "assemble"}, "who hears again leaves a mark that it could not"
    assert "translate" in fresh
    status = site.job(done[0], lambda each: each["run"] == 1 and each["state"] == "done")
    assert status["languages"] == {"en": "done", "fr": "done", "es": "done"}


def cut_inside_a_sample(site: Site) -> None:
    """Two seconds and a byte are left of all decoded sound: the first chunk can't be heard again."""
    for key in work(site):
        if key.endswith(".pcm"):
            kept = site.s3.get_object(Bucket="work", Key=key)["Body"].read(64_001)
            site.s3.put_object(Bucket="work", Key=key, Body=kept)


def work(site: Site) -> set[str]:
    """The keys of all artefacts."""
    pages = site.s3.get_paginator("list_objects_v2").paginate(Bucket="work")
    found = {each["Key"] for page in pages for each in page.get("Contents", ())}
    return {key for key in found if not key.startswith("attempts/")}


def stage_of(key: str) -> str:
    return key.split("/")[1]


def test_cancel_ends_a_run_and_a_rerun_takes_the_job_up_again(site: Site, tmp_path: Path) -> None:
    long = tmp_path / "long.wav"
    long.write_bytes(clip(1, 80, times=5))
    job = site.command("submit", long, "--to", "fr").out.strip()
    site.job(job, lambda status: status["state"] == "running")
    assert "is being cancelled (run 0)" in site.command("cancel", job).out
    assert site.job(job)["state"] == "cancelled"
    got = site.command("get", job)
    assert (got.code, "cancelled" in got.err) == (130, True)
    assert "has ended already" in site.command("cancel", job).out
    assert site.command("rerun", job, "--to", "").out.strip() == f"{job} run 1"
    assert site.job(job, lambda status: status["run"] == 1)["state"] == "running"
    assert "is being cancelled (run 1)" in site.command("cancel", job).out
    assert site.job(job, lambda status: status["state"] == "cancelled")["run"] == 1


def test_reconcile_starts_what_was_not_told_and_then_nothing(site: Site) -> None:
    site.command("reconcile")
    with deaf(site):
        jobs = [site.put("lost 1+1.wav", clip(46, 3), targets=""), site.put("lab/lost.wav", clip(47, 2), targets="tlh")]
        site.s3.put_object(Bucket="uploads", Key="lost folder/", Body=b"")
        found = site.command("doctor").out
        assert "uploads are not told" in " ".join(found.split())
    started = site.command("reconcile")
    assert (started.code, sorted(started.out.split())) == (0, sorted(jobs))
    assert [status["state"] for status in site.jobs(jobs)] == ["done", "failed"]
    assert site.command("reconcile").out == ""


def test_versions_of_one_key_are_jobs_of_their_own(site: Site) -> None:
    versioning = {"Bucket": "uploads", "VersioningConfiguration": {"Status": "Enabled"}}
    site.s3.put_bucket_versioning(**versioning)
    try:
        with deaf(site):
            bodies = [clip(50, 2), clip(52, 2)]
            versions = [site.s3.put_object(Bucket="uploads", Key="v.wav", Body=body)["VersionId"] for body in bodies]
        started = site.command("reconcile").out.split()
    finally:
        site.s3.put_bucket_versioning(**(versioning | {"VersioningConfiguration": {"Status": "Suspended"}}))
    assert len(set(versions)) == len(set(started)) == 2
    assert [status["state"] for status in site.jobs(started)] == ["done", "done"]
    assert site.command("reconcile").out == ""


def buried(site: Site, mark: bytes) -> str | None:
    """The id of the newest letter with this key."""
    found = [record for record in site.records("dead.letters") if record.key == mark]
    return f"{found[-1].partition}-{found[-1].offset}" if found else None


def test_a_letter_of_the_media_chain_becomes_one_new_run_of_its_job(site: Site, done: tuple[str, Path]) -> None:
    job, run = done[0], site.job(done[0])["run"]
    event = SpeechFound(job=job, run=run, index=0, start=0, end=5, language="en")
    wire = (("ce_type", event.wire_type().encode()), ("ce_id", event.id.encode()))
    origin = Origin("media.speech", 0, 7, 1, job.encode(), envelope.value(event), wire)
    headers = letter_headers(origin, stage="transcribe", attempt=2, error=ErrorInfo(code="internal", message="made up"))
    site.send("dead.letters", origin.value, origin.value, key=job.encode(), headers=headers)
    letter = eventually(lambda: buried(site, job.encode()), "letter")
    shown = site.command("deadletters", "show", letter).out
    assert ("made up" in shown, '"index"' in shown) == (True, False)
    assert '"index":0' in site.command("deadletters", "show", letter, "--value").out
    first = site.command("deadletters", "redrive", "--stage", "transcribe")
    assert first.code == 0, first.err
    assert sorted(line.split("  ", 1)[1] for line in first.out.splitlines()) == [
        f"job {job} run {run + 1}", "was sent again before",
    ]  # fmt: skip
    assert "was sent again before" in site.command("deadletters", "redrive", letter).out
    assert site.job(job, lambda status: status["run"] == run + 1 and status["state"] == "done")
    listed = [json.loads(line) for line in site.command("deadletters", "list", "--json").out.splitlines()]
    assert {each["redriven"] for each in listed if each["stage"] == "transcribe"} == {True}


def test_any_other_letter_goes_as_it_was(site: Site) -> None:
    mark = b"redriven as it was"
    site.send("media.uploads", b"no notification", key=mark)
    letter = eventually(lambda: buried(site, mark), "letter")
    before = waiting(site)
    assert "sent to media.uploads again" in site.command("deadletters", "redrive", letter).out
    second = eventually(lambda: ((found := buried(site, mark)) != letter and found) or None, "a letter of its own")
    assert "was sent again before" in site.command("deadletters", "redrive", letter).out
    assert waiting(site) == before, "one was answered, and its second letter was not"
    assert "sent to" in site.command("deadletters", "redrive", second).out


def waiting(site: Site) -> int:
    """How many letters nobody has answered, by the doctor."""
    said = " ".join(site.command("doctor").out.split())
    counted = re.search(r"(\d+) dead letters were not sent again: .*accept invalid_request (\d+)", said)
    assert counted and "deadletters list" in said, said
    return int(counted[2])


def test_init_leaves_what_others_have_set_up(site: Site) -> None:
    ours = site.s3.get_bucket_notification_configuration(Bucket="uploads")["QueueConfigurations"]
    theirs = {"Id": "theirs", "QueueArn": ours[0]["QueueArn"], "Events": ["s3:ObjectRemoved:*"]}
    rule = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "x/"}, "Expiration": {"Days": 1}}
    site.s3.put_bucket_notification_configuration(
        Bucket="uploads", NotificationConfiguration={"QueueConfigurations": [theirs]}
    )
    site.s3.put_bucket_lifecycle_configuration(Bucket="work", LifecycleConfiguration={"Rules": [rule]})
    assert "uploads are not told" in site.command("doctor").out
    assert site.command("init").code == 0
    now = site.s3.get_bucket_notification_configuration(Bucket="uploads")["QueueConfigurations"]
    assert {each["Id"] for each in now} > {"theirs"}
    created = {each["QueueArn"] for each in now if each["Events"] == ["s3:ObjectCreated:*"]}
    assert created == {each["QueueArn"] for each in ours}
    rules = site.s3.get_bucket_lifecycle_configuration(Bucket="work")["Rules"]
    assert {each["ID"] for each in rules} == {"theirs", "old-work"}
    site.s3.put_bucket_notification_configuration(
        Bucket="uploads", NotificationConfiguration={"QueueConfigurations": ours}
    )
    site.s3.put_bucket_lifecycle_configuration(
        Bucket="work", LifecycleConfiguration={"Rules": [each for each in rules if each["ID"] == "old-work"]}
    )
    assert site.command("init").out.startswith("made nothing")


def test_what_the_broker_refuses_to_make_is_told(site: Site) -> None:
    asyncio.run(remove("image.progress", site.at.bootstrap))
    refused = eventually(lambda: not_made(site), "a broker that has forgotten the topic")
    assert (refused.code, len(refused.error_lines)) == (2, 1) and "image.progress" in refused.err, refused.err
    assert site.command("init").code == 0


def not_made(site: Site) -> Done | None:
    told = site.command("init", CHALKSTREAM_KAFKA__REPLICATION="3")
    return told if told.code == 2 else None


async def remove(topic: str, bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([topic])
    finally:
        await admin.close()


def test_the_doctor_finds_a_healthy_cluster_healthy(site: Site) -> None:
    found = site.command("doctor")
    assert found.code == 0, found.out
    assert f"{len(TOPICS)} topics are there" in found.out
    assert "all buckets are there" in found.out


@pytest.mark.parametrize(
    ("changed", "command", "says"),
    [
        ({"CHALKSTREAM_STORE__SECRET_KEY": "wrong"}, ("reconcile",), "the store answered"),
        ({"CHALKSTREAM_KAFKA__BOOTSTRAP": "127.0.0.1:1"}, ("deadletters", "list"), "does not answer"),
        ({"CHALKSTREAM_KAFKA__BOOTSTRAP": "127.0.0.1:1"}, ("worker",), "does not answer"),
    ],
)
def test_a_cluster_that_cannot_be_reached_is_one_line(
    site: Site, changed: dict[str, str], command: tuple[str, ...], says: str
) -> None:
    ended = site.command(*command, **changed)
    assert ended.code == 1
    assert says in ended.error_lines[0]
    assert "Traceback" not in ended.err


def test_everything_works_by_way_of_sasl(site: Site, tmp_path: Path) -> None:
    assert site.at.sasl
    locked = Site(site.at, {**site.environment, **site.at.sasl_settings()})
    path = tmp_path / "sasl.wav"
    path.write_bytes(clip(60, 2))
    with working(locked, "accept"):
        ended = locked.command("submit", path, "--to", "", "--wait", "--out", tmp_path / "out")
    assert ended.code == 0, ended.err
    other = {"CHALKSTREAM_KAFKA__PASSWORD": "wrong"}
    refused = locked.command("watch", ended.out.strip(), **other)
    assert (refused.code, len(refused.error_lines)) == (1, 1)
    assert site.at.sasl.password not in refused.err + ended.err
