"""Sessions out of files: back to the last digit, under ids of their own, and nothing at all of what cannot be."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.domain.ledger import folded
from app.domain.orders import OrderState
from app.domain.refusal import Refusal
from app.domain.session import Session
from app.runtime.audit import audited
from app.runtime.importing import SEAL, import_session
from app.store.books import closed_positions, entries
from app.store.database import Store
from app.store.equity import marks
from app.store.flattens import find_flatten
from app.store.ledger_tables import METADATA
from app.store.orders import find_order, open_orders
from app.store.sessions import ARCHIVED, last_open, session
from app.store.trades import each_trade
from tests.runtime.taken import document, exported, fresh_store, traded
from tests.store.trading_day import opened

Spoil = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with fresh_store(tmp_path_factory.mktemp("origin")) as store:
        traded(store)
        yield store


@pytest.fixture(scope="module")
def found(origin: Store) -> dict[str, Any]:
    return document(origin)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A database that many files are tried on."""
    with fresh_store(tmp_path_factory.mktemp("shared")) as store:
        yield store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with fresh_store(tmp_path) as opened_store:
        yield opened_store


def imported(store: Store, text: str) -> Session:
    outcome = import_session(store, text)
    assert isinstance(outcome, Session), outcome
    return outcome


def refused(store: Store, text: str) -> str:
    """The sentence of a refusal that left everything as it was."""
    before = counted(store)
    outcome = import_session(store, text)
    assert isinstance(outcome, Refusal), outcome
    assert counted(store) == before
    assert outcome.sentence.endswith(".") and "\n" not in outcome.sentence
    return outcome.sentence


def counted(store: Store) -> list[int]:
    with store.reading() as connection:
        return [connection.scalar(select(func.count()).select_from(table)) or 0 for table in METADATA.sorted_tables]


def bare(text: str) -> dict[str, Any]:
    """What a session holds besides its own heading and its prices."""
    return {name: rows for name, rows in json.loads(text).items() if name not in ("session", "prices")}


def test_what_is_imported_is_what_was_exported(origin: Store, store: Store) -> None:
    text = exported(origin)
    mine = imported(store, text)
    assert list(entries(store, mine.id)) == list(entries(origin, "s1"))
    assert list(each_trade(store, mine.id)) == list(each_trade(origin, "s1"))
    assert closed_positions(store, mine.id, 500) == closed_positions(origin, "s1", 500)
    assert marks(store, mine.id) == marks(origin, "s1")
    assert find_flatten(store, "flat") == find_flatten(origin, "flat")
    again = bare(exported(store, mine.id))
    waiting = next(row for row in again["orders"] if row["order_id"] == "waiting")
    assert waiting.pop("state") == "cancelled" and waiting.pop("reason") == ARCHIVED and waiting.pop("ended_at")
    assert again == _without_state_of_waiting(bare(text))
    assert document(store, mine.id)["prices"] == document(origin)["prices"]


def _without_state_of_waiting(told: dict[str, Any]) -> dict[str, Any]:
    for row in told["orders"]:
        if row["order_id"] == "waiting":
            del row["state"], row["reason"]
    return told


def test_an_imported_session_is_archived_and_says_where_it_came_from(origin: Store, store: Store) -> None:
    mine = imported(store, exported(origin))
    assert session(store, mine.id) == mine
    assert not mine.is_open and mine.ended_at == max(trade.at for trade in each_trade(origin, "s1"))
    assert last_open(store, "demo") is None and open_orders(store, mine.id) == []
    assert mine.note.startswith("Imported: it was session s1 of another desk (2026-06-01), exported by Drydock ")
    assert mine.settings[SEAL] and mine.hold and mine.name == "A long day"


async def test_the_audit_of_an_imported_session_finds_nothing(origin: Store, store: Store) -> None:
    found = await audited(store, imported(store, exported(origin)), None)
    assert found.balanced and found.entries == 81


