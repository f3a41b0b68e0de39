"""Routes over a fake backend: who may do what, what is refused and how it is said."""

import json
from typing import Any

import pytest

from schemas.chat import ChatAnswered, ChatDelta, Choice, Said, Usage
from schemas.errors import BAD_INPUT_CODES, SERVICE_CODES, BadSettings, ErrorInfo, rebuild
from schemas.events import JobChanged, SpeechTranscribed
from schemas.exchanges import Requested, RequestError
from schemas.images import ImagesMade, MadeImage
from schemas.transcript import Segment
from streams.gateway.backend import Entry
from streams.gateway.problems import OPENAI, answer
from streams.gateway.serving import is_open
from streams.gateway.shield import POLICY
from tests.unit.streams.gateway import kit

VIDEO = {"file": ("talk.mp4", b"not really a video", "video/mp4")}


@pytest.mark.parametrize("code", sorted(BAD_INPUT_CODES | SERVICE_CODES))
def test_every_code_has_a_status_and_both_shapes(code: str) -> None:
    error = rebuild(ErrorInfo(code=code, message="what\nis wrong", remedy="do this"))
    problem, openai = answer(error, "/v1/jobs"), answer(error, OPENAI[0] + "completions")
    assert problem.status_code == openai.status_code >= 400
    told = json.loads(bytes(problem.body))
    assert (told["code"], told["detail"], told["remedy"]) == (code, "what is wrong", "do this")
    assert json.loads(bytes(openai.body))["error"]["code"] == code
    assert ("retry-after" in problem.headers) == (problem.status_code in (429, 503))


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/nothing", "/v1/jobs", "/docs", "/openapi.json", "/v1/jobs?limit=0"]
)
def test_every_answer_is_guarded(path: str) -> None:
    with kit.client(kit.site()) as client:
        told = client.get(path).headers
    assert told["content-security-policy"] == POLICY
    assert told["x-content-type-options"] == "nosniff"
    assert told["cache-control"] == ("no-store" if path.startswith("/v1/") else "no-cache")
    assert "access-control-allow-origin" not in told


def test_a_bug_is_a_problem_that_tells_nothing() -> None:
    made = kit.site()
    kit.job(made, languages={"fr": "done"})
    made.backend.bench.store.names = None  # type: ignore[method-assign, assignment]
    with kit.client(made) as client:
        told = client.get(f"/v1/jobs/{kit.JOB}")
    assert (told.status_code, told.json()["code"]) == (500, "internal")
    assert told.headers["content-security-policy"] == POLICY
    assert "NoneType" not in told.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"X-Forwarded-For": "203.0.113.9"},
    ],
)
def test_pages_of_others_can_do_nothing_here(headers: dict[str, str]) -> None:
    made = kit.site()
    kit.job(made)
    with kit.client(made) as client:
        told = client.post(f"/v1/jobs/{kit.JOB}/cancel", headers=headers)
    assert (told.status_code, told.json()["code"]) == (403, "forbidden")
    assert kit.backend(made).said == []


def test_behind_a_proxy_the_page_is_ours_by_its_public_address() -> None:
    made = kit.site(keys=True, GATEWAY__PUBLIC_URL="https://captions.example")
    headers = {"Origin": "https://captions.example", "X-Forwarded-For": "203.0.113.9"}
    with kit.client(made) as client:
        assert client.post("/v1/session", json={"key": kit.key(made)}, headers=headers).status_code == 200
        headers["Origin"] = "https://evil.example"
        assert client.post("/v1/session", json={"key": kit.key(made)}, headers=headers).status_code == 403


def test_a_site_that_others_reach_does_not_start_without_a_key() -> None:
    made = kit.site(GATEWAY__PUBLIC_URL="https://captions.example")
    with pytest.raises(BadSettings, match="PUBLIC_URL"):
        is_open(made.settings, made.state)
    kit.key(made)
    assert not is_open(made.settings, made.state)


def test_a_body_that_is_too_large_is_413() -> None:
    made = kit.site()
    kit.job(made)
    with kit.client(made) as client:
        headers = {"If-Match": "*", "Content-Type": "application/json"}
        told = client.put(f"/v1/jobs/{kit.JOB}/cues/fr", content=b" " * (9 << 20), headers=headers)
    assert (told.status_code, told.json()["code"]) == (413, "too_large")


