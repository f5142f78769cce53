"""The page at /api/docs: the OpenAPI document as plain HTML, with no script and nothing from elsewhere."""

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark; --line: #c3c7d0; --soft: #5b6370; --ink: #14181f; --paper: #fff; --code: #f0f2f5; }
@media (prefers-color-scheme: dark) {
  :root { --line: #363d48; --soft: #a3acba; --ink: #e8ebf0; --paper: #12151a; --code: #1d222a; }
}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
       max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 0; padding-top: .8rem; border-top: 1px solid var(--line);
     overflow-wrap: anywhere; }
h2, code { font-family: ui-monospace, monospace; }
code { background: var(--code); padding: .1rem .3rem; border-radius: .2rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: .4rem 0 1rem; }
td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; }
caption { text-align: left; color: var(--soft); padding-top: .6rem; }
a { color: inherit; }
"""

_Node = Mapping[str, Any]
_LIMITS = {"minimum": "from", "maximum": "to", "minLength": "at least", "maxLength": "at most"}


def page(document: _Node) -> str:
    """The whole page for an OpenAPI 3.1 document."""
    title = f"{escape(document['info']['title'])} {escape(document['info']['version'])}"
    calls = "".join(
        _call(f"{method.upper()} {path}", call)
        for path, calls in document["paths"].items()
        for method, call in calls.items()
    )
    shapes = "".join(_shape(name, schema) for name, schema in document["components"]["schemas"].items())
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}: REST</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><h1>{title}: REST</h1>"
        '<p>The same as a document for programs: <a href="/api/openapi.json">/api/openapi.json</a>. Amounts, prices '
        "and percentages are decimal strings, times are ISO 8601 in UTC. Errors are "
        "<code>application/problem+json</code> with <code>type</code>, <code>title</code>, <code>status</code>, "
        f"<code>detail</code> and a stable <code>code</code>.</p>{calls}<h2>Shapes</h2>{shapes}</body></html>"
    )


def _call(title: str, call: _Node) -> str:
    parameters = [
        (f"{item['name']} ({item['in']})", _kind(item["schema"]), _note(item["schema"], item["required"]))
        for item in call.get("parameters", ())
    ]
    body = _content(call.get("requestBody", {}))
    answers = call["responses"]
    good = {status: _content(answer) for status, answer in answers.items() if status.startswith("2")}
    others = "".join(
        f"<li>{escape(status)} {_prose(answer['description'])}</li>"
        for status, answer in answers.items()
        if not status.startswith("2")
    )
    return (
        f"<h2>{escape(title)}</h2><p>{_prose(call.get('description', ''))}</p>"
        + _table("Parameters", parameters)
        + (f"<p>Body: {_kind(body)}.</p>" if body else "")
        + "".join(f"<p>Answer {escape(status)}: {_kind(schema)}.</p>" for status, schema in good.items())
        + (f"<details><summary>Other answers</summary><ul>{others}</ul></details>" if others else "")
    )


def _content(part: _Node) -> _Node:
    """The schema of a body in JSON, empty where there is none."""
    return part.get("content", {}).get("application/json", {}).get("schema", {})


def _shape(name: str, schema: _Node) -> str:
    needed = schema.get("required", ())
    fields = [
        (field, _kind(inner), _note(inner, field in needed)) for field, inner in schema.get("properties", {}).items()
    ]
    words = f"{escape(name)}. {_prose(schema.get('description', ''))}"
    values = _table(words, fields) or f"<p>{words} {_kind(schema)}</p>"
    return f'<div id="{escape(name)}">{values}</div>'


def _prose(text: str) -> str:
    """A description as HTML: what stands in backticks is code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def _kind(schema: _Node) -> str:
    """A schema in a few words of HTML: 'string', 'integer or null', 'array of ReadingShape'."""
    if "anyOf" in schema:
        return " or ".join(map(_kind, schema["anyOf"]))
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "enum" in schema:
        return escape(" | ".join(map(str, schema["enum"])))
    if schema.get("type") == "array":
        return f"array of {_kind(schema.get('items', {}))}"
    return escape(schema.get("type", "anything"))


def _note(schema: _Node, required: bool) -> str:
    words = ["required"] if required else []
    words += [f"{word} {schema[key]}" for key, word in _LIMITS.items() if key in schema]
    words += [f"default {schema['default']}"] if schema.get("default") is not None else []
    return escape(", ".join(words))


def _table(title: str, rows: Iterable[tuple[str, str, str]]) -> str:
    """`title` and the two later cells of a row are HTML, the first is text."""
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{kind}</td><td>{note}</td></tr>" for name, kind, note in rows
    )
    return f"<table><caption>{title}</caption>{cells}</table>" if cells else ""
