"""Requests from strangers: which one it is, whose it is, and what is wrong with it, by code and field."""

import json
from typing import Any

import pytest

from schemas import envelope
from schemas.chat import ChatAnswered, ChatDelta, ChatRequested, Choice, Said, Usage, read_chat
from schemas.errors import BadInput
from schemas.exchanges import ChatLimits, ImageLimits, RequestError, WrongField
from schemas.images import ImageRequested, read_image

HELLO = {"messages": [{"role": "user", "content": "hello"}]}


def read(topic: str, value: bytes | None, **headers: str) -> Any:
    raw = [(name, text.encode()) for name, text in headers.items()]
    return envelope.read(topic, raw, b"key", value, 3, 14)


def chat(**changed: Any) -> str:
    return json.dumps({**HELLO, **changed})


def said(content: Any, role: Any = "user") -> str:
    return json.dumps({"messages": [{"role": role, "content": content}]})


def test_the_id_is_ce_id_then_the_field_then_the_place_and_never_the_key() -> None:
    value = chat(request="mine").encode()
    assert read("chat.requests", value, ce_id="theirs").request == "theirs"
    assert read("chat.requests", value).request == "mine"
    assert read("chat.requests", chat().encode()).request == "chat.requests-3-14"


@pytest.mark.parametrize("told", ["", "x" * 201, "a\ud800", "a\nb", 5, None, {"a": 1}])
def test_what_can_be_no_id_is_none(told: Any) -> None:
    assert read("chat.requests", chat(request=told).encode()).request == "chat.requests-3-14"


def test_tenants_with_the_same_id_never_meet() -> None:
    one, other = (read("chat.requests", chat(request="1").encode(), tenant=name) for name in ("a", "b"))
    assert (one.tenant, other.tenant) == ("a", "b") and one.id != other.id
    assert read("chat.requests", chat().encode()).tenant == "default"


@pytest.mark.parametrize("value", [b"hello", b"\xff\xfe", b"", None, b"[" * 100_000, b'{"a":' + b"1" * 5000 + b"}"])
def test_what_is_no_json_is_refused_whole(value: bytes | None) -> None:
    with pytest.raises(BadInput):
        read("chat.requests", value)


def test_a_version_of_ours_that_is_not_known_is_refused_and_types_of_others_are_not() -> None:
    with pytest.raises(BadInput) as refused:
        read("chat.requests", chat().encode(), ce_type="io.chalkstream.chat-requested.v9")
    assert refused.value.code == "unknown_version"
    assert read("chat.requests", chat().encode(), ce_type="com.example.question").request


@pytest.mark.parametrize("kind", [ChatRequested, ImageRequested])
def test_a_request_keeps_its_bytes_on_its_way_to_a_child(kind: Any) -> None:
    event = kind(request="r", tenant="t", body='{"messages": "\\ud800", "x": NaN}')
    assert envelope.parse(kind.wire_type(), envelope.value(event)) == event


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ("[]", None, "invalid_request"),
        ("{}", "messages", "invalid_request"),
        ('{"messages": []}', "messages", "invalid_request"),
        ('{"messages": "hello"}', "messages", "invalid_request"),
        (said("x", "wizard"), "messages[0].role", "invalid_request"),
        (said("x", 7), "messages[0].role", "invalid_request"),
        (said(""), "messages[0].content", "invalid_request"),
        (said(" \n"), "messages[0].content", "invalid_request"),
        (said(None), "messages[0].content", "invalid_request"),
        (said(7), "messages[0].content", "invalid_request"),
        (said([{"type": "image_url", "image_url": {}}]), "messages[0].content[0].type", "invalid_request"),
        ('{"messages": [{"role": "user", "content": "\\ud800"}]}', "messages[0].content", "invalid_request"),
        (said("", "system"), "messages", "invalid_request"),
        (said("x" * 1_000_000), "messages", "prompt_too_long"),
        (json.dumps({"messages": HELLO["messages"] * 1001}), "messages", "prompt_too_long"),
        (chat(n=0), "n", "invalid_request"),
        (chat(n=2), "n", "invalid_request"),
        (chat(temperature=float("nan")), "temperature", "invalid_request"),
        (chat(temperature=float("inf")), "temperature", "invalid_request"),
        (chat(temperature=-0.1), "temperature", "invalid_request"),
        (chat(temperature="hot"), "temperature", "invalid_request"),
        (chat(top_p=0), "top_p", "invalid_request"),
        (chat(max_tokens=0), "max_tokens", "invalid_request"),
        (chat(max_completion_tokens=-1), "max_completion_tokens", "invalid_request"),
        (chat(max_completion_tokens=10**9), "max_completion_tokens", "invalid_request"),
        (chat(max_completion_tokens=True), "max_completion_tokens", "invalid_request"),
        (chat(max_tokens=1.5), "max_tokens", "invalid_request"),
        (chat(seed=1 << 70), "seed", "invalid_request"),
        (chat(stop=["a"] * 5), "stop", "invalid_request"),
        (chat(stream="yes"), "stream", "invalid_request"),
        (chat(model=5), "model", "invalid_request"),
    ],
)
def test_a_wrong_chat_request_is_named_by_code_and_field(body: str, field: str | None, code: str) -> None:
    with pytest.raises(WrongField) as refused:
        read_chat(body, ChatLimits())
    assert (refused.value.param, refused.value.code) == (field, code)
    assert len(str(refused.value)) < 300


