"""The calls of the OpenAPI document, and which of them a written path is."""

import re
from functools import cache
from typing import Any

from app.api.application import application


@cache
def document() -> dict[str, Any]:
    return application().openapi()


def calls() -> set[tuple[str, str]]:
    """All of them: ('GET', '/api/prices/{token}')."""
    return {(method.upper(), path) for path, methods in document()["paths"].items() for method in methods}


def call_of(method: str, written: str) -> tuple[str, str]:
    """The call that a path without /api is: a named part goes before one in braces."""
    path = f"/api/{written.lstrip('/').partition('?')[0]}"
    fitting = [call for call in calls() if call[0] == method and _fits(call[1], path)]
    assert fitting, f"the document has no {method} {path}"
    return min(fitting, key=lambda call: call[1].count("{"))


def _fits(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path) is not None
