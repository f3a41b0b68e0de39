"""Spans of chat and pictures: the conventions of generation, and never a word of anybody."""

from schemas.chat import ChatAnswered, ChatRequested, Choice, Said, Usage
from schemas.exchanges import RequestError
from schemas.images import ImageRequested, ImagesMade
from tests.unit.infra.studio import HERE, Studio

BODY = '{"model": "asked for", "messages": "secret", "temperature": 0.5, "seed": 1e400, "n": true, "top_k": 3}'


def test_a_chat_is_told_by_the_conventions_of_generation_and_never_by_its_words() -> None:
    studio = Studio()
    choice = Choice(message=Said(content="secret"), finish_reason="stop")
    usage = Usage(prompt_tokens=7, completion_tokens=3, total_tokens=10)
    answer = ChatAnswered(request="secret id", model="tiny", choices=(choice,), usage=usage)
    studio.do("chat", ChatRequested(request="secret id", body=BODY), [answer], HERE._replace(topic="chat.requests"))
    (stage,) = studio.named("chat")
    told = {name: value for name, value in (stage.attributes or {}).items() if name.startswith("gen_ai.")}
    assert told == {
        "gen_ai.operation.name": "chat", "gen_ai.output.type": "text", "gen_ai.provider.name": "chalkstream",
        "gen_ai.request.temperature": 0.5, "gen_ai.request.top_k": 3, "gen_ai.request.model": "tiny",
        "gen_ai.response.model": "tiny", "gen_ai.usage.input_tokens": 7, "gen_ai.usage.output_tokens": 3,
        "gen_ai.response.finish_reasons": ("stop",),
    }  # fmt: skip
    kept = str([span.to_json() for span in studio.spans.get_finished_spans()])
    assert "secret" not in kept and "asked for" not in kept


def test_a_request_that_is_refused_tells_no_model_and_one_for_pictures_is_one() -> None:
    studio = Studio()
    wrong = ImagesMade(request="a", error=RequestError(code="unknown_model", message="no"), model="asked for")
    for answer in (wrong, ImagesMade(request="b", model="tiny", images=())):
        studio.do("illustrate", ImageRequested(request=answer.request, body="no object"), [answer])
    found = [dict(span.attributes or {}) for span in studio.named("illustrate")]
    assert [each.get("gen_ai.request.model") for each in found] == [None, "tiny"]
    assert {each["gen_ai.operation.name"] for each in found} == {"image_generation"}