def test_with_keys_nothing_is_told_without_one() -> None:
    made = kit.site(keys=True)
    kit.job(made)
    with kit.client(made) as client:
        paths = [
            "/v1/session",
            "/v1/jobs",
            f"/v1/jobs/{kit.JOB}",
            f"/v1/jobs/{kit.JOB}/events",
            "/v1/models",
            "/metrics",
        ]
        told = [client.get(path) for path in paths]
        told += [client.post(path) for path in ("/v1/videos", "/v1/chat/completions", f"/v1/jobs/{kit.JOB}/cancel")]
        assert {each.status_code for each in told} == {401}
        assert client.get("/healthz").status_code == 200
        wrong = client.get("/v1/jobs", headers={"Authorization": "Bearer ck_000000000000_" + "A" * 43})
        assert (wrong.status_code, wrong.headers["www-authenticate"]) == (401, "Bearer")


def test_roles_say_what_may_be_done() -> None:
    made = kit.site(keys=True)
    kit.job(made)
    with kit.client(made, kit.key(made, role="viewer")) as viewer:
        assert viewer.get(f"/v1/jobs/{kit.JOB}").status_code == 200
        assert viewer.post(f"/v1/jobs/{kit.JOB}/cancel").status_code == 403
        assert viewer.post("/v1/videos", files=VIDEO).status_code == 403
        assert viewer.get("/metrics").status_code == 403
    with kit.client(made, kit.key(made, role="admin")) as admin:
        assert admin.get("/metrics").status_code == 200


def test_a_tenant_that_is_not_declared_is_let_in_nowhere() -> None:
    made = kit.site(keys=True)
    with kit.client(made, kit.key(made, "ghost")) as client:
        assert client.get("/v1/jobs").status_code == 403


def test_a_browser_logs_in_once_and_out_again() -> None:
    made = kit.site(keys=True)
    with kit.client(made) as client:
        assert client.post("/v1/session", json={"key": "ck_wrong"}).status_code == 401
        key = kit.key(made)
        told = client.post("/v1/session", json={"key": key})
        cookie = told.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}
        assert key not in cookie
        assert client.get("/v1/session").json()["tenant"] == "default"
        assert client.get("/v1/jobs", headers={"Cookie": "chalkstream=forged.99999999999.x"}).status_code in (200, 401)
        assert client.delete("/v1/session").status_code == 204
        assert client.get("/v1/session").status_code == 401


def test_an_upload_becomes_a_job_under_a_key_of_ours() -> None:
    made = kit.site()
    with kit.client(made) as client:
        told = client.post("/v1/videos", data={"targets": "fr"}, files={"file": ('../../evil"\r\n.mp4', b"x" * 99)})
        assert told.status_code == 202
        job = told.json()["job"]
        assert client.get(f"/v1/jobs/{job}").json() == told.json()
        assert client.get("/v1/jobs").json()["jobs"][0]["job"] == job
    stored = kit.backend(made).begun[0]
    assert "evil" not in stored.key
    assert kit.backend(made).pieces.whole_ones[stored.key] == b"x" * 99
    assert stored.metadata["targets"] == "fr"


def test_fields_behind_a_small_file_count_too() -> None:
    made = kit.site()
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nxx\r\n'
        b'--b\r\nContent-Disposition: form-data; name="targets"\r\n\r\nfr\r\n--b--\r\n'
    )
    with kit.client(made) as client:
        told = client.post("/v1/videos", content=body, headers={"content-type": "multipart/form-data; boundary=b"})
    assert told.status_code == 202
    assert kit.backend(made).begun[0].metadata["targets"] == "fr"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"targets": "xx"}, "unknown_language"), ({"targets": "ja"}, "unknown_language"),
        ({"profile": "none"}, "unknown_profile"), ({"formats": "doc"}, "invalid_request"),
        ({"tragets": "fr"}, "invalid_request"), ({"targets": "fr\r\nx-amz-acl: public"}, "unknown_language"),
        ({"source_language": "fr"}, "unknown_language"), ({"track": "-1"}, "invalid_request"),
    ],
)  # fmt: skip
def test_wishes_that_can_t_be_met_are_refused_before_the_bytes(fields: dict[str, str], code: str) -> None:
    made = kit.site()
    with kit.client(made) as client:
        told = client.post("/v1/videos", data=fields, files=VIDEO)
    assert (told.status_code, told.json()["code"]) == (400, code)
    assert kit.backend(made).begun == []
    assert kit.backend(made).pieces.open == {}


def test_what_is_too_large_is_refused_by_its_length() -> None:
    with kit.client(kit.site(LIMITS__MAX_GIB="0.000001")) as client:
        told = client.post("/v1/videos", files={"file": ("a.mp4", b"x" * (3 << 20))})
    assert (told.status_code, told.json()["code"]) == (413, "too_large")


