"""Keeping: the ten shadows come off the disk as they were, and what had not been written is gone without a trace."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.domain.ledger import folded
from app.domain.session import Session, shadow_id
from app.store.books import Outpaced, entries, write
from app.store.bots import holdings
from app.store.database import Store, open_store
from app.store.sessions import open_session
from app.store.trades import TradeFilter, trades
from app.trading.keeping import batches, give_back, open_shadows, taken
from app.trading.rehearsal import Ground, Stage
from app.trading.shadows import Shadows
from app.trading.terms import Terms
from tests.recorded import ASSUMED, BALANCE, USDC, WETH, invented_rows, recording
from tests.store.fresh import with_database

RECORDING = recording(invented_rows(420))
AT = RECORDING.first_at


@dataclass
class Kept:
    """Ten shadows of a session that play a recording, and the disk that they are kept on."""

    store: Store
    session: Session
    shadows: Shadows
    played: int = 0

    def __post_init__(self) -> None:
        self.stage = Stage(Ground(RECORDING, WETH, USDC, ASSUMED, BALANCE / 2), self.shadows)

    def play(self, until: int) -> None:
        for index in range(self.played, until):
            self.stage.play(index)
        self.played = until

    def write(self) -> None:
        write(self.store, batches(taken(self.shadows), self.shadows.seen))

    def reopened(self) -> "Kept":
        return Kept(self.store, self.session, open_shadows(self.store, self.session, Terms(), AT), self.played)

    def all(self) -> list[tuple[Any, ...]]:
        """Everything that ten ledgers know, as it is now."""
        found = [
            (it.books, dict(it.holdings), deepcopy(it.diary), dict(it.intents), it.drawdown.deepest_pct)
            for it in self.shadows.all
        ]
        return [*found, (dict(self.shadows.seen),)]

    def made(self) -> list[int]:
        """How many trades of each are on disk."""
        return [len(trades(self.store, it.account_id, TradeFilter(), 1000, None)) for it in self.shadows.all]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    with_database(tmp_path)
    store = open_store(f"sqlite:///{tmp_path / 'drydock.db'}")
    session = open_session(store, Session("", "Test", "", "demo", 8453, BALANCE, AT), AT)
    yield Kept(store, session, open_shadows(store, session, Terms(), AT))
    store.close()


def test_a_session_that_never_had_them_gets_ten_with_the_balance_it_began_with(kept: Kept) -> None:
    assert [shadow.level.number for shadow in kept.shadows.all] == list(range(1, 11))
    assert {shadow.equity for shadow in kept.shadows.all} == {BALANCE}
    assert (kept.shadows.seen, kept.made()) == ({}, [0] * 10)


@pytest.mark.parametrize("bars", [1, 150, 290])
def test_what_was_written_is_found_again_to_the_last_digit(kept: Kept, bars: int) -> None:
    kept.play(bars)
    kept.write()
    assert kept.reopened().all() == kept.all()


def test_they_go_on_as_if_they_had_never_been_away(kept: Kept) -> None:
    other = Stage(Ground(RECORDING, WETH, USDC, ASSUMED, BALANCE / 2), kept.reopened().shadows)
    for index in range(420):
        other.play(index)
    for bars in (120, 200, 201, 330, 420):
        kept.play(bars)
        kept.write()
        kept = kept.reopened()
    assert [folded_of(kept, level).cash for level in range(1, 11)] == [
        it.books.account.cash for it in other.shadows.all
    ]
    assert sum(kept.made()) > 20


def test_what_had_not_been_written_is_lost_and_the_books_balance(kept: Kept) -> None:
    kept.play(200)
    kept.write()
    before = kept.all()
    kept.play(420)
    assert kept.all() != before
    found = kept.reopened()
    assert found.all() == before
    assert found.shadows.seen[WETH.key.address] == RECORDING.bars[199].at
    for level in range(1, 11):
        account = folded_of(found, level)
        assert account.residual == 0
        assert account.version == 1 + found.made()[level - 1]


def test_what_the_disk_refused_is_written_the_next_time_before_what_came_since(kept: Kept) -> None:
    kept.play(180)
    give_back(taken(kept.shadows))
    kept.play(290)
    kept.write()
    assert kept.reopened().all() == kept.all()
    assert sum(kept.made()) > 10


def test_with_no_news_nothing_is_to_be_written(kept: Kept) -> None:
    kept.play(5)
    kept.write()
    assert batches(taken(kept.shadows), kept.shadows.seen) == []


def test_a_holding_that_was_sold_is_gone_from_the_disk(kept: Kept) -> None:
    had: set[int] = set()
    for bars in range(100, 420, 20):
        kept.play(bars)
        kept.write()
        for shadow in kept.shadows.all:
            on_disk = holdings(kept.store, shadow.account_id)
            assert on_disk == shadow.holdings
            had |= {shadow.level.number} if on_disk else set()
    assert len(had) >= 8
    assert [level for level in had if not kept.shadows.all[level - 1].holdings]


def test_who_was_outpaced_writes_nothing(kept: Kept) -> None:
    twin = kept.reopened()
    for each in (kept, twin):
        each.play(290)
    kept.write()
    with pytest.raises(Outpaced):
        twin.write()
    assert kept.reopened().all() == kept.all()


def test_ledgers_that_become_others_are_those_and_follow_the_price_and_have_seen_no_more(kept: Kept) -> None:
    kept.play(290)
    kept.write()
    there = kept.reopened()
    kept.play(420)
    kept.shadows.become(there.shadows)
    assert kept.all() == there.all()
    kept.shadows.marks.tick(WETH.key.address, Decimal(1), live=True)
    held = [shadow for shadow in kept.shadows.all if shadow.holdings]
    assert held and all(shadow.equity < BALANCE for shadow in held)


def test_an_intent_that_waits_for_the_next_price_waits_through_a_restart(kept: Kept) -> None:
    while not any(shadow.intents for shadow in kept.shadows.all):
        kept.play(kept.played + 1)
    waiting = [shadow.intents for shadow in kept.shadows.all]
    kept.write()
    found = kept.reopened()
    assert [shadow.intents for shadow in found.shadows.all] == waiting
    [until] = {intent.until for intents in waiting for intent in intents.values()}
    assert until == RECORDING.closes_at(kept.played - 1) + timedelta(hours=2)


def folded_of(kept: Kept, level: int) -> Any:
    name = shadow_id(kept.session.id, level)
    return folded(name, entries(kept.store, name))
