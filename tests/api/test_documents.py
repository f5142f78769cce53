"""The OpenAPI document and the page made from it: true to the routes, and in need of nothing from elsewhere."""

import asyncio
import re
import threading
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from pydantic import BaseModel, ConfigDict

from app.api.application import application
from tests.api.doors import caller

CALLS = {
    ("get", "/api/health"),
    ("get", "/api/prices"),
    ("get", "/api/prices/{token}"),
    ("get", "/api/prices/{token}/bars"),
    ("get", "/api/tokens"),
    ("post", "/api/tokens"),
    ("delete", "/api/tokens/{address}"),
    ("get", "/api/sources"),
    ("get", "/api/account"),
    ("get", "/api/positions"),
    ("patch", "/api/positions/{token}"),
    ("get", "/api/trades"),
    ("get", "/api/trades.csv"),
    ("post", "/api/orders/preview"),
    ("post", "/api/orders"),
    ("get", "/api/orders"),
    ("get", "/api/orders/{order_id}"),
    ("delete", "/api/orders/{order_id}"),
    ("post", "/api/flatten"),
    ("get", "/api/sessions"),
    ("post", "/api/sessions"),
    ("get", "/api/sessions/compare"),
    ("get", "/api/sessions/{session_id}"),
    ("get", "/api/sessions/{session_id}/export"),
    ("get", "/api/audit"),
    ("get", "/api/equity"),
    ("get", "/api/performance"),
    ("get", "/api/bot"),
    ("post", "/api/bot"),
    ("put", "/api/bot/level"),
    ("put", "/api/bot/config"),
    ("get", "/api/levels"),
    ("get", "/api/decisions"),
    ("get", "/api/decisions/{decision_id}"),
    ("get", "/api/logs"),
    ("get", "/api/alerts"),
    ("get", "/api/stream"),
    ("get", "/metrics"),
}


async def fetched(path: str) -> httpx.Response:
    async with caller() as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    return answer


async def document() -> Any:
    return (await fetched("/api/openapi.json")).json()


def parts(node: Any) -> list[dict[str, Any]]:
    """Every object in a document."""
    if isinstance(node, dict):
        return [node, *(part for inner in node.values() for part in parts(inner))]
    return [part for inner in node for part in parts(inner)] if isinstance(node, list) else []


async def test_the_document_lists_every_call_and_no_other() -> None:
    paths = (await document())["paths"]
    assert {(method, path) for path, calls in paths.items() for method in calls} == CALLS


async def test_the_document_is_openapi_as_programs_expect_it() -> None:
    text = await document()
    assert text["openapi"].startswith("3.1.")
    assert {"title", "version"} <= text["info"].keys()
    calls = [(path, call) for path, methods in text["paths"].items() for call in methods.values()]
    names = [call["operationId"] for _, call in calls]
    assert len(names) == len(set(names))
    for path, call in calls:
        assert call["responses"]
        assert all("description" in answer for answer in call["responses"].values())
        inside = {item["name"] for item in call.get("parameters", []) if item["in"] == "path"}
        assert inside == set(re.findall(r"{(\w+)}", path))
    for part in parts(text):
        if "$ref" in part:
            assert part["$ref"].rpartition("/")[2] in text["components"]["schemas"]


async def test_the_document_says_that_errors_are_problems() -> None:
    text = await document()
    for path, calls in text["paths"].items():
        for call in calls.values():
            errors = {status: answer for status, answer in call["responses"].items() if status >= "4"}
            assert errors.keys() >= ({"403", "500"} if path == "/api/health" else {"401", "403", "429", "500", "503"})
            assert "421" not in errors and "host" in errors["403"]["description"]
            assert ("requestBody" not in call) or errors.keys() >= {"413", "422"}
            for error in errors.values():
                assert error["content"].keys() == {"application/problem+json"}
    assert not {"HTTPValidationError", "ValidationError"} & text["components"]["schemas"].keys()


