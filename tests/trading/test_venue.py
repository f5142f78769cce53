"""The venue's cost ladder: its sizes in dollars, what is kept of them, and whose pools a testnet's are."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from app.domain.chains import CHAINS
from app.domain.ladder import Ladder, Steps
from app.domain.orders import Side
from app.domain.prices import Pool, Reading, SourceRule
from app.domain.quotes import Ask, Leg, Rates, Swap
from app.domain.refusal import Refusal
from app.domain.registry import named, native_of, priced_as, usdc_of
from app.domain.tokens import Token
from app.market.modelled import ModelledQuoter, Reserves
from app.store.watchlist import WatchedToken
from app.trading.board import Board
from app.trading.venue import Venue
from app.trading.watchlist import Watchlist
from tests.clock import START
from tests.market import offers as o

DEEP = Pool("0x" + "11" * 20, "a pool", Decimal(1_000_000), Decimal(30))
PRICE, USDC_PRICE = Decimal(2500), Decimal("0.8")
TOP = Decimal(10_000)


def token(chain_id: int, symbol: str) -> Token:
    found = named(chain_id, symbol)
    assert found
    return found


class Quoted(ModelledQuoter):
    """A constant-product pool that remembers what it was asked, and can be made to refuse some of it."""

    def __init__(self, *refused: int, whole: Refusal | None = None) -> None:
        async def gas(_address: str) -> o.Gas:
            return o.GAS

        super().__init__(lambda _ask: Reserves(DEEP, PRICE, USDC_PRICE, START, "Pool"), gas)
        self.asks: list[Ask] = []
        self._refused, self._whole = refused, whole

    async def several(self, asks: "list[Ask] | tuple[Ask, ...] | object") -> list[Swap | Refusal] | Refusal:
        assert isinstance(asks, list)
        self.asks = [*asks]
        found = self._whole or await super().several(self.asks)
        if isinstance(found, Refusal):
            return found
        return [Refusal("beyond_liquidity", f"{at}.") if at in self._refused else one for at, one in enumerate(found)]
