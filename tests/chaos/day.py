"""A day at a desk, step by step: what people do to it, and what the world does to it meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.domain.money import plain
from app.domain.orders import Order, Origin
from app.domain.refusal import Refusal
from app.domain.tickets import Asked
from app.domain.tokens import Token
from app.trading.desk import Placed
from app.trading.exits import set_exits
from app.trading.flattening import Flattened, flatten
from app.trading.previews import Preview
from tests.chaos.verdict import Acknowledged, judge, judge_growth, read
from tests.store.held import held
from tests.trading.floor import AERO, WETH, TradingFloor

D = Decimal
LAGGING = timedelta(seconds=61)
NO_NODE = Refusal("rpc_unreachable", "No node answers.")


@dataclass(frozen=True)
class Step:
    """Somebody does something while something may be wrong: `trouble` lasts for the step.

    `part` is the percent of the cash or the position, `level` a price as a factor of the price, `slip` what the pool
    does between preview and place, `pick` which of the earlier orders is meant.
    """

    act: str
    trouble: str
    token: Token
    side: str
    unit: str
    part: Decimal
    level: Decimal
    tolerance: str | None
    slip: Decimal
    gas: Decimal
    liquidity: Decimal
    peg: Decimal
    pick: int
    origin: Origin


# As often as each is named.
ACTS = (
    ("market",) * 8
    + ("tick",) * 6
    + ("limit", "limit", "stop_loss", "take_profit", "trailing_stop", "exits", "exits", "offer", "offer", "crowd")
    + ("again", "again", "other", "cancel", "flatten", "stand_still", "restart")
)

Outcome = Placed | Order | Refusal | list[Flattened] | None


class Day:
    """A desk that steps are taken at, with all that it has acknowledged."""

    def __init__(self, floor: TradingFloor, file: Path) -> None:
        self.floor = floor
        self.file = file
        self.heard: list[Acknowledged] = []
        self.asked: list[tuple[Asked, Token, Origin]] = []
        self.taken: dict[str, Placed] = {}
        self._number = 0
        self._acts: dict[str, Callable[[Step], Awaitable[Outcome]]] = {
            name: getattr(self, f"_{name}") for name in set(ACTS) if hasattr(self, f"_{name}")
        }

    async def begin(self) -> None:
        """Buy something to begin with."""
        for token in (WETH, AERO):
            await self._send(Asked(self._fresh(), "buy", share_pct="30"), token, Origin.HAND)

    async def take(self, step: Step) -> str:
        """Take a step, and see that a refusal has changed nothing, that what was written stays, and that every row
        is where it belongs. What came of it, in a word."""
        books, kept = self.floor.desk.books, read(self.file)
        with self._trouble(step.trouble):
            outcome = await self._acts.get(step.act, self._place)(step)
            await self.floor.desk.quiet()
        now = read(self.file)
        if isinstance(outcome, Refusal):
            assert self.floor.desk.books == books and now.rows == kept.rows, outcome
        assert judge_growth(kept, now).all == []
        assert judge(now, self.heard).all == []
        return outcome.code if isinstance(outcome, Refusal) else "done"

    @contextmanager
    def _trouble(self, what: str) -> Generator[None]:
        pools = self.floor.pools
        pools.refusal, pools.lag = (NO_NODE if what == "node" else None), LAGGING if what == "lag" else timedelta(0)
        with held(self.floor.store) if what == "disk" else nullcontext():
            yield
        pools.refusal, pools.lag = None, timedelta(0)

    # -- acts; those that have no method are orders of that type

    async def _market(self, step: Step) -> Outcome:
        asked = self._asked(step)
        return await self._send(replace(asked, slippage_bps=step.tolerance), step.token, step.origin)

    async def _place(self, step: Step) -> Outcome:
        """An order that rests; where it guards, it sells."""
        side = step.side if step.act == "limit" else "sell"
        price = plain(self.floor.prices[step.token.symbol] * step.level)
        prices: dict[str, Any] = {
            "limit": {"limit_price": price},
            "take_profit": {"limit_price": price},
            "stop_loss": {"stop_price": price},
            "trailing_stop": {"trail_pct": plain(step.part) if step.part < 99 else "5"},
        }[step.act]
        expires_at = self.floor.clock.utc + timedelta(seconds=90) if step.pick % 3 == 0 else None
        asked = replace(self._asked(step), side=side, type=step.act, expires_at=expires_at, **prices)
        return await self._send(asked, step.token, step.origin)

    async def _exits(self, step: Step) -> Outcome:
        price = self.floor.prices[step.token.symbol]
        wanted = {"stop_loss": plain(price * D("0.95")), "take_profit": plain(price * D("1.05"))}
        trailing = plain(step.part) if step.part < 99 else None
        found = await set_exits(self.floor.desk, step.token, wanted | {"trailing_pct": trailing}, step.origin)
        return found if isinstance(found, Refusal) else None

    async def _offer(self, step: Step) -> Outcome:
        asked = replace(self._asked(step), order_id="", slippage_bps=step.tolerance)
        before = self.floor.desk.books, read(self.file).rows
        preview = await self.floor.desk.preview(asked, step.token.symbol)
        assert before == (self.floor.desk.books, read(self.file).rows)
        if not isinstance(preview, Preview):
            return preview
        self.floor.pools.shift = step.slip
        outcome = await self.floor.desk.accept(self._fresh(), preview.quote_id, step.origin)
        self.floor.pools.shift = D(1)
        return self._noted(outcome)

    async def _crowd(self, step: Step) -> Outcome:
        """The same order three times at once, beside a buy of half the cash and a sell of all there is."""
        asked = self._asked(step)
        half, everything = (Asked(self._fresh(), side, share_pct=s) for side, s in (("buy", "50"), ("sell", "100")))
        wanted = [asked, half, asked, everything, asked]
        outcomes = await asyncio.gather(*(self._send(each, step.token, step.origin) for each in wanted))
        same = [outcomes[0], outcomes[2], outcomes[4]]
        trades = {each.trade for each in same if isinstance(each, Placed)}
        assert len(trades) <= 1 and sum(isinstance(each, Placed) and not each.repeated for each in same) == len(trades)
        return None

    async def _again(self, step: Step) -> Outcome:
        """The same order once more: where it was taken, this is its answer."""
        if not self.asked:
            return None
        asked, token, origin = self.asked[step.pick % len(self.asked)]
        first = self.taken.get(asked.order_id)
        outcome = await self._send(asked, token, origin)
        if first:
            assert isinstance(outcome, Placed) and outcome.repeated
            assert first.trade is None or outcome.trade == first.trade
        return outcome

    async def _other(self, step: Step) -> Outcome:
        """Another order under an id that is taken."""
        if not self.taken:
            return None
        order_id = list(self.taken)[step.pick % len(self.taken)]
        outcome = await self.floor.desk.place(Asked(order_id, "buy", amount_usd="12.34"), "AERO", step.origin)
        assert isinstance(outcome, Refusal) and outcome.code == "order_id_reused"
        return outcome

    async def _cancel(self, step: Step) -> Outcome:
        known = sorted({*self.taken, *self.floor.desk.books.orders})
        outcome = await self.floor.desk.cancel(known[step.pick % len(known)] if known else "none")
        if isinstance(outcome, Order):
            self.heard.append(Acknowledged(outcome.id, outcome.state.value))
        return outcome

    async def _flatten(self, step: Step) -> Outcome:
        found = await flatten(self.floor.desk, f"flat {step.pick % 3}", step.origin)
        for each in [] if isinstance(found, Refusal) else found:
            self._noted(each.outcome)
        return found

    async def _tick(self, step: Step) -> Outcome:
        self.floor.pools.gas_usd, self.floor.pools.liquidity = step.gas, step.liquidity
        self.floor.pools.block += 1
        price = self.floor.prices[step.token.symbol] * step.level
        shown = {step.token.symbol: plain(price.quantize(D("1e-8"))), "USDC": plain(step.peg)}
        await self.floor.after(step.pick % 30, **shown)
        return None

    async def _stand_still(self, step: Step) -> Outcome:
        """Nobody shows a price for a while."""
        self.floor.clock.advance(40 + step.pick)
        self.floor.ticker.settle(self.floor.clock.utc)
        await self.floor.resting.work()
        return None

    async def _restart(self, step: Step) -> Outcome:
        before = self.floor.desk.books
        assert self.floor.reopen().books == before
        return None

    # -- what they have in common

    def _fresh(self) -> str:
        self._number += 1
        return f"o{self._number}"

    def _asked(self, step: Step) -> Asked:
        account, token = self.floor.desk.books.account, step.token
        if step.unit == "share_pct":
            size = step.part
        elif step.unit == "amount_usd":
            size = (account.cash * step.part / 100).quantize(D("1e-6"))
        else:
            held = account.held(token.key.address) or D(1)
            size = (held * step.part / 100).quantize(D("1e-18"))
        stated: dict[str, Any] = {step.unit: plain(size)}
        return Asked(self._fresh(), step.side, **stated)

    async def _send(self, asked: Asked, token: Token, origin: Origin) -> Placed | Refusal:
        self.asked.append((asked, token, origin))
        return self._noted(await self.floor.desk.place(asked, token.symbol, origin))

    def _noted(self, outcome: Placed | Refusal) -> Placed | Refusal:
        if isinstance(outcome, Placed):
            trade = outcome.trade
            figures = (trade.id, plain(trade.quantity), plain(trade.value)) if trade else ()
            self.heard.append(Acknowledged(outcome.order.id, outcome.order.state.value, *figures))
            self.taken.setdefault(outcome.order.id, outcome)
        return outcome