def test_a_right_chat_request_says_what_it_wants() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    told = {
        "messages": [{"role": "developer", "content": "be brief"}, {"role": "user", "content": parts}],
        "stop": "\n",
    }
    body = read_chat(json.dumps({**told, "temperature": 1, "user": "x", "tools": []}), ChatLimits())
    assert body.turns == (("system", "be brief"), ("user", "ab"))
    assert body.stops == ("\n",) and body.temperature == 1.0 and body.most(ChatLimits()) == 512


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"prompt": ""}, "prompt", "invalid_request"),
        ({"prompt": " "}, "prompt", "invalid_request"),
        ({"prompt": "x" * 5000}, "prompt", "prompt_too_long"),
        ({"prompt": None}, "prompt", "invalid_request"),
        ({"n": 0}, "n", "invalid_request"),
        ({"n": 11}, "n", "invalid_request"),
        ({"size": "100000x100000"}, "size", "invalid_request"),
        ({"size": "64"}, "size", "invalid_request"),
        ({"size": "0x64"}, "size", "invalid_request"),
        ({"size": "-1x64"}, "size", "invalid_request"),
        ({"steps": 0}, "steps", "invalid_request"),
        ({"steps": 10**6}, "steps", "invalid_request"),
        ({"steps": float("nan")}, "steps", "invalid_request"),
        ({"prompt": "\ud800"}, "prompt", "invalid_request"),
        ({"seed": -1}, "seed", "invalid_request"),
        ({"seed": 1 << 32}, "seed", "invalid_request"),
    ],
)
def test_a_wrong_image_request_is_named_by_code_and_field(changed: Any, field: str, code: str) -> None:
    with pytest.raises(WrongField) as refused:
        read_image(json.dumps({"prompt": "a circle", **changed}), ImageLimits())
    assert (refused.value.param, refused.value.code) == (field, code)


def test_an_answer_is_openai_s_object_and_the_request() -> None:
    answer = ChatAnswered(
        request="r", completion="chatcmpl-1", object="chat.completion", created=1, model="demo/chat",
        choices=(Choice(message=Said(content="hi"), finish_reason="stop"),),
        usage=Usage(prompt_tokens=1, completion_tokens=2, total_tokens=3),
    )  # fmt: skip
    wire = json.loads(envelope.value(answer))
    assert wire["id"] == "chatcmpl-1" and wire["request"] == "r" and not {"job", "run", "error"} & wire.keys()
    assert wire["choices"][0] == {
        "index": 0,
        "message": {"role": "assistant", "content": "hi"},
        "finish_reason": "stop",
    }
    assert envelope.parse(ChatAnswered.wire_type(), envelope.value(answer)) == answer


def test_an_error_names_code_and_field() -> None:
    answer = ChatAnswered(request="r", error=RequestError(code="invalid_request", message="no", param="n"))
    assert json.loads(envelope.value(answer)) == {
        "tenant": "default", "request": "r", "error": {"code": "invalid_request", "message": "no", "param": "n"},
    }  # fmt: skip


def test_each_delta_has_an_id_of_its_own() -> None:
    deltas = [ChatDelta(request="r", seq=n, delta="x") for n in range(3)]
    assert len({delta.id for delta in deltas}) == 3 and {delta.key for delta in deltas} == {"r"}
