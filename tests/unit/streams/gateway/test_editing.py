"""Edits: kept, shown at once, changed by who has seen what they replace, and laid out by every later run."""

import asyncio
import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from processors.recipes import RESULTS
from processors.text import subtitle_files
from schemas.cues import Cue
from schemas.events import VideoAccepted
from streams.gateway import editing
from streams.gateway.site import Site
from tests.unit.streams.gateway import kit

CUES = [Cue(start=1, end=2, lines=("Bonjour",)), Cue(start=3, end=5, lines=("les", "amis"))]
WHERE = f"/v1/jobs/{kit.JOB}/cues/fr"


def site() -> Site:
    made = kit.site()
    kit.job(made, state="done", progress=1.0, languages={"fr": "done", "en": "done"}, duration=10.0)
    for form in ("srt", "vtt"):
        data = subtitle_files.write(CUES, form, "fr")  # type: ignore[arg-type]
        made.backend.bench.store.put(RESULTS, f"default/{kit.JOB}/talk.fr.{form}", data)
    return made


def changed(*cues: tuple[float, float, str]) -> dict[str, Any]:
    return {"cues": [{"start": start, "end": end, "text": text} for start, end, text in cues]}


def put(client: TestClient, body: dict[str, Any], tag: str | None) -> Any:
    return client.put(WHERE, json=body, headers={"If-Match": tag} if tag else {})


def test_an_edit_is_shown_at_once_in_every_format_and_keeps_who_saw_it_first() -> None:
    made = site()
    with kit.client(made) as client:
        before = client.get(WHERE)
        tag = before.headers["etag"]
        assert [cue["text"] for cue in before.json()["cues"]] == ["Bonjour", "les\namis"]
        assert before.json()["edited"] is False
        assert before.json()["profile"]["max_chars_per_second"] == 17.0
        told = put(client, changed((1, 2, "Salut & <b>"), (3, 5, "les\namis")), tag)
        assert (told.status_code, told.json()["edited"]) == (200, True)
        assert told.headers["etag"] == client.get(WHERE).headers["etag"] != tag
        vtt = client.get(f"/v1/jobs/{kit.JOB}/subtitles/fr.vtt").content
        assert b"<b>" not in vtt
        assert subtitle_files.read(vtt, "vtt")[0].lines == ("Salut & <b>",)
        assert "Bonjour" not in client.get(f"/v1/jobs/{kit.JOB}/subtitles/fr.srt").text
        assert put(client, changed((1, 2, "late")), tag).status_code == 412
        assert put(client, changed((1, 2, "none")), None).status_code == 428
        assert put(client, changed((1, 2, "again")), told.headers["etag"]).status_code == 200
        assert client.get(WHERE).json()["cues"] == changed((1, 2, "again"))["cues"]


@pytest.mark.parametrize(
    ("cues", "rule"),
    [
        ([(2, 1, "x")], "order"), ([(1, 3, "x"), (2, 4, "y")], "overlap"), ([(1, 2, " \u200b ")], "empty"),
        ([(1, 2, "")], "empty"), ([(9, 11, "x")], "media_end"), ([(5, 6, "x"), (1, 2, "y")], "overlap"),
    ],
)  # fmt: skip
def test_what_may_never_be_is_refused_by_cue_and_rule(cues: list[tuple[float, float, str]], rule: str) -> None:
    made = site()
    with kit.client(made) as client:
        told = put(client, changed(*cues), client.get(WHERE).headers["etag"])
        assert (told.status_code, told.json()["code"]) == (400, "invalid_request")
        assert rule in [each["rule"] for each in told.json()["errors"]]
        assert client.get(WHERE).json()["edited"] is False


def test_what_a_person_chooses_is_kept_and_told() -> None:
    with kit.client(site()) as client:
        long = "a line that is so long that no profile of ours would ever allow it on a screen"
        told = put(client, changed((1, 1.2, long)), client.get(WHERE).headers["etag"]).json()
    assert {each["rule"] for each in told["violations"]} == {"line_characters", "min_duration", "reading_speed"}


@pytest.mark.parametrize("body", ["{}", '{"cues": 1}', '{"cues": [{"start": "NaN", "end": 1, "text": ""}]}', "[", ""])
def test_a_body_that_is_none_is_400(body: str) -> None:
    with kit.client(site()) as client:
        told = client.put(WHERE, content=body, headers={"If-Match": "*", "Content-Type": "application/json"})
    assert told.status_code == 400


@pytest.mark.parametrize("language", ["de", "xx", "fr%20", "%2e%2e", "fr%2F..%2Fen"])
def test_a_language_that_is_not_there_is_404(language: str) -> None:
    with kit.client(site()) as client:
        assert client.get(f"/v1/jobs/{kit.JOB}/cues/{language}").status_code in (400, 404)


def test_an_edit_begins_one_run_and_a_running_job_waits_for_its_end() -> None:
    made = site()
    with kit.client(made) as client:
        assert put(client, changed((1, 2, "x")), client.get(WHERE).headers["etag"]).status_code == 200
    kit.backend(made).said.clear()
    made.state.create(editing.UNDONE + kit.JOB, json.dumps({"tenant": "default", "job": kit.JOB}).encode())
    kit.job(made, state="running", run=7)
    asyncio.run(editing.look(made))
    assert kit.backend(made).said == []
    kit.job(made, state="done", run=7, progress=1.0)
    asyncio.run(editing.look(made))
    asyncio.run(editing.look(made))
    assert [type(event) for event in kit.backend(made).said] == [VideoAccepted]
    assert list(made.state.names(editing.UNDONE)) == []
