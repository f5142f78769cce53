"""The log of decisions over REST: filtered, paged, and each with its gates, its flip, ten levels and its outcome."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from app.api.bot_answers import DecisionInFull, DecisionPage
from app.domain.bars import Bar, Interval
from app.domain.decisions import LEVELS, Decision, Gate, Logged, Opinion, Verdict, at_least, at_most
from app.domain.registry import named
from app.domain.tokens import Token
from app.runtime.house import House
from app.store.bars import SeriesKey, write_bars
from app.store.decisions import log_decisions
from app.store.sessions import open_session
from tests.api.ledger import asked, got, pit_of, refused
from tests.api.test_shapes import is_as
from tests.clock import START
from tests.runtime.houses import WETH
from tests.store.drawn import draft
from tests.store.drawn_decisions import a_decision

pytestmark = pytest.mark.asyncio(loop_scope="module")

MANY = 640
MINUTE = timedelta(minutes=1)
PRICE, HISTORY = at_least("price", 1.0, 1.0), at_least("history", 96.0, 96.0)
RISK, CALM = at_most("risk", 52.345678, 50.0), at_most("risk", 38.0, 50.0)
UNSURE = at_least("confidence", 10.0, 65.0)


def link() -> Token:
    found = named(8453, "LINK")
    assert found is not None
    return found


def weighed(session_id: str, gates: Sequence[Gate], verdict: Verdict = Verdict.SKIP, **changed: Any) -> Logged:
    """A decision about WETH at level 5 that rests on these gates."""
    views = tuple(Opinion(level, verdict, None, Decimal("12.50"), 1.23456789, float("inf"), 0.5) for level in LEVELS)
    made = Decision(5, verdict, tuple(gates), Decimal("250.00"), 61.98765, 38.0, float("-inf"))
    return replace(
        a_decision(session_id, START - 2 * timedelta(days=1), WETH), decision=made, opinions=views, **changed
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def busy(demo_house: House) -> str:
    """A session, not the one at work, whose bot has decided much; its id."""
    verdicts, gates = list(Verdict), ("risk", "confidence", None)
    mine = open_session(demo_house.store, draft(), START).id
    rows = [
        a_decision(
            mine,
            START + place // 2 * MINUTE,
            link() if place % 3 else WETH,
            place % 10 + 1,
            verdicts[place % 4],
            gates[place % 3] if place % 4 else None,
        )
        for place in range(MANY)
    ]
    log_decisions(demo_house.store, rows)
    return mine


async def every(session: str, query: str = "", limit: int = 500) -> list[dict[str, Any]]:
    """All decisions that a query finds, page by page."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await got(f"/decisions?session={session}&limit={limit}&cursor={cursor}&{query}")
        is_as(DecisionPage, page)
        assert len(page["items"]) <= limit
        found += page["items"]
        cursor = page["next_cursor"]
    return found


async def one(house: House, logged: Logged) -> dict[str, Any]:
    """A decision that is kept, as it is told in full."""
    (kept,) = log_decisions(house.store, [logged])
    found = await got(f"/decisions/{kept.id}")
    is_as(DecisionInFull, found)
    assert found == await got(f"/decisions/{kept.id}/")
    return found


async def test_decisions_come_newest_first_and_pages_leave_none_out_and_none_twice(demo: House, busy: str) -> None:
    found = await every(busy, limit=99)
    assert [item["at"] for item in found] == sorted((item["at"] for item in found), reverse=True)
    assert len({item["id"] for item in found}) == len(found) == MANY
    assert found == await every(busy, limit=500)
    assert len((await got(f"/decisions?session={busy}"))["items"]) == 50


