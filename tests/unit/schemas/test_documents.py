"""What is said to the outside stays true: exported documents are those of the code, and old records are still read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas import envelope
from schemas.chat import read_chat
from schemas.compatibility import breaks
from schemas.events import JobControl, UploadNotified
from schemas.exchanges import ChatLimits, ImageLimits, Requested
from schemas.images import read_image
from schemas.topics import TOPICS
from streams import asyncapi
from streams.commands.schemas import documents, export, text

EXPORT = Path("schemas/export")
RELEASED = sorted(Path("tests/data/events").glob("v*/*.json"))
READERS: dict[str, Callable[[str], Any]] = {
    "chat-requested": lambda body: read_chat(body, ChatLimits()),
    "image-requested": lambda body: read_image(body, ImageLimits()),
}


@pytest.fixture(scope="module")
def made() -> dict[str, dict[str, Any]]:
    return documents()


def test_the_exported_documents_are_those_of_the_code(made: dict[str, dict[str, Any]]) -> None:
    there = {path.name: path.read_text("utf-8") for path in EXPORT.glob("*.json")}
    stale = [name for name, document in made.items() if there.get(name) != text(document)]
    assert stale == [], "run: chalkstream schemas"
    assert there.keys() == made.keys(), "a document of a fact that is gone: facts are kept for one release"


def test_every_topic_and_every_fact_stands_in_the_asyncapi_document(made: dict[str, dict[str, Any]]) -> None:
    document = made["asyncapi.json"]
    assert document["asyncapi"] == "3.0.0"
    assert set(document["channels"]) == set(TOPICS)
    told = " ".join(channel["description"] for channel in document["channels"].values())
    assert all(name in told for name in asyncapi.kinds())
    actions = {operation["channel"]["$ref"].rpartition("/")[2]: operation["action"] for operation in _all(document)}
    assert {name for name, action in actions.items() if action == "receive"} == asyncapi.TAKEN


def _all(document: dict[str, Any]) -> list[dict[str, Any]]:
    return list(document["operations"].values())


def test_references_of_the_asyncapi_document_lead_somewhere(made: dict[str, dict[str, Any]]) -> None:
    document = made["asyncapi.json"]
    references = _references(document)
    assert references
    for reference in references:
        here: Any = document
        for part in reference.removeprefix("#/").split("/"):
            here = here[part]
        assert here is not None


def _references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(_references(each) for each in value.values()))
    return set().union(*(_references(each) for each in value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_records_of_released_versions_are_read_and_are_still_the_same_facts(path: Path) -> None:
    record = json.loads(path.read_text("utf-8"))
    headers = [(name, value.encode()) for name, value in record["headers"].items()]
    event = envelope.read(record["topic"], headers, record["key"].encode(), record["value"].encode(), 0, 0)
    assert event is not None
    assert event.fact == path.stem
    if isinstance(event, Requested):
        assert (event.request, event.body) == (record["headers"]["ce_id"], record["value"])
        assert READERS[event.fact](event.body)
    elif not isinstance(event, UploadNotified):
        assert event.id == record["headers"]["ce_id"]
        assert event.key == record["key"]
        written = json.loads(envelope.value(event))
        assert {name: written[name] for name in json.loads(record["value"])} == json.loads(record["value"])


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_records_of_released_versions_keep_the_exported_schema(path: Path) -> None:
    schema = json.loads((EXPORT / f"{path.stem}.{path.parent.name}.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(json.loads(json.loads(path.read_text("utf-8"))["value"]))


def test_every_fact_of_this_version_has_been_recorded() -> None:
    recorded = {f"io.chalkstream.{path.stem}.{path.parent.name}" for path in RELEASED}
    assert asyncapi.kinds().keys() <= recorded


SCHEMA: dict[str, Any] = {
    "$defs": {"W": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}},
    "type": "object",
    "required": ["job"],
    "properties": {
        "job": {"type": "string"},
        "index": {"type": "integer"},
        "error": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "state": {"enum": ["done", "failed"], "type": "string"},
        "words": {"type": "array", "items": {"$ref": "#/$defs/W"}},
    },
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The schema with the thing under the dotted path replaced; None removes it."""
    schema = json.loads(json.dumps(SCHEMA))
    here, *_, last = (schema, *path.split("."))
    for part in path.split(".")[:-1]:
        here = here[part]
    here.update({last: value}) if value is not None else here.pop(last)
    return schema


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (changed("properties.index", None), "index: is gone"),
        (changed("properties.index", {"type": "string"}), "index: was integer, is string"),
        (changed("required", ["job", "index"]), "index: is newly required"),
        (changed("required", []), "job: is no longer always there"),
        (changed("properties.error", {"type": "string"}), "error: was null, string, is string"),
        (changed("properties.state", {"enum": ["done"], "type": "string"}), "state: was 'done', 'failed', is 'done'"),
        (changed("$defs.W.properties.text", {"type": "number"}), "words[].text: was string, is number"),
        (changed("$defs.W.required", ["text", "start"]), "words[].start: is newly required"),
    ],
)
def test_what_breaks_readers_is_named(schema: dict[str, Any], said: str) -> None:
    assert breaks(SCHEMA, schema) == [said]


def test_a_renamed_field_is_one_that_is_gone() -> None:
    renamed = changed("properties.number", {"type": "integer"})
    del renamed["properties"]["index"]
    assert breaks(SCHEMA, renamed) == ["index: is gone"]


@pytest.mark.parametrize(
    "schema",
    [
        SCHEMA,
        changed("properties.new", {"type": "string"}),
        changed("properties.state", {"enum": ["done", "failed", "lost"], "type": "string"}),
        changed("properties.index", {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
    ],
)
def test_what_breaks_nobody_is_fine(schema: dict[str, Any]) -> None:
    assert breaks(SCHEMA, schema) == []


def test_our_own_schemas_are_compared_with_all_their_parts(made: dict[str, dict[str, Any]]) -> None:
    for name, schema in made.items():
        assert breaks(schema, schema) == [], name
    other = json.loads(json.dumps(made["speech-transcribed.v1.json"]))
    del other["$defs"]["Word"]["properties"]["probability"]
    assert breaks(made["speech-transcribed.v1.json"], other) == ["segments[].words[].probability: is gone"]


def test_a_breaking_change_is_not_exported(tmp_path: Path) -> None:
    name = f"{JobControl.fact}.v1.json"
    before = json.loads((EXPORT / name).read_text("utf-8"))
    before["properties"]["reason"] = {"type": "string"}
    (tmp_path / name).write_text(json.dumps(before))
    with pytest.raises(Exception, match="reason: is gone"):
        export(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
