"""Four clients that trade at one desk as fast as it answers, and say what they ask for and what they are answered."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from random import Random
from typing import Any

from app.domain.money import plain, product
from app.domain.orders import Order, Origin
from app.domain.refusal import Refusal
from app.domain.registry import named
from app.domain.tickets import Asked
from app.domain.tokens import Token
from app.domain.trades import Trade
from app.trading.desk import Desk, Outcome, Placed
from app.trading.exits import set_exits
from app.trading.flattening import flatten
from app.trading.previews import Preview
from tests.chaos.lines import Line, say

SYMBOLS = ("WETH", "cbBTC", "AERO", "LINK", "DEGEN")
CLIENTS = 4
MOST_OPEN = 60


def say_trade(trade: Trade) -> None:
    """A trade that the desk says is on disk, wherever its order came from."""
    say(done=trade.order_id, state=trade.status.value, **_of(trade))


def _of(trade: Trade | None) -> dict[str, str]:
    if trade is None:
        return {}
    return {"trade": trade.id, "quantity": plain(trade.quantity), "value": plain(trade.value)}


class Client:
    """One client; what it does is drawn from its own `random`."""

    def __init__(self, name: str, desk: Desk, random: Random) -> None:
        self._name = name
        self._desk = desk
        self._random = random
        self._number = 0
        self._asked: list[Line] = []
        self._ways: dict[Callable[[], Awaitable[None]], int] = {
            self._buy: 40,
            self._sell: 25,
            self._limit: 12,
            self._cancel: 8,
            self._exits: 6,
            self._offer: 6,
            self._repeat: 6,
            self._flatten: 1,
        }

    async def trade(self, again: list[Line]) -> None:
        """Ask again for what was asked for in an earlier life, then trade without end."""
        for line in again:
            await self.ask(line)
        while True:
            await self._random.choices(list(self._ways), list(self._ways.values()))[0]()

    async def ask(self, line: Line) -> None:
        """Ask for an order as `line` has it, and say what came of it."""
        order_id = line["wants"]
        say(**line)
        if line["how"] == "place":
            outcome = await self._desk.place(Asked(order_id, **line["asked"]), line["token"], Origin.API)
        elif line["how"] == "accept":
            outcome = await self._desk.accept(order_id, line["quote"], Origin.API)
        else:
            await self._flattened(order_id)
            return
        self._answered(order_id, outcome)

    def _answered(self, order_id: str, outcome: Outcome) -> None:
        if isinstance(outcome, Placed):
            self._placed(outcome, repeated=outcome.repeated)
        else:
            say(refused=order_id, code=outcome.code)

    def _placed(self, placed: Placed, **words: Any) -> None:
        say(done=placed.order.id, state=placed.order.state.value, **_of(placed.trade), **words)

    async def _flattened(self, order_id: str) -> None:
        found = await flatten(self._desk, order_id, Origin.API)
        if isinstance(found, Refusal):
            say(refused=order_id, code=found.code)
            return
        for each in found:
            if isinstance(each.outcome, Placed):
                self._placed(each.outcome)
        say(flattened=order_id)

    # -- what a client does

    async def _new(self, how: str, **words: Any) -> None:
        self._number += 1
        line = {"wants": f"{self._name}-{self._number}", "how": how, **words}
        self._asked.append(line)
        await self.ask(line)

    async def _place(self, token: Token, **asked: str) -> None:
        await self._new("place", token=token.symbol, asked=asked)

    async def _buy(self) -> None:
        await self._place(self._token(), side="buy", amount_usd=self._dollars())

    async def _sell(self) -> None:
        token = self._held()
        if self._random.random() < 0.7:
            share = self._random.choice(["100", "50", f"{self._random.uniform(0.001, 99):.6f}"])
            await self._place(token, side="sell", share_pct=share)
        else:
            await self._place(token, side="sell", amount_usd=self._dollars())

    async def _limit(self) -> None:
        """Most lie beyond the price, and are filled at the next tick; the others rest."""
        token, side = self._token(), self._random.choice(["buy", "buy", "sell"])
        better = Decimal("0.99") if self._random.random() < 0.3 else Decimal("1.03")
        factor = better if side == "buy" else 2 - better
        await self._place(
            token, side=side, type="limit", amount_usd=self._dollars(), limit_price=self._price(token, factor)
        )

    async def _cancel(self) -> None:
        while waiting := sorted(self._desk.books.orders):
            ended = await self._desk.cancel(self._random.choice(waiting))
            if isinstance(ended, Order):
                say(done=ended.id, state=ended.state.value)
            if len(waiting) <= MOST_OPEN:
                return

    async def _exits(self) -> None:
        """So near that the next ticks set some of them off."""
        token = self._held()
        wanted = {
            "stop_loss": self._price(token, Decimal("0.99998")),
            "take_profit": self._price(token, Decimal("1.01")),
            "trailing_pct": self._random.choice(["0.002", "5", None]),
        }
        await set_exits(self._desk, token, wanted, Origin.API)
        for order in self._desk.books.exits(token.key.address):
            say(done=order.id, state=order.state.value)

    async def _offer(self) -> None:
        token = self._token()
        preview = await self._desk.preview(Asked("", "buy", amount_usd=self._dollars()), token.symbol)
        if isinstance(preview, Preview):
            await self._new("accept", quote=preview.quote_id)

    async def _repeat(self) -> None:
        """The same again, twice at once."""
        if self._asked:
            line = self._random.choice(self._asked[-20:])
            await asyncio.gather(self.ask(line), self.ask(line))

    async def _flatten(self) -> None:
        await self._new("flatten")

    # -- what it draws

    def _token(self) -> Token:
        return _named(self._random.choice(SYMBOLS))

    def _held(self) -> Token:
        held = [symbol for symbol in SYMBOLS if self._desk.books.account.held(_named(symbol).key.address)]
        return _named(self._random.choice(held or SYMBOLS))

    def _dollars(self) -> str:
        return f"{self._random.uniform(1, 500):.{self._random.randint(0, 6)}f}"

    def _price(self, token: Token, factor: Decimal) -> str:
        return plain(product(self._desk.venue.price(token).price or Decimal(1), factor))


def _named(symbol: str) -> Token:
    token = named(8453, symbol)
    assert token is not None
    return token
