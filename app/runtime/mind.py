"""The mind: one tick of the bot in a market that goes on by itself, live or invented. It looks, and asks all ten."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from app.bot.exits import jump
from app.bot.ladder import Ladder
from app.bot.indicators import Row
from app.bot.market import Market, seen
from app.bot.windows import rows_now
from app.domain.bots import BotState
from app.domain.decisions import Decision, Occasion, Verdict
from app.domain.ladder import Steps
from app.domain.money import NOTHING, product
from app.domain.prices import PriceState
from app.domain.refusal import Refusal
from app.domain.tokens import Token
from app.runtime.glances import Glance, market_of, stand_of
from app.runtime.looks import Look
from app.runtime.windows import Window, Windows
from app.store.database import StoreRefused
from app.trading.shadow import Stand
from app.trading.watchlist import board_key

if TYPE_CHECKING:
    from app.runtime.bot import Bot

# Ladders are asked for side by side, so many at once; a node has a budget.
AT_ONCE = 4
# The largest size that a ladder knows, as a share of the largest ledger.
TOP_SHARE = Decimal("0.5")
# What was decided at a close is good for two bars.
FRESH_BARS = 2
# A bar that closed longer ago than two ticks and this is looked at, and not traded on: the bot was not there.
_LATE = timedelta(seconds=5)
# So many bars of a recording may wait to be logged before the next is shown.
MOST_PENDING = 200

# Strikes a token off the watchlist, or says why it cannot.
TakeOff = Callable[[], Awaitable[Refusal | None]]

_log = logging.getLogger("drydock.bot")


class Thought(NamedTuple):
    """What became of a glance: the market as it was decided on, the look for faces, and why it was looked at."""

    market: Market
    look: Look
    occasion: Occasion


def acts(thought: Thought, state: BotState) -> bool:
    """Whether the person's account has to do something about it: sell unless the bot is stopped, buy while it runs."""
    if thought.occasion is not Occasion.CLOSE or state is BotState.STOPPED:
        return False
    verdict = thought.look.decision.verdict
    return verdict is Verdict.SELL or (verdict is Verdict.BUY and state is BotState.RUNNING)