def test_ids_that_are_taken_are_given_anew_throughout(origin: Store, store: Store) -> None:
    present = opened(store)
    traded(store, 5)
    before = list(each_trade(store, "s2"))
    mine = imported(store, exported(origin))
    assert mine.id == "s3"
    trades = list(each_trade(store, mine.id))
    assert {trade.account_id for trade in trades} == {"s3"} and trades[0].id == "s3-2"
    assert list(each_trade(store, "s2")) == before and list(entries(store, present.id))[1:] == []
    order = find_order(store, "import-3-waiting")
    assert order is not None and (order.account_id, order.state) == ("s3", OrderState.CANCELLED)
    ours = find_order(store, "waiting")
    assert ours is not None and (ours.account_id, ours.state) == ("s2", OrderState.OPEN)
    flatten = find_flatten(store, "import-3-flat")
    assert flatten is not None and flatten.account_id == "s3" and flatten.refusals is not None
    assert {child for child, _ in flatten.orders} >= set(flatten.refusals) == {"flat-1"}
    # The trades' own orders were not taken: they are called as before.
    assert trades[0].order_id == "s1/1"
    ordered = find_order(store, "s1/1")
    assert ordered is not None and ordered.trade_id == "s3-2"


def test_a_session_can_come_back_to_the_desk_that_it_was_exported_from(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        traded(store, 30)
        mine = imported(store, exported(store))
        assert folded("s1", entries(store, mine.id)) == folded("s1", entries(store, "s1"))
        assert all(trade.order_id.startswith("import-2-") for trade in each_trade(store, mine.id))


def test_ids_that_were_made_to_clash_with_new_ones_do_not(origin: Store, store: Store) -> None:
    traded(store, 5)
    clashing = document(origin)
    next(row for row in clashing["orders"] if row["order_id"] == "gone")["order_id"] = "import-2-waiting"
    mine = imported(store, json.dumps(clashing))
    found = [find_order(store, name) for name in ("import-2-waiting", "import-2-import-2-waiting")]
    assert [order.account_id for order in found if order] == [mine.id, mine.id]


def test_the_same_file_is_imported_once(origin: Store, store: Store) -> None:
    text = exported(origin)
    imported(store, text)
    assert refused(store, text) == "This file has been imported already."
    assert imported(store, text + "\n").id == "s2"


def test_how_far_it_has_come_is_told_up_to_the_end(origin: Store, store: Store) -> None:
    told: list[tuple[int, int]] = []
    import_session(store, exported(origin), lambda done, all_: told.append((done, all_)))
    assert told == sorted(told) and told[-1][0] == told[-1][1] > 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        ("timestamp,open\n1,2", "not JSON"),
        ("[" * 200_000, "not JSON"),
        ('{"format":' * 200_000, "not JSON"),
        ("9" * 10_000, "not JSON"),
        ("[]", "not a session that Drydock exported"),
        ('"drydock session"', "not a session that Drydock exported"),
        ('{"format":"drydock session","version":2}', "of version '2'"),
        ('{"format":"drydock session","version":1}', "no list of tokens"),
        ('{"format":"drydock session","version":1,"tokens":[NaN]}', "not JSON"),
        ('{"format":"drydock session","version":1,"tokens":[1e999]}', "a token in it is not an object"),
        ('{"format":"drydock session","version":1,"tokens":[],"session":[]}', "the session in it is not an object"),
        ('{"format":"drydock session","version":1,"name":"\ud800"}', "not UTF-8"),
    ],
)
def test_what_is_no_session_is_refused_in_a_sentence(shared: Store, text: str, why: str) -> None:
    assert why in refused(shared, text)


def first(name: str, **values: Any) -> Spoil:
    return lambda found: found[name][0].update(values)


