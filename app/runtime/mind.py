"""The mind: one tick of the bot in a market that goes on by itself, live or invented. It looks, and asks all ten."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from app.bot.exits import jump
from app.bot.indicators import Row
from app.bot.ladder import Ladder
from app.bot.market import Market, seen
from app.bot.windows import rows_now
from app.domain.bots import BotState
from app.domain.decisions import Decision, Occasion, Verdict
from app.domain.fields import as_field
from app.domain.ladder import Steps
from app.domain.money import NOTHING, product
from app.domain.orders import Side
from app.domain.prices import PriceState
from app.domain.quotes import Ask, Leg
from app.domain.refusal import Refusal
from app.domain.tokens import Token
from app.market.replay import FRESH_BARS
from app.runtime.glances import Glance, market_of, stand_of
from app.runtime.looks import Look, is_late
from app.runtime.windows import Window, Windows
from app.store.database import StoreRefused
from app.trading.shadow import Stand
from app.trading.terms import TOP_SHARE
from app.trading.watchlist import board_key

if TYPE_CHECKING:
    from app.runtime.bot import Bot

# Ladders are asked for side by side, so many at once; a node has a budget.
AT_ONCE = 4
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

    async def unlist(self, token: Token, take_off: TakeOff) -> Refusal | None:
        """Have it taken off the watchlist, and the shadows that hold it sell where they last could: nobody will look at
        it any more. Refused where they cannot sell it now."""
        shadows, asset, now = self._bot.shadows.all, token.key.address, self._bot.desk.venue.now()
        stand, price = self._stands.get(asset, (None, NOTHING))
        held = [shadow.holdings[asset].quantity for shadow in shadows if asset in shadow.holdings]
        tick_s = self._bot.tick_seconds
        if held and (
            stand is None or is_late(now - stand.at, tick_s) or not all(_sells(stand, it, price) for it in held)
        ):
            sentence = f"The bot's ledgers hold {token.symbol} and nobody quotes it now, so they cannot sell it yet."
            return Refusal("not_quoted", sentence)
        refusal = await take_off()
        if refusal:
            return refusal
        for shadow in shadows:
            shadow.intents.pop(asset, None)
            if stand is not None:
                shadow.end(replace(stand, at=now), price, "unlisted")
        return None

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
        rows, found = self._rows(glances), list[Thought]()
        for index, glance in enumerate(glances):
            try:
                row = rows[index] if index in rows else _row(glance)
                market = market_of(glance, row, now, self.windows.interval, bot.pit.floor.board.rules, alone=bot.alone)
                found.append(self._thought(glance, market, stand_of(glance, usdc, rates, now), now))
            except Exception:  # noqa: BLE001 - one token's failure is told, and ends nobody's day
                _log.exception("[DECISION] token=%s look=failed", as_field(glance.token.symbol))
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
                _log.exception("[QUOTE] token=%s ladder=failed", as_field(token.symbol))
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
            _log.info("[QUOTE] token=%s ladder=%s why=%r", as_field(token.symbol), code or "known", why)

    async def _refreshed(self, token: Token) -> bool:
        """Whether a bar of the token has just closed on which nobody has decided yet."""
        key, now = board_key(token) or token.key, self._bot.desk.venue.now()
        try:
            is_new = await self.windows.refresh(self._bot.feed, key, now)
        except StoreRefused as error:
            _log.error("[DECISION] token=%s bars=refused why=%r", as_field(token.symbol), str(error))
            return False
        except Exception:  # noqa: BLE001 - as in a thought
            _log.exception("[DECISION] token=%s bars=failed", as_field(token.symbol))
            return False
        last, decided = self._window(token).last_at, self._bot.shadows.seen.get(token.key.address)
        # Where the clock was set back, what had closed by now was decided on when it closed.
        if last is None or decided == last or (decided is not None and decided > last and not is_new):
            return False
        return not is_late(now - (last + self.windows.interval.length), self._bot.tick_seconds)

    def _rows(self, glances: Sequence[Glance]) -> dict[int, Row]:
        """The rows of all that are not at a close, made in one pass; none where one of them lets that fail."""
        present = [index for index, glance in enumerate(glances) if _is_between(glance)]
        prices = [seen(glances[index].price.price or NOTHING) for index in present]
        try:
            made = rows_now([glances[index].window.series for index in present], prices)
        except Exception:  # noqa: BLE001 - each is tried by itself then, so that the one that fails is told
            return {}
        return dict(zip(present, made, strict=True))

    def _thought(self, glance: Glance, market: Market, stand: Stand | None, now: datetime) -> Thought:
        bot, price = self._bot, glance.price.price
        if stand is not None and glance.live and price is not None:
            bot.shadows.tick(stand, price, now, ((jump(price),),))
            self._stands[market.address] = stand, price
        else:
            self._stands.pop(market.address, None)
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


def _sells(stand: Stand, quantity: Decimal, price: Decimal) -> bool:
    ask = Ask(stand.token, stand.usdc, Side.SELL, Leg.PAY, quantity)
    return not isinstance(stand.pool(ask, price), Refusal)


def _is_between(glance: Glance) -> bool:
    """Whether there is history, a price, and no bar that has just closed."""
    return glance.window.row is not None and not glance.closed and glance.price.price is not None


def _row(glance: Glance) -> Row | None:
    """Where a bar has just closed its indicators, elsewhere as if the present price were a close."""
    if not _is_between(glance):
        return glance.window.row
    return rows_now([glance.window.series], [seen(glance.price.price or NOTHING)])[0]
