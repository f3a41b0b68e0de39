"""``/docs``: the OpenAPI document as a plain page, escaped, without a script."""

from typing import Any, Final

from jinja2 import Environment

TEMPLATE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{ title }}: HTTP API</title><link rel="stylesheet" href="/web/reference.css"></head><body><main>
<h1>{{ title }}: HTTP API</h1><p>{{ about }}</p>
<p><a href="/openapi.json">OpenAPI</a> · <a href="/asyncapi">AsyncAPI of the topics</a> · <a href="/">Page</a></p>
{% for group, routes in groups %}<h2>{{ group }}</h2>
{% for route in routes %}
<details><summary><code>{{ route.method }} {{ route.path }}</code> {{ route.summary }}</summary>
<p>{{ route.about }}</p>
{% if route.parameters %}<table><caption>Parameters</caption><tr><th>name</th><th>in</th><th>what</th></tr>
{% for each in route.parameters %}<tr><td><code>{{ each.name }}</code></td><td>{{ each.place }}</td>
<td>{{ each.about }}</td></tr>{% endfor %}</table>{% endif %}
{% if route.body %}<h3>Body</h3><pre>{{ route.body }}</pre>{% endif %}
<table><caption>Answers</caption><tr><th>status</th><th>what</th></tr>
{% for status, what in route.answers %}<tr><td>{{ status }}</td><td>{{ what }}</td></tr>{% endfor %}</table>
</details>{% endfor %}{% endfor %}</main></body></html>
"""
_PAGE: Final = Environment(autoescape=True).from_string(TEMPLATE)


def page(document: dict[str, Any]) -> str:
    """HTML of an OpenAPI document."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            groups.setdefault(route.get("tags", ["other"])[0], []).append(_route(path, method, route))
    info = document["info"]
    return _PAGE.render(title=info["title"], about=info.get("description", ""), groups=list(groups.items()))


def _route(path: str, method: str, route: dict[str, Any]) -> dict[str, Any]:
    parameters = [
        {"name": each["name"], "place": each["in"], "about": each.get("description", "")}
        for each in route.get("parameters", ())
    ]
    return {
        "path": path, "method": method.upper(), "summary": route.get("summary", ""),
        "about": route.get("description", ""), "parameters": parameters, "body": _body(route),
        "answers": [(status, each.get("description", "")) for status, each in sorted(route["responses"].items())],
    }  # fmt: skip


def _body(route: dict[str, Any]) -> str:
    lines = []
    for kind, each in route.get("requestBody", {}).get("content", {}).items():
        schema = each.get("schema", {})
        lines.append(f"{kind} {schema.get('$ref', '').rpartition('/')[2]}".rstrip())
        lines += [f"  {name}: {what.get('description', '')}" for name, what in schema.get("properties", {}).items()]
    return "\n".join(lines)