async def test_the_session_at_work_is_meant_where_none_is_named(demo: House) -> None:
    mine = pit_of(demo).session.id
    (kept,) = log_decisions(demo.store, [a_decision(mine, START + MINUTE)])
    assert kept.id in {item["id"] for item in await every(mine)}
    assert (await got("/decisions?limit=500"))["items"] == await every(mine)
    assert await got("/decisions/?limit=1") == await got("/decisions?limit=1")


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("token=WETH", lambda item: item["symbol"] == "WETH"),
        ("token=link", lambda item: item["symbol"] == "LINK"),
        (f"token={WETH.address.lower()}", lambda item: item["token_address"] == WETH.address),
        ("verdict=SELL", lambda item: item["verdict"] == "SELL"),
        ("verdict=skip", lambda item: item["verdict"] == "SKIP"),
        ("verdict=Hold&token=WETH", lambda item: (item["verdict"], item["symbol"]) == ("HOLD", "WETH")),
        ("level=10", lambda item: item["level"] == 10),
        ("first_failed=risk", lambda item: item["first_failed"] == "risk"),
        ("since=2026-11-02T14:00:00Z", lambda item: item["at"] >= "2026-11-02T14:00"),
        ("until=2026-11-02T15:30:00%2B01:00", lambda item: item["at"] < "2026-11-02T14:30"),
    ],
)
async def test_a_filter_finds_what_fits_and_nothing_else(demo: House, busy: str, query: str, fits: Any) -> None:
    found = await every(busy, query, 77)
    assert found == [item for item in await every(busy) if fits(item)]
    assert 0 < len(found) < MANY


async def test_a_filter_that_fits_nothing_finds_nothing(demo: House, busy: str) -> None:
    assert await every(busy, "token=0x0000000000000000000000000000000000000001") == []
    assert await every(busy, "first_failed=nothing") == []
    assert await every(busy, "since=2030-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("token=NOPE", 404, "unknown_token"),
        ("token=", 404, "unknown_token"),
        ("session=s99999", 404, "unknown_session"),
        ("verdict=", 422, "malformed"),
        ("verdict=WAIT", 422, "malformed"),
        ("level=0", 422, "malformed"),
        ("level=11", 422, "malformed"),
        ("level=five", 422, "malformed"),
        ("level=5.5", 422, "malformed"),
        ("level=", 422, "malformed"),
        ("first_failed=%00", 422, "malformed"),
        ("since=yesterday", 422, "malformed"),
        ("until=2026-06-01T00:00:00", 422, "malformed"),
        ("limit=0", 422, "malformed"),
        ("limit=501", 422, "malformed"),
        ("limit=1.0", 422, "malformed"),
        ("limit=%2B5", 422, "malformed"),
        ("limit=%205", 422, "malformed"),
        ("limit=%D9%A5", 422, "malformed"),
        ("cursor=x", 422, "malformed"),
        ("cursor=0", 422, "malformed"),
        ("cursor=-1", 422, "malformed"),
        ("cursor=9999999999999999999", 422, "malformed"),
    ],
)
async def test_a_filter_or_a_cursor_that_is_none_is_refused(demo: House, query: str, status: int, code: str) -> None:
    assert refused(await asked("GET", f"/decisions?{query}")) == (status, code)


@pytest.mark.parametrize("decision_id", ["d999999", "d0", "d", "x", "1", "d1x", "D1", "%00", "d" + "9" * 5000, "🙂"])
async def test_a_decision_that_is_not_there_is_not_found(demo: House, decision_id: str) -> None:
    assert refused(await asked("GET", f"/decisions/{decision_id}")) == (404, "unknown_decision")


async def test_a_decision_has_its_gates_by_name_and_in_words(demo: House, busy: str) -> None:
    found = await one(demo, weighed(busy, (PRICE, HISTORY, RISK)))
    assert (found["verdict"], found["first_failed"], found["level"]) == ("SKIP", "risk", 5)
    assert [gate["name"] for gate in found["gates"]] == ["price", "history", "risk"]
    assert found["gates"][1] == {
        "name": "history",
        "value": "96",
        "sense": ">=",
        "threshold": "96",
        "passed": True,
        "keeps": False,
        "title": "History",
        "shown": "96 of 96 bars",
    }
    assert (found["gates"][2]["value"], found["gates"][2]["threshold"]) == ("52.3457", "50")


async def test_scores_are_rounded_text_and_what_is_infinite_is_null(demo: House, busy: str) -> None:
    found = await one(demo, weighed(busy, (PRICE, at_most("risk", float("inf"), 50.0))))
    assert (found["size_usd"], found["confidence"], found["risk"], found["opportunity"]) == (
        "250",
        "61.9877",
        "38",
        None,
    )
    assert found["gates"][1]["value"] is None
    (opinion,) = [each for each in found["levels"] if each["level"] == 7]
    assert opinion == {
        "level": 7,
        "verdict": "SKIP",
        "first_failed": None,
        "size_usd": "12.5",
        "confidence": "1.2346",
        "risk": None,
        "opportunity": "0.5",
    }


