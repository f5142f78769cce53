"""Reports of sessions: what came of them at the last prices that are known, and what was set otherwise."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from app.domain.bars import Bar, Interval
from app.domain.ledger import folded
from app.domain.money import product, total
from app.domain.orders import Origin
from app.domain.refusal import Refusal
from app.domain.session import Session
from app.domain.tickets import Asked
from app.runtime.exporting import session_json
from app.runtime.house import House
from app.runtime.importing import import_session
from app.runtime.reports import SessionReport, compare, compared, report, reported
from app.runtime.sessions import new_session
from app.runtime.standing import standing
from app.store.bars import SeriesKey, write_bars
from app.store.books import entries
from app.store.database import Store
from app.store.equity import Mark, mark
from app.store.sessions import archive, open_session
from app.store.sessions import session as find_session
from app.store.trades import TradeFilter, trades
from app.trading.desk import Placed
from tests.clock import FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import opened_house
from tests.runtime.taken import fresh_store
from tests.store.drawn import draft
from tests.store.trading_day import BEGIN, TOKENS, fill
from tests.store.trading_day import opened as opened_day


async def bought(house: House, order_id: str) -> None:
    assert house.pit is not None
    placed = await house.pit.desk.place(Asked(order_id, "buy", amount_usd="250"), "WETH", Origin.HAND)
    assert isinstance(placed, Placed), placed


async def of(house: House, session_id: str) -> SessionReport:
    found = await report(house, session_id)
    assert isinstance(found, SessionReport), found
    return found


def archived(store: Store) -> Session:
    """A session that has ended, with something held."""
    session = opened_day(store)
    fill(store, 40, session.id)
    archive(store, session.id, BEGIN + timedelta(hours=1))
    ended = find_session(store, session.id)
    assert ended is not None
    return ended


async def test_the_session_at_work_is_reported_as_it_stands(tmp_path: Path) -> None:
    async with opened_house(settings_of(tmp_path, market="demo"), FakeClock()) as house:
        await bought(house, "b1")
        assert house.pit is not None
        found, now = await of(house, house.pit.session.id), standing(house.pit)
    assert (found.equity, found.cash, found.positions_value) == (now.equity, now.cash, now.positions_value)
    assert (found.realized, found.unrealized, found.return_pct) == (now.realized, now.unrealized, now.return_pct)
    assert (found.costs.gas, found.costs.fees, found.costs.impact) == (now.gas, now.fees, now.impact)
    assert (found.trades, found.performance.round_trips) == (1, 0)


async def test_an_archived_session_is_worth_what_it_was_when_it_ended(tmp_path: Path) -> None:
    async with opened_house(settings_of(tmp_path, market="demo"), FakeClock()) as house:
        await bought(house, "b1")
        assert house.pit is not None
        old, worth = house.pit.session.id, house.pit.value().equity
        opened = await new_session(house, name="Next", starting_balance=Decimal(500))
        assert isinstance(opened, Session)
        pair = await compare(house, old, opened.id)
    assert not isinstance(pair, Refusal)
    one, other = pair
    assert (one.equity, one.trades, one.session.is_open) == (worth, 1, False)
    assert one.equity == one.session.starting_balance + one.realized + one.unrealized - one.costs.gas
    assert (other.equity, other.trades, other.return_pct) == (Decimal(500), 0, Decimal(0))
    assert compared(one, other).differs == ("starting_balance",)


async def test_a_session_that_is_not_there_is_refused_whichever_it_is(tmp_path: Path) -> None:
    async with opened_house(settings_of(tmp_path, market="demo"), FakeClock()) as house:
        assert house.pit is not None
        mine = house.pit.session.id
        for outcome in (await report(house, "s9"), await compare(house, mine, "s9"), await compare(house, "s9", mine)):
            assert isinstance(outcome, Refusal) and outcome.code == "unknown_session"


async def test_a_mark_older_than_the_last_trade_says_nothing_of_the_end(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        session = archived(store)
        account = folded(session.id, entries(store, session.id))
        mids = {item.asset: mid_of(store, session, item.asset) for item in account.open_positions}
        found = await reported(store, session)
        held = (product(it.quantity, mids[it.asset]) for it in account.open_positions)
        assert found.equity == total(account.cash, *held)


async def test_without_a_mark_what_is_held_is_worth_its_last_bar(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        session = archived(store)
        account = folded(session.id, entries(store, session.id))
        before = (await reported(store, session)).equity
        position = account.open_positions[0]
        token = next(token for token in TOKENS if token.key.address == position.asset)
        mid = mid_of(store, session, position.asset)
        price = mid * 2
        bar = Bar(BEGIN + timedelta(minutes=59), price, price, price, price)
        write_bars(store, [(SeriesKey("demo", *token.key), Interval.M1, bar)])
        assert (await reported(store, session)).equity == total(before, product(position.quantity, mid))


def mid_of(store: Store, session: Session, asset: str) -> Decimal:
    """The mid price of the last trade of a token."""
    return trades(store, session.id, TradeFilter(address=asset), 1)[0].mid_price


async def test_a_session_in_which_nothing_happened_has_what_it_began_with(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        session = open_session(store, draft(), BEGIN)
        found = await reported(store, session)
        assert (found.equity, found.unrealized, found.return_pct, found.trades) == (Decimal(10_000), 0, 0, 0)
        assert found.max_drawdown_pct is None


async def test_an_imported_session_is_reported_as_the_original(tmp_path: Path) -> None:
    with fresh_store(tmp_path / "a") as store, fresh_store(tmp_path / "b") as other:
        session = archived(store)
        cash = folded(session.id, entries(store, session.id)).cash
        mark(store, [(session.id, Mark(BEGIN + timedelta(minutes=30), Decimal("999999.5"), cash))])
        text = session_json(store, session.id)
        assert isinstance(text, str)
        copied = import_session(other, text)
        assert isinstance(copied, Session)
        one, two = await reported(store, session), await reported(other, copied)
    assert replace(one, session=two.session) == two
    assert one.equity == Decimal("999999.5")
    assert compared(one, two).differs == ()


async def test_what_was_set_otherwise_is_named(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        a = open_session(store, replace(draft(), settings={"sources": "all", "watchlist": "WETH"}), BEGIN)
        b = open_session(store, replace(draft("live", "500"), chain_id=1, settings={"sources": "all"}), BEGIN)
        found = compared(await reported(store, a), await reported(store, b))
    assert found.differs == ("chain_id", "market", "starting_balance", "watchlist")
