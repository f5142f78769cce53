"""What was edited in a file is refused where it could not have come about: results, figures, times and names."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.domain.session import Session
from app.runtime.importing import import_session
from app.store.database import Store
from tests.runtime.taken import document, fresh_store, traded
from tests.runtime.test_importing import imported, refused

Found = dict[str, Any]
Spoil = Callable[[Found], object]

MARKS = "is not what its entries allow"
FIGURES = "do not follow from each other"
FAR = "9999-12-31T23:59:59.999Z"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with fresh_store(tmp_path_factory.mktemp("shared")) as store:
        yield store


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    with fresh_store(tmp_path_factory.mktemp("origin")) as store:
        traded(store)
        return document(store)


def holding_nothing(found: Found) -> Found:
    """A mark before anything was bought, and one of later, as the desk makes them."""
    first = {"account_id": "s1", "at": found["session"]["started_at"], "equity": "1000000", "cash": "1000000"}
    found["equity"] = [first | {"highest": "1000000", "deepest_pct": "0"}, found["equity"][-1]]
    found["equity"][1] |= {"highest": "1000001", "deepest_pct": "5"}
    return found


def mark(place: int, **values: Any) -> Spoil:
    return lambda found: holding_nothing(found)["equity"][place].update(values)


def priced(equity: str, **values: Any) -> Spoil:
    """A last mark of this equity, in a file that has a bar of each token at the price of its first trade."""

    def spoil(found: Found) -> None:
        for each in found["prices"]:
            of = ("symbol", "token_address")
            price = next(row["price"] for row in found["trades"] if all(row[name] == each[name] for name in of))
            prices = dict.fromkeys(("open", "high", "low", "close"), price)
            each["bars"] = [
                {"interval": "1h", "at": "2026-06-01T00:00:00.000Z", "volume": "0", "origin": "demo"} | prices
            ]
        mark(-1, equity=equity, **values)(found)

    return spoil


def unremembered(place: int) -> Spoil:
    return lambda found: holding_nothing(found)["equity"][place].pop("highest")


def trade(status: str = "filled", side: str = "buy", **values: Any) -> Spoil:
    def spoil(found: Found) -> None:
        next(row for row in found["trades"] if (row["status"], row["side"]) == (status, side)).update(values)

    return spoil


def order(which: str = "filled", **values: Any) -> Spoil:
    return lambda found: next(row for row in found["orders"] if row["state"] == which).update(values)


def bar(**values: Any) -> Spoil:
    return lambda found: next(each["bars"] for each in found["prices"] if each["bars"])[-1].update(values)


def flatten(**values: Any) -> Spoil:
    return lambda found: found["flattens"][0]["orders"][-1].update(values)


def test_the_marks_of_an_account_that_held_nothing_are_its_cash(shared: Store, found: Found) -> None:
    assert isinstance(imported(shared, json.dumps(holding_nothing(copy.deepcopy(found)))), Session)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        # What it was worth.
        (mark(0, equity="1000001", highest="1000001"), MARKS),
        (mark(0, equity="1"), MARKS),
        (mark(-1, equity="-5"), MARKS),
        (mark(-1, equity="1"), MARKS),
        (mark(-1, cash="1", equity="1000000"), MARKS),
        (priced("100000000"), MARKS),
        (priced("100000000", highest="100000000"), MARKS),
        (mark(-1, cash="1000000", equity="1000000"), MARKS),
        (mark(0, highest="900000"), MARKS),
        (mark(-1, deepest_pct="-50"), MARKS),
        (mark(-1, deepest_pct="100.1"), MARKS),
        (mark(-1, hold="-1"), MARKS),
        (unremembered(0), MARKS),
        (unremembered(-1), MARKS),
        (mark(-1, highest=None, deepest_pct=None), "forgets what was before it"),
        (mark(-1, highest="999999"), "forgets what was before it"),
        (mark(0, deepest_pct="6"), "forgets what was before it"),
        # What was traded.
        (trade(price="-5"), FIGURES),
        (trade(price="100"), FIGURES),
        (trade(status="reverted", price="100"), FIGURES),
        (trade(mid_price="-2500"), "cannot have been"),
        (trade(mid_price="0"), "cannot have been"),
        (trade(mid_price="2500.123"), FIGURES),
        (trade(pay="-1"), "cannot have been"),
        (trade(pay="1"), FIGURES),
        (trade(side="sell", pay="1"), FIGURES),
        (trade(receive="-1"), "cannot have been"),
        (trade(receive="1"), FIGURES),
        (trade(rate="-0.9998"), "cannot have been"),
        (trade(rate="1"), FIGURES),
        (trade(rate="9" * 60, pay=f"0.{'9' * 120}"), FIGURES),
        (trade(slippage_bps="0"), FIGURES),
        (trade(slippage_bps="-500"), FIGURES),
        (trade(status="reverted", fee_usd="0"), FIGURES),
        (trade(fill_error_bps="10001"), "fill error"),
        (trade(fill_error_30s_bps=f"-{'9' * 60}"), "fill error"),
        (trade(status="reverted", fill_error_bps="1"), "was never filled"),
        # When it was.
        (lambda found: found["session"].update(started_at="0001-01-01T00:00:00.000Z"), "the years 1970 to 2099"),
        (lambda found: found["session"].update(ended_at=FAR), "the years 1970 to 2099"),
        (lambda found: found["equity"][-1].update(at=FAR), "the years 1970 to 2099"),
        (lambda found: found["equity"][0].update(at="0001-01-01T00:00:00.000Z"), "the years 1970 to 2099"),
        (lambda found: found["flattens"][0].update(at=FAR), "the years 1970 to 2099"),
        (bar(interval="1d", at="9999-12-31T00:00:00.000Z"), "the years 1970 to 2099"),
        (order("cancelled", ended_at=FAR), "the years 1970 to 2099"),
        (order("cancelled", created_at="2026-05-01T00:00:00.000Z"), "orders is from before it began"),
        (lambda found: found["session"].update(started_at="2026-06-01T00:09:00.000Z"), "entries is from before"),
        (lambda found: found["session"].update(ended_at="2026-06-01T00:05:00.000Z"), "from after it ended"),
        # What was asked for.
        (order(state="refused"), "is not what its trade says"),
        (order(side="sell"), "is not what its trade says"),
        (order("reverted", state="filled"), "is not what its trade says"),
        (order(trade_id=None), "is not what its trade says"),
        (order(trade_id=None, state="cancelled"), "is not the one of its order"),
        (order("cancelled", state="filled"), "is not what its trade says"),
        (order(type="limit"), "is not what its trade says"),
        (lambda found: found["orders"][0].update(_token_of(found, found["orders"][0])), "is not what its trade says"),
        (flatten(order_id="nobody's"), "names what there is not"),
        (flatten(asset="0x02"), "names what there is not"),
        (flatten(order_id="waiting"), "names what there is not"),
        (lambda found: found["flattens"][0]["refusals"][0].update(order_id="x"), "names what there is not"),
        # What it cost.
        (bar(high="9" * 60), "prices that cannot be"),
        (bar(low=f"0.{'0' * 20}1"), "prices that cannot be"),
        (bar(volume="9" * 60), "prices that cannot be"),
        (lambda found: found["prices"][0].update(chain_id="8453"), "is not of the chain of its token"),
        (lambda found: found["prices"][0].update(chain_id=None), "is not of the chain of its token"),
        (lambda found: found["prices"][0].update(chain_id=1), "is not of the chain of its token"),
    ],
)
def test_what_could_not_have_come_about_is_refused(shared: Store, found: Found, spoil: Spoil, why: str) -> None:
    spoiled = copy.deepcopy(found)
    spoil(spoiled)
    assert why in refused(shared, json.dumps(spoiled))


def _token_of(found: Found, row: Found) -> Found:
    """Another token than the row's."""
    other = next(token for token in found["tokens"] if token["symbol"] != row["symbol"])
    return {"symbol": other["symbol"], "token_address": other["address"]}


@pytest.mark.parametrize(
    "told",
    [
        # Its trade was still being written.
        mark(0, at="2026-06-01T00:00:30.000Z"),
        # While two were held, one had no live price, and the highest did not hear of it.
        mark(-1, equity="2000000"),
        priced("1000100", highest="1000100"),
        mark(-1, highest="9000000"),
        lambda found: [row.pop("highest") and row.pop("deepest_pct") for row in holding_nothing(found)["equity"]],
        order("open", expires_at=FAR),
    ],
)
def test_what_may_have_come_about_is_believed(shared: Store, found: Found, told: Spoil) -> None:
    changed = copy.deepcopy(found)
    told(changed)
    assert isinstance(import_session(shared, json.dumps(changed)), Session)