async def test_the_document_names_every_answer_and_the_shape_of_each_that_is_good() -> None:
    for calls in (await document())["paths"].values():
        for call in calls.values():
            assert all(re.fullmatch("[1-5][0-9]{2}", status) for status in call["responses"])
            good = [answer for status, answer in call["responses"].items() if status.startswith("2")]
            assert good
            for answer in good:
                assert answer["content"]
                assert all(content["schema"] for content in answer["content"].values())


async def test_the_document_says_which_reads_have_a_tag() -> None:
    paths = (await document())["paths"]
    for path, calls in paths.items():
        for method, call in calls.items():
            json = "application/json" in call["responses"].get("200", {}).get("content", {})
            tagged = method == "get" and json and path != "/api/health" and not path.endswith("/export")
            assert ("304" in call["responses"]) == tagged, path
            assert ("If-None-Match" in {item["name"] for item in call.get("parameters", [])}) == tagged, path


async def test_amounts_are_strings_in_the_document_too() -> None:
    shapes = (await document())["components"]["schemas"]
    assert shapes["BarShape"]["properties"]["close"]["type"] == "string"
    assert {option["type"] for option in shapes["PriceShape"]["properties"]["price"]["anyOf"]} == {"string", "null"}


class Page(HTMLParser):
    """What of a page a browser would fetch or run, and which tags are left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[tuple[str, str | None]] = []
        self.tags: set[str] = set()
        self.ids: set[str] = set()
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.fetched += [(name, value) for name, value in attrs if name in ("src", "href", "action", "style")]
        self.ids |= {value for name, value in attrs if name == "id" and value}
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


async def test_the_docs_are_a_page_without_script_that_needs_nothing_from_elsewhere() -> None:
    answer = await fetched("/api/docs")
    assert answer.headers["content-type"].startswith("text/html")
    found = Page(answer.text)
    assert not {"script", "link", "img", "iframe"} & found.tags
    addresses = {value for _, value in found.fetched if value and not value.startswith("#")}
    assert addresses == {"/api/openapi.json"}
    assert {value[1:] for _, value in found.fetched if value and value.startswith("#")} <= found.ids
    assert "url(" not in answer.text
    assert "@import" not in answer.text


async def test_the_docs_are_readable_in_dark_and_in_light() -> None:
    text = (await fetched("/api/docs/")).text
    assert "color-scheme: light dark" in text
    assert "prefers-color-scheme: dark" in text


async def test_the_docs_name_every_call_every_parameter_and_every_field() -> None:
    text = (await fetched("/api/docs")).text
    for method, path in CALLS:
        assert f"<h2>{method.upper()} {path}</h2>" in text
    fields = {name for part in parts(await document()) for name in part.get("properties", {})}
    assert {name for name in fields if f"<code>{name}</code>" not in text} == set()
    assert "from 1, to 500, default 50" in text
    assert "<li>409 The desk refuses.</li>" in text
    assert "`" not in text


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x>'])
def test_the_docs_show_any_text_as_text(hostile: str) -> None:
    from app.api import docs

    text = application().openapi()
    text["info"]["title"] = hostile
    text["paths"]["/api/health"]["get"]["description"] = hostile
    text["components"]["schemas"]["Health"]["description"] = hostile
    assert not {"script", "img"} & Page(docs.page(text)).tags


@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/docs"])
async def test_the_document_is_made_once_and_not_on_the_event_loop(path: str) -> None:
    made = list[int]()

    class Noted(BaseModel):
        model_config = ConfigDict(json_schema_extra=lambda _: made.append(threading.get_ident()))

    api = application()
    api.get("/api/noted", response_model=Noted)(lambda: None)
    transport = httpx.ASGITransport(api)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        answers = await asyncio.gather(*(client.get(path) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({answer.text for answer in answers}) == 1 and "Noted" in answers[0].text
    assert len(set(made)) == 1 and threading.get_ident() not in made
