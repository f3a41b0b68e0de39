"""Whether a changed JSON Schema of a fact still serves those who read and wrote by the old one. Pure.

New optional fields are fine. A field that is gone, has another type, is newly required (old records lack it) or is
no longer always there (readers rely on it) breaks somebody: such a fact gets a new version beside the old one.
"""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]


def breaks(old: Schema, new: Schema) -> list[str]:
    """What breaks, each in a line that begins with the field."""
    return list(_breaks(old, new, old, new, "", frozenset()))


def _breaks(old: Schema, new: Schema, olds: Schema, news: Schema, at: str, seen: frozenset[str]) -> Iterator[str]:
    if (ref := old.get("$ref")) and ref == new.get("$ref") and ref in seen:
        return
    seen |= {ref} if ref else set()
    old, new = _resolved(old, olds), _resolved(new, news)
    was, now = _types(old, olds), _types(new, news)
    if was - now:
        yield f"{at or 'the fact'}: was {', '.join(sorted(was))}, is {', '.join(sorted(now)) or 'anything else'}"
        return
    yield from _fields(old, new, olds, news, at, seen)
    for part in ("items", "additionalProperties"):
        if isinstance(old.get(part), dict) and isinstance(new.get(part), dict):
            yield from _breaks(old[part], new[part], olds, news, f"{at}[]", seen)
    for one in old.get("anyOf", ()):
        match = [each for each in new.get("anyOf", [new]) if _types(one, olds) & _types(each, news)]
        if len(match) == 1:
            yield from _breaks(one, match[0], olds, news, at, seen)


def _fields(old: Schema, new: Schema, olds: Schema, news: Schema, at: str, seen: frozenset[str]) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    required, requires = set(old.get("required", ())), set(new.get("required", ()))
    for name in before:
        where = f"{at}.{name}".lstrip(".")
        if name not in after:
            yield f"{where}: is gone"
            continue
        if name in requires - required:
            yield f"{where}: is newly required"
        elif name in required - requires:
            yield f"{where}: is no longer always there"
        yield from _breaks(before[name], after[name], olds, news, where, seen)
    for name in sorted(requires - set(before)):
        yield f"{at}.{name}: is newly required".lstrip(".")


def _resolved(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def _types(schema: Schema, root: Schema) -> set[str]:
    """The JSON types, and the values of an enumeration, that may stand there."""
    schema = _resolved(schema, root)
    if "anyOf" in schema:
        return set().union(*(_types(each, root) for each in schema["anyOf"]))
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if values:
        return {repr(value) for value in values}
    return {schema["type"]} if "type" in schema else set()