def test_more_jobs_than_allowed_are_429_before_any_work() -> None:
    made = kit.site(GATEWAY__JOBS="1")
    kit.job(made)
    with kit.client(made) as client:
        told = client.post("/v1/videos", files=VIDEO)
    assert (told.status_code, told.json()["code"]) == (429, "overloaded")
    assert int(told.headers["retry-after"]) > 0
    assert kit.backend(made).pieces.whole_ones == {}


def test_a_service_that_is_away_is_503_before_any_work() -> None:
    made = kit.site()
    kit.backend(made).away = {"broker": "does not answer"}
    with kit.client(made) as client:
        for told in (client.post("/v1/videos", files=VIDEO), client.get("/readyz")):
            assert told.status_code == 503
        assert client.post("/v1/videos", files=VIDEO).json()["code"] == "unavailable"
        assert client.get("/readyz").json()["wrong"] == {"broker": "does not answer"}
        asked = client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "hi"}]})
        assert (asked.status_code, asked.json()["error"]["code"]) == (503, "unavailable")
        assert client.get("/healthz").status_code == 200


def test_a_job_is_stopped_run_again_and_taken_away() -> None:
    made = kit.site()
    kit.job(made)
    with kit.client(made) as client:
        assert client.post(f"/v1/jobs/{kit.JOB}/rerun").status_code == 409
        assert client.post(f"/v1/jobs/{kit.JOB}/cancel").status_code == 200
        kit.job(made, state="done", progress=1.0)
        told = client.post(f"/v1/jobs/{kit.JOB}/rerun", json={"targets": ["fr"]})
        assert (told.status_code, told.json()["run"]) == (200, 1)
        assert client.delete(f"/v1/jobs/{kit.JOB}").json()["files"] == []
        assert client.get(f"/v1/jobs/{kit.JOB}").status_code == 404
        assert client.get("/v1/jobs").json() == {"jobs": [], "next": None}
    kinds = [getattr(event, "action", "run") for event in kit.backend(made).said]
    assert kinds == ["cancel", "run", "delete"]
    left = list(made.backend.bench.store.names("results", f"default/{kit.JOB}/"))
    assert left == [f"default/{kit.JOB}/deleted.json"]


def _entries() -> list[Entry]:
    segment = Segment(start=0, end=1, text="Hello\nevent: done")
    said = [
        SpeechTranscribed(job=kit.JOB, index=n, start=n, end=n + 1, language="en", segments=(segment,))
        for n in range(3)
    ]
    return [Entry("t", n, event) for n, event in enumerate(said)]


def _events(text: str) -> list[tuple[str, Any]]:
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def test_events_are_history_then_the_end_and_resume_by_id() -> None:
    made = kit.site()
    status = kit.job(made, state="done", progress=1.0)
    kit.backend(made).entries[kit.JOB] = [*_entries(), Entry("j", 9, JobChanged(**status.model_dump()))]
    with kit.client(made) as client:
        told = _events(client.get(f"/v1/jobs/{kit.JOB}/events").text)
        assert [name for name, _ in told] == ["progress", "segment", "segment", "segment", "done"]
        assert told[1][1] == {"index": 0, "start": 0.0, "end": 1.0, "language": "en", "text": "Hello\nevent: done"}
        resumed = _events(client.get(f"/v1/jobs/{kit.JOB}/events", headers={"Last-Event-ID": "0.t1"}).text)
        assert [data["index"] for name, data in resumed if name == "segment"] == [2]
        other = client.get(f"/v1/jobs/{kit.JOB}/events", headers={"Last-Event-ID": "7.t1"}).text
        assert len([1 for name, _ in _events(other) if name == "segment"]) == 3


def _answers(request: Requested) -> list[Any]:
    name = {"request": request.request, "tenant": request.tenant}
    done = ChatAnswered(
        **name, completion="c1", object="chat.completion", created=1, model="demo/chat",
        choices=(Choice(message=Said(content="A proof."), finish_reason="stop"),),
        usage=Usage(prompt_tokens=1, completion_tokens=2, total_tokens=3),
    )  # fmt: skip
    return [ChatDelta(**name, seq=0, delta="A pr"), done]


ASK = {"messages": [{"role": "user", "content": "What is a proof?"}]}


