"""Records as others meet them on the wire, held against what is published about them: JSON Schemas and AsyncAPI."""

import json
from collections import Counter
from typing import Any

from jsonschema import Draft202012Validator

from schemas.envelope import texts
from streams.commands.schemas import documents
from tests.connected.site import Site


def check_facts(site: Site, prefix: str) -> Counter[str]:
    """Validate every record that says its type on topics of this prefix; how many there were of each fact."""
    schemas, found = documents(), Counter[str]()
    for channel in schemas["asyncapi.json"]["channels"]:
        for record in site.records(channel) if channel.startswith(prefix) and channel != "media.uploads" else ():
            if kind := texts(record.headers).get("ce_type", "").removeprefix("io.chalkstream."):
                value = json.loads(record.value)
                Draft202012Validator(schemas[f"{kind}.json"]).validate(value)
                of_channel(schemas["asyncapi.json"], channel).validate(value)
                found[kind.rpartition(".v")[0]] += 1
    return found


def of_channel(document: dict[str, Any], channel: str) -> Draft202012Validator:
    """What the AsyncAPI document says that a record of this topic is."""
    (message,) = document["channels"][channel]["messages"].values()
    payload = document["components"]["messages"][message["$ref"].rpartition("/")[2]]["payload"]
    return Draft202012Validator({**payload, "components": document["components"]})
