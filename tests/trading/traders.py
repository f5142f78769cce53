"""What tests of the trader share: a trader at a floor's desk, told what to do and what it costs."""

from decimal import Decimal

from app.bot.exits import Exit
from app.bot.levels import level
from app.bot.market import blank_market
from app.domain.bots import BotState
from app.domain.decisions import Decision, Verdict, at_least
from app.domain.orders import Origin
from app.domain.tickets import Asked
from app.domain.tokens import Token
from app.domain.trades import Trade
from app.store.trades import TradeFilter, trades
from app.trading.repeats import Outcome, Placed
from app.trading.terms import Terms
from app.trading.trader import Trader
from tests.trading.floor import AERO, WETH, TradingFloor

ASSET = WETH.key.address
NO_LIMITS = Terms()


class Place:
    """A trader at a floor's desk; `logged` are the exits that it had a decision made of."""

    def __init__(self, floor: TradingFloor, terms: Terms = NO_LIMITS) -> None:
        self.floor = floor
        self.logged: list[tuple[str, str]] = []
        self.decided = 0
        self.trader = self.opened(terms)

    def opened(self, terms: Terms = NO_LIMITS) -> Trader:
        trader = Trader(self.floor.desk, terms)
        trader.level, trader.state = level(8), BotState.RUNNING
        self.floor.desk.heard.append(trader.hear)
        return trader

    async def log(self, token: Token, sale: Exit) -> str:
        self.decided += 1
        self.logged.append((token.symbol, sale.reason))
        return f"d{self.decided}"

    async def decide(self, verdict: Verdict, token: Token = WETH, usd: str = "0", why: str = "") -> Outcome | None:
        """Act on a decision that was made at a close."""
        self.decided += 1
        gates = (at_least(why, -1.0, 0.0, keeps=True),) if why else ()
        decision = Decision(8, verdict, gates, Decimal(usd), 0.0, 0.0, 0.0)
        return await self.trader.act(token, blank_market(token.key.address), decision, f"d{self.decided}")

    async def bought(self, usd: str = "1000", token: Token = WETH) -> Trade:
        outcome = await self.decide(Verdict.BUY, token, usd)
        assert isinstance(outcome, Placed) and outcome.trade, outcome
        return outcome.trade

    async def tick(self, **prices: str) -> None:
        """Prices tick, and what they touch is sold."""
        self.notice(**prices)
        await self.trader.work(self.log)

    def notice(self, **prices: str) -> None:
        self.floor.clock.advance(1)
        self.floor.tick(**prices)
        self.trader.notice({WETH.key, AERO.key})

    async def by_hand(self, side: str, **size: str) -> Outcome:
        asked = Asked(f"h{self.floor.desk.books.account.version}", side, **size)  # pyright: ignore[reportArgumentType]
        return await self.floor.desk.place(asked, "WETH", Origin.HAND)

    @property
    def held(self) -> Decimal:
        holding = self.trader.holdings.get(ASSET)
        return holding.quantity if holding else Decimal(0)

    def made(self) -> list[Trade]:
        return trades(self.floor.store, self.floor.desk.session.id, TradeFilter(), 100, None)[::-1]

    def reasons(self) -> list[str]:
        return [trade.reason for trade in self.made()]
