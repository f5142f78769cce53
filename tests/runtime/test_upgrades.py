"""Going on where an earlier release ended: its sessions are opened, audited and traded in; its exports are imported."""

import json
from pathlib import Path

import pytest

from app.domain.orders import OrderState, Origin
from app.domain.refusal import Refusal
from app.domain.session import Session
from app.domain.tickets import Asked
from app.runtime.audit import audited
from app.runtime.importing import import_session
from app.store.database import migrate, open_store
from app.store.sessions import sessions
from app.store.trades import each_trade
from app.trading.desk import Placed
from tests.clock import START, FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import house_of
from tests.runtime.taken import fresh_store
from tests.store.test_upgrades import RELEASES, WRITTEN, written_by
from tests.ui.dealings import pit_of


@pytest.mark.parametrize("release", RELEASES)
async def test_a_session_of_an_earlier_release_goes_on_with_its_books_in_balance(release: str, tmp_path: Path) -> None:
    migrate(f"sqlite:///{written_by(release, tmp_path)}")
    clock = FakeClock()
    clock.advance(3600)
    async with house_of(settings_of(tmp_path, market="demo", watchlist="WETH,LINK"), clock) as house:
        await house.opened()
        pit = pit_of(house)
        assert (pit.session.name, pit.session.note) == ("second", "made by older code")
        (resting,) = pit.desk.books.orders.values()
        assert (resting.ticket.limit_price, resting.state) == (1, OrderState.OPEN)
        traded = pit.account.version - 1
        assert traded == len(list(each_trade(house.store, pit.session.id))) >= 3
        sold = await pit.desk.place(Asked("new-1", "sell", share_pct="100"), "WETH", Origin.HAND)
        assert isinstance(sold, Placed) and sold.order.state is OrderState.FILLED
        await house.think()
        assert len(pit.bot.lines()) == 10
        for _, session in sessions(house.store, 50):
            assert (await audited(house.store, session, None)).balanced, session.name
        assert clock.utc > START


@pytest.mark.parametrize("name", ["ledger-s1.json", "bot-s2.json"])
async def test_a_session_that_an_earlier_release_exported_is_imported(name: str, tmp_path: Path) -> None:
    text = (WRITTEN / name).read_text("utf-8")
    told = json.loads(text)
    with fresh_store(tmp_path) as store:
        taken = import_session(store, text)
        assert isinstance(taken, Session), taken.sentence if isinstance(taken, Refusal) else taken
        assert taken.name == told["session"]["name"]
        assert [trade.quantity for trade in each_trade(store, taken.id)] != []
        assert len(list(each_trade(store, taken.id))) == sum("side" in row for row in told["trades"])
        assert (await audited(store, taken, None)).balanced


def test_the_fixtures_are_of_the_revisions_that_those_releases_wrote(tmp_path: Path) -> None:
    for release, revision in zip(RELEASES, ("0002", "0003"), strict=True):
        (folder := tmp_path / release).mkdir()
        store = open_store(f"sqlite:///{written_by(release, folder)}")
        with store.reading() as connection:
            assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == revision
        store.close()
