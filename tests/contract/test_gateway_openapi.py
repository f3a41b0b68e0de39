"""Whatever is sent to a route, by its own description: no bug answers, and nothing that is not documented."""

from dataclasses import replace
from functools import cache
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from processors.recipes import RESULTS
from schemas.chat import ChatAnswered, ChatRequested
from schemas.errors import ErrorInfo
from schemas.exchanges import Exchange, Requested, RequestError
from schemas.images import ImagesMade
from streams.gateway.app import application
from streams.gateway.site import Site
from streams.gateway.views import EXAMPLE
from tests.unit.streams.gateway import kit

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
CHECKS: Final = (
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
)  # fmt: skip
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
NAME: Final = str(EXAMPLE["job"])


def site() -> Site:
    """With the job of the examples, which has ended and has files."""
    made = kit.site(keys=True, GATEWAY__RATE="1000000", GATEWAY__PRIVATE_WEBHOOKS="true")
    kit.job(made, NAME, state="done", progress=1.0, languages={"fr": "done", "en": "done"}, duration=10.0)
    data = b"1\n00:00:01,000 --> 00:00:02,000\nBonjour\n"
    made.backend.bench.store.put(RESULTS, f"default/{NAME}/talk.fr.srt", data)
    kit.backend(made).fails = ErrorInfo(code="unsupported_format", message="no media")
    kit.backend(made).answers = answers
    bench = made.backend.bench
    made.backend.bench = replace(bench, open_source=lambda _: Byte())
    return made


def answers(request: Requested) -> list[Exchange]:
    """A refusal, which every request may get."""
    error = RequestError(code="unknown_model", message="no such model", param="model")
    kind = ChatAnswered if isinstance(request, ChatRequested) else ImagesMade
    return [kind(request=request.request, tenant=request.tenant, error=error)]


class Byte:
    """Implements ``ByteSource``: as much as the fake plan says."""

    size = 1

    def read(self, offset: int, length: int) -> bytes:
        return b"x"[offset : offset + length]

    def close(self) -> None: ...


@cache
def described() -> Any:
    """The description, loaded once."""
    return schemathesis.openapi.from_dict(_document())


@cache
def _document() -> dict[str, Any]:
    with kit.client(kit.site()) as client:
        found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def operations() -> list[tuple[str, str]]:
    return [(method.upper(), path) for path, methods in _document()["paths"].items() for method in methods]


@pytest.mark.parametrize(("method", "path"), operations(), ids=lambda each: str(each))
def test_no_answer_is_a_bug_or_undocumented(method: str, path: str) -> None:
    operation = described()[path][method]
    made = site()
    served = application(made)
    headers = {"Authorization": f"Bearer {kit.key(made, role='admin')}"}

    @given(operation.as_strategy())
    @settings(
        max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
    )
    def asked(case: Any) -> None:
        if made.backend.board.is_gone(NAME):
            made.backend.board = type(made.backend.board)()
            kit.job(made, NAME, state="done", progress=1.0, languages={"fr": "done"})
        response = case.call(app=served, headers=headers, base_url="http://localhost")
        case.validate_response(response, checks=CHECKS)

    asked()