def last_trade(**values: Any) -> Spoil:
    return lambda found: found["trades"][-1].update(values)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda found: found["entries"][3]["postings"][0].__setitem__(2, "-1.5"), "does not sum to zero"),
        (lambda found: found["entries"].pop(), "are not those of its entries"),
        (lambda found: found["entries"].reverse(), "not a deposit"),
        (lambda found: found["entries"].clear(), "has no entries"),
        (first("entries", at="2026-05-01T00:00:00.000Z", number=2), "cannot follow"),
        (lambda found: found["trades"].pop(), "are not those of its entries"),
        (first("trades", number=3), "are not those of its entries"),
        (first("trades", value="1"), "is not what its entry says"),
        (first("trades", gas_usd="1"), "is not what its entry says"),
        (first("trades", at="2026-06-01T00:00:08.000Z"), "is not what its entry says"),
        (first("trades", realized_pnl="100"), "is not what its entry says"),
        (first("trades", status="reverted"), "is not what its entry says"),
        (first("trades", order_id="nobody's"), "has no order that led to it"),
        (first("trades", token_address="0x0"), "does not describe"),
        (first("trades", quantity=1), "the quantity of a trade in it is not a number"),
        (first("trades", quantity=1.5), "the quantity of a trade in it is not a number"),
        (first("trades", quantity="1e5"), "the quantity of a trade in it is not a number"),
        (first("trades", quantity="NaN"), "the quantity of a trade in it is not a number"),
        (first("trades", quantity="9" * 61), "the quantity of a trade in it is not a number"),
        (first("trades", quantity=None), "the quantity of a trade in it is not a number"),
        (first("trades", grade="D"), "the grade of a trade in it is none of A, B, C"),
        (first("trades", grade=["A"]), "the grade of a trade in it is none of A, B, C"),
        (first("trades", reason="\ud800"), "the reason of a trade in it is not a text"),
        (first("trades", reason="\0"), "the reason of a trade in it is not a text"),
        (first("trades", reason="x" * 20_000), "the reason of a trade in it is not a text"),
        (first("trades", at="yesterday"), "the at of a trade in it is not a time"),
        (first("trades", at="2026-13-01T00:00:00.000Z"), "the at of a trade in it is"),
        (first("trades", account_id="s2"), "of no account in it"),
        (first("accounts", cash="1000001"), "do not come to what it says"),
        (first("accounts", id="s1x"), "of no account in it"),
        (first("accounts", kind="shadow"), "not exactly one account of a person"),
        (lambda found: found["accounts"].append(found["accounts"][0]), "two accounts in it have one id"),
        (lambda found: found["accounts"][0]["positions"].pop(), "do not come to the positions"),
        (lambda found: found["closed"].pop(), "are not those that its entries closed"),
        (first("closed", realized="1"), "are not those that its entries closed"),
        (lambda found: found["orders"].append(found["orders"][0]), "more than one order in it"),
        (lambda found: found["orders"][-1].update(trade_id="s1-2"), "claims a trade that is not its own"),
        (lambda found: found["equity"].append(found["equity"][0]), "more than one mark"),
        (lambda found: found["equity"].reverse(), "not in the order of time"),
        (lambda found: found["flattens"].append(found["flattens"][0]), "more than one flattening"),
        (lambda found: found["session"].update(chain_id=5), "its chain 5 is not one that Drydock knows"),
        (lambda found: found["session"].update(market="replay:../x"), "its market is neither"),
        (lambda found: found["session"].update(starting_balance="2000000"), "not its starting balance"),
        (lambda found: found["session"].update(ended_at="2026-05-31T00:00:00.000Z"), "ended before it began"),
        (lambda found: found["session"].update(settings={"a": 1}), "the settings of the session in it is not a text"),
        (lambda found: found["session"].update(hold={"0x0": "0"}), "the hold of the session in it is not above zero"),
        (lambda found: found.update(equity={}), "no list of equity"),
    ],
)
def test_a_file_that_was_tampered_with_is_refused_for_what_is_wrong(
    shared: Store, found: dict[str, Any], spoil: Spoil, why: str
) -> None:
    spoiled = copy.deepcopy(found)
    spoil(spoiled)
    assert why in refused(shared, json.dumps(spoiled))


HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2**70),
    st.floats(allow_nan=False),
    st.sampled_from(["", "-1", "0", "1e9", "9" * 60, "s1", "s1-2", "2026-06-01T00:00:00.000Z", "\ud800", "'--"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@settings(deadline=None, max_examples=150)
@given(way=st.lists(st.integers(0, 10_000), min_size=1, max_size=5), value=HOSTILE)
def test_whatever_one_value_is_changed_to_the_books_balance_or_nothing_is_written(
    shared: Store, found: dict[str, Any], way: list[int], value: object
) -> None:
    spoiled = copy.deepcopy(found)
    *steps, last = way
    place: Any = spoiled
    for step in steps:
        inner = place[_key(place, step)]
        place = inner if isinstance(inner, dict | list) and inner else place
    place[_key(place, last)] = value
    before = counted(shared)
    outcome = import_session(shared, json.dumps(spoiled))
    if isinstance(outcome, Refusal):
        assert counted(shared) == before
        return
    account = folded(outcome.id, entries(shared, outcome.id))
    assert account.residual == 0 and account.deposits == outcome.starting_balance
    assert session(shared, outcome.id) == outcome


def _key(place: Any, number: int) -> Any:
    keys = range(len(place)) if isinstance(place, list) else sorted(place)
    return keys[number % len(keys)]