class Mind:
    """Ticks of one session. `windows` are those of the interval that its limits name."""

    def __init__(self, bot: "Bot") -> None:
        self._bot = bot
        self.windows = Windows(bot.pit.floor, bot.record.limits.bar)
        self._troubles: dict[str, str] = {}
        self._stands: dict[str, tuple[Stand, Decimal]] = {}

    async def tick(self) -> list[Thought]:
        """Look at every token, and let the ten decide on the same snapshot. What they decide is theirs at once; what
        the person's account does about it is the caller's."""
        bot = self._bot
        if self.windows.interval is not bot.record.limits.bar:
            self.windows = Windows(bot.pit.floor, bot.record.limits.bar)
        tokens = bot.tokens()
        bot.journal.forget({token.key.address for token in tokens})
        closed = [await self._refreshed(token) for token in tokens]
        return self.think(tokens, closed, await self.costs(tokens))

    def think(
        self, tokens: Sequence[Token], closed: Sequence[bool], costs: Sequence[tuple[Steps, Ladder] | None]
    ) -> list[Thought]:
        """The tokens, whether a bar of each has just closed, and what trading each costs, at one moment: nothing waits
        in here."""
        bot, venue = self._bot, self._bot.desk.venue
        now, usdc, rates = venue.now(), venue.usdc, venue.rates()
        glances = [
            Glance(token, venue.price(token), self._window(token), is_new, cost)
            for token, is_new, cost in zip(tokens, closed, costs, strict=True)
        ]
        found: list[Thought] = []
        for glance, market in zip(glances, self._markets(glances, now), strict=True):
            try:
                found.append(self._thought(glance, market, stand_of(glance, usdc, rates, now), now))
            except Exception:  # noqa: BLE001 - one token's failure is told, and ends nobody's day
                _log.exception("[DECISION] token=%s failed", glance.token.symbol)
        bot.shadows.see(now)
        return found

    async def costs(self, tokens: Sequence[Token]) -> list[tuple[Steps, Ladder] | None]:
        """Ladders, only of tokens that could be traded: with a live price, and history or something held."""
        bot, turn = self._bot, asyncio.Semaphore(AT_ONCE)
        top = product(max(bot.equity, *(shadow.equity for shadow in bot.shadows.all)), TOP_SHARE)

        async def cost(token: Token) -> tuple[Steps, Ladder] | None:
            held = bot.desk.venue.price(token)
            if held.state is not PriceState.LIVE or held.price is None or top <= 0:
                return None
            if self._window(token).row is None and not bot.minds(token.key.address):
                return None
            try:
                async with turn:
                    found = await bot.desk.venue.ladder(token, top, held.price)
            except Exception:  # noqa: BLE001 - as in a thought
                _log.exception("[QUOTE] token=%s ladder=failed", token.symbol)
                return None
            self._told(token, found)
            return None if isinstance(found, Refusal) else found

        return list(await asyncio.gather(*(cost(token) for token in tokens)))

    # -- how

    def _told(self, token: Token, found: object) -> None:
        """Say when a ladder can no longer be had, and when it can again."""
        code = found.code if isinstance(found, Refusal) else ""
        if self._troubles.get(token.key.address, "") != code:
            self._troubles[token.key.address] = code
            why = found.sentence if isinstance(found, Refusal) else ""
            _log.info("[QUOTE] token=%s ladder=%s why=%r", token.symbol, code or "known", why)

    async def _refreshed(self, token: Token) -> bool:
        """Whether a bar of the token has just closed on which nobody has decided yet."""
        key, now = board_key(token) or token.key, self._bot.desk.venue.now()
        try:
            await self.windows.refresh(self._bot.feed, key, now)
        except StoreRefused as error:
            _log.error("[DECISION] token=%s bars=refused why=%r", token.symbol, str(error))
            return False
        last = self._window(token).last_at
        if last is None or self._bot.shadows.seen.get(token.key.address) == last:
            return False
        late = now - (last + self.windows.interval.length)
        return late <= timedelta(seconds=2 * self._bot.tick_seconds) + _LATE

    def _markets(self, glances: Sequence[Glance], now: datetime) -> list[Market]:
        """For each glance its market: where a bar has just closed with the indicators of that bar, elsewhere as if the
        present price were a close."""
        bot, interval = self._bot, self.windows.interval
        present = [
            index
            for index, glance in enumerate(glances)
            if glance.window.row is not None and not glance.closed and glance.price.price is not None
        ]
        prices = [seen(glances[index].price.price or Decimal(0)) for index in present]
        rows = dict(zip(present, rows_now([glances[index].window.series for index in present], prices), strict=True))
        rules, alone = bot.pit.floor.board.rules, bot.alone
        return [
            market_of(glance, rows.get(index, glance.window.row), now, interval, rules, alone=alone)
            for index, glance in enumerate(glances)
        ]

    def _thought(self, glance: Glance, market: Market, stand: Stand | None, now: datetime) -> Thought:
        bot, price = self._bot, glance.price.price
        if stand is not None and glance.live and price is not None:
            bot.shadows.tick(stand, price, now, ((jump(price),),))
        else:
            # Nobody can trade; what the ledgers hold is worth what the price says all the same.
            bot.shadows.marks.tick(market.address, price, live=glance.live)
        last = glance.window.last_at
        if glance.closed and last is not None and price is not None:
            fresh_for = self.windows.interval.length * FRESH_BARS
            # A price that may not be traded on is nobody's highest.
            highest = price if glance.live else NOTHING
            ten: list[Decision] = bot.shadows.close(market, last, now, highest, fresh_for)
            thought = Thought(market, bot.looked(glance.token, glance.price, now, last, market, ten), Occasion.CLOSE)
            if acts(thought, bot.record.state) and thought.look.decision.verdict is Verdict.BUY:
                # The next token's decision counts this one as held.
                bot.trader.buying.add(market.address)
            return thought
        ten = bot.shadows.opinions(market, now)
        return Thought(market, bot.looked(glance.token, glance.price, now, last, market, ten), Occasion.LOOK)

    def _window(self, token: Token) -> Window:
        return self.windows.of(board_key(token) or token.key)