async def test_the_flip_is_the_gate_that_would_have_altered_it(demo: House, busy: str) -> None:
    found = await one(demo, weighed(busy, (PRICE, RISK)))
    assert found["flip"] == {
        "gate": "risk",
        "value": "52.3457",
        "sense": "<=",
        "threshold": "50",
        "verdict": "BUY",
        "said": found["flip_said"],
    }
    assert found["flip_said"].startswith("Would have been BUY if ")


async def test_where_no_single_gate_would_have_altered_it_the_flip_is_null_and_a_sentence_says_so(
    demo: House, busy: str
) -> None:
    found = await one(demo, weighed(busy, (PRICE, RISK, UNSURE)))
    assert (found["flip"], found["flip_said"]) == (None, "No single change would make it buy.")


async def test_a_gate_of_another_release_is_told_by_its_name(demo: House, busy: str) -> None:
    found = await one(demo, weighed(busy, (PRICE, at_least("mood", 1.0, 2.0))))
    assert (found["gates"][1]["title"], found["gates"][1]["shown"]) == ("mood", "")
    assert found["flip"]["gate"] == "mood"
    assert found["flip_said"] == "Its gate 'mood' is not one of this release."


async def test_a_decision_in_the_list_is_that_in_full_without_what_was_weighed(demo: House, busy: str) -> None:
    found = await one(demo, weighed(busy, (PRICE, CALM), Verdict.BUY, acted=True, trade_id="s1-7", said="BUY WETH."))
    (item,) = [item for item in await every(busy) if item["id"] == found["id"]]
    assert item == {name: found[name] for name in item}
    assert found.keys() - item.keys() == {"gates", "flip", "flip_said", "levels", "outcome"}
    assert (item["acted"], item["trade_id"], item["said"], item["bot"]) == (True, "s1-7", "BUY WETH.", "running")
    assert (item["price"], item["price_state"], item["price_source"]) == ("1.5", "live", "coinbase")
    assert (item["price_age_s"], item["occasion"], item["first_failed"]) == (1, "close", None)
    assert [each["level"] for each in item["verdicts"]] == list(LEVELS)


async def test_without_a_price_and_a_bar_these_are_null(demo: House, busy: str) -> None:
    bare = weighed(busy, (PRICE,), price=None, bar_at=None, source=None, age_s=None)
    found = await one(demo, bare)
    assert [found[name] for name in ("price", "bar_at", "price_source", "price_age_s")] == [None] * 4
    assert found["outcome"]["reasons"] == dict.fromkeys(
        ("after_5m_pct", "after_1h_pct", "after_24h_pct"), "There was no price when it was decided."
    )


async def test_its_outcome_is_how_the_price_has_moved_since(demo: House, busy: str) -> None:
    token = Token(8453, "0x00000000000000000000000000000000000000A1", "MOVED", "Moved", 18)
    at = START - timedelta(hours=2)
    key = SeriesKey("demo", *token.key)
    write_bars(
        demo.store, [(key, Interval.M1, bar(at + 5 * MINUTE, "1.53")), (key, Interval.M1, bar(at + 60 * MINUTE, "1.2"))]
    )
    found = await one(demo, a_decision(busy, at, token))
    assert found["outcome"] == {
        "after_5m_pct": "2",
        "after_1h_pct": "-20",
        "after_24h_pct": None,
        "reasons": {"after_24h_pct": "So much time has not passed yet."},
    }


def bar(ends: datetime, close: str) -> Bar:
    """A minute that ended then."""
    price = Decimal(close)
    return Bar(ends - MINUTE, price, price, price, price)


async def test_the_document_shows_both_calls_and_their_shapes(demo: House) -> None:
    document = await got("/openapi.json")
    names = {item["name"] for item in document["paths"]["/api/decisions"]["get"]["parameters"]}
    assert names >= {"token", "verdict", "level", "first_failed", "since", "until", "limit", "cursor", "session"}
    shapes = document["components"]["schemas"]
    for name, path in (("DecisionPage", "/api/decisions"), ("DecisionInFull", "/api/decisions/{decision_id}")):
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert schema["$ref"].rpartition("/")[2] == name
    assert {"gates", "flip", "flip_said", "levels", "outcome"} <= shapes["DecisionInFull"]["properties"].keys()
