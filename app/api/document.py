"""The OpenAPI document, finished: what every call can answer besides what its own route says."""

from typing import Any

from app.api.etags import is_tagged

_OPEN = "/api/health"
_PROBLEM = "application/problem+json"
_JSON = "application/json"
_FIELDS: dict[str, Any] = {name: {"type": "string"} for name in ("type", "title", "detail", "code")}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "Why there is no answer: `code` is stable for programs, `detail` one plain sentence.",
    "properties": _FIELDS
    | {
        "type": {"type": "string", "pattern": "^urn:drydock:problem:[a-z0-9_]+$"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string", "pattern": "^[a-z0-9_]+$"},
    },
    "required": [*_FIELDS, "status"],
}
_SAID = {
    401: "The bearer token is missing or wrong.",
    403: "The page that asks is of another origin, or the host's name is not one that Drydock answers to.",
    404: "There is no such thing.",
    409: "The desk refuses.",
    413: "The body is larger than 1 MB.",
    422: "What was asked is malformed.",
    429: "Too often.",
    500: "Drydock made a mistake.",
    503: "Not now: the desk is not open, or what it needs does not answer.",
}
# The guard's, before any route is asked; a desk that is not open yet, or whose database refuses; a bug.
_OF_ALL = (403, 500)
_OF_ALL_BUT_HEALTH = (401, 429, 503)
_TAG = {"description": "The entity tag of the answer.", "schema": {"type": "string"}}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "Entity tags that the asker has: what is still so is answered with 304, and no body.",
    "schema": {"type": "string", "title": "If-None-Match"},
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route adds to its `responses`: the problems that it alone can have."""
    content = {_PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _SAID[status], "content": content} for status in statuses}


def finished(document: dict[str, Any]) -> dict[str, Any]:
    """The document as FastAPI wrote it, changed in place: problems, tags, and who may ask."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = _SCHEMA
    document["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    # A desk without a password and without a token asks for none.
    document["security"] = [{}, {"bearer": []}]
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            _finish(path, method, call)
    document["paths"].get(_OPEN, {}).get("get", {})["security"] = []
    return document


def _finish(path: str, method: str, call: dict[str, Any]) -> None:
    answers: dict[str, Any] = call["responses"]
    found = (*_OF_ALL, *(() if path == _OPEN else _OF_ALL_BUT_HEALTH), *_malformed(call))
    if answers.get("422", {}).get("content", {}).keys() == {_JSON}:
        del answers["422"]
    for status, problem in problems(*found).items():
        answers.setdefault(str(status), problem)
    good = answers.get("200", {})
    if method == "get" and is_tagged(path) and _JSON in good.get("content", {}):
        good["headers"] = {"ETag": _TAG} | good.get("headers", {})
        answers["304"] = {"description": "As the asker has it.", "headers": {"ETag": _TAG}}
        call["parameters"] = [*call.get("parameters", ()), _IF_NONE_MATCH]
    call["responses"] = dict(sorted(answers.items()))


def _malformed(call: dict[str, Any]) -> tuple[int, ...]:
    """What can be said of a body and of parameters: a text in a path is looked for, and not found."""
    if "requestBody" in call:
        return (413, 422)
    return (422,) if any(item["in"] == "query" for item in call.get("parameters", ())) else ()