def test_a_chat_is_answered_whole_or_as_it_comes() -> None:
    made = kit.site()
    kit.backend(made).answers = _answers
    with kit.client(made) as client:
        whole = client.post("/v1/chat/completions", json=ASK).json()
        assert whole["choices"][0]["message"]["content"] == "A proof."
        text = client.post(
            "/v1/chat/completions", json={**ASK, "stream": True, "stream_options": {"include_usage": True}}
        ).text
    *chunks, end = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    parts = [json.loads(chunk) for chunk in chunks]
    said = "".join(each["choices"][0]["delta"].get("content", "") for each in parts if each["choices"])
    assert (said, end) == ("A proof.", "[DONE]")
    assert parts[-1]["usage"]["total_tokens"] == 3
    assert [each["choices"][0]["finish_reason"] for each in parts if each["choices"]][-1] == "stop"


@pytest.mark.parametrize("stream", [False, True])
def test_a_request_that_fails_is_an_http_error_as_long_as_nothing_was_said(stream: bool) -> None:
    made = kit.site()
    error = RequestError(code="unknown_model", message="no such model", param="model")
    kit.backend(made).answers = lambda asked: [
        ChatDelta(request=asked.request, tenant=asked.tenant, seq=0, delta="", finish_reason="error"),
        ChatAnswered(request=asked.request, tenant=asked.tenant, error=error),
    ]
    with kit.client(made) as client:
        told = client.post("/v1/chat/completions", json={**ASK, "stream": stream})
    assert (told.status_code, told.json()["error"]["param"]) == (404, "model")


@pytest.mark.parametrize(
    "body", ["", "[]", "{", '{"messages": []}', '{"messages": [{"role": "user", "content": "\\ud800"}]}', "[" * 99_999]
)
def test_a_chat_that_is_none_is_refused_in_openai_s_shape(body: str) -> None:
    made = kit.site()
    with kit.client(made) as client:
        told = client.post("/v1/chat/completions", content=body)
    assert (told.status_code, told.json()["error"]["type"]) == (400, "invalid_request_error")
    assert kit.backend(made).asked == []


def test_pictures_come_as_bytes_or_by_a_signed_address() -> None:
    made = kit.site()
    made.backend.bench.store.put("results", "default/x/0.png", b"PNG")
    image = MadeImage(bucket="results", key="default/x/0.png", sha256="", size=3, width=1, height=1, seed=1)
    kit.backend(made).answers = lambda asked: [
        ImagesMade(request=asked.request, tenant=asked.tenant, created=1, images=(image,))
    ]
    with kit.client(made) as client:
        told = client.post("/v1/images/generations", json={"prompt": "a circle", "response_format": "b64_json"}).json()
        assert told["data"] == [{"b64_json": "UE5H"}]
        url = client.post("/v1/images/generations", json={"prompt": "a circle"}).json()["data"][0]["url"]
        assert (client.get(url).content, client.get(url).headers["content-type"]) == (b"PNG", "image/png")
        assert client.get(url[:-3] + "AAA").status_code == 404


def test_every_parameter_body_and_answer_has_an_example() -> None:
    with kit.client(kit.site()) as client:
        document = client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]

    def shown(node: dict[str, Any]) -> bool:
        """An example of its own, or of all it is made of."""
        if {"example", "examples", "const"} & node.keys():
            return True
        named = schemas[node["$ref"].rpartition("/")[2]] if "$ref" in node else {}
        parts = (node["schema"], *node["schema"].get("anyOf", ())) if "schema" in node else ()
        return any(map(shown, (named, *parts) if named else parts))

    lacking = []
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            said = [(each["name"], each) for each in route.get("parameters", ())]
            said += [("body", each) for each in route.get("requestBody", {}).get("content", {}).values()]
            answers = route["responses"].values()
            said += [pair for answer in answers for pair in answer.get("content", {}).items()]
            lacking += [(method, path, name) for name, each in said if not shown(each) and not _is_bytes(name, each)]
    assert lacking == []


def _is_bytes(kind: str, content: dict[str, Any]) -> bool:
    media = kind == "application/octet-stream" or kind.startswith(("video/", "audio/", "image/"))
    return media or (kind == "body" and content["schema"].get("format") == "binary")


def test_the_documents_tell_of_every_route() -> None:
    with kit.client(kit.site()) as client:
        document = client.get("/openapi.json").json()
        page = client.get("/docs").text
        topics = client.get("/asyncapi").json()
    assert "<script" not in page
    for path, methods in document["paths"].items():
        assert path in page
        for method, route in methods.items():
            assert route["summary"], (path, method)
            assert "422" not in route["responses"]
    assert topics["asyncapi"].startswith("3.")
