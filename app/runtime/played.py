"""Played: the bot in a replay market. Every bar is played once, in order, on the same stage as on a terminal."""

from typing import TYPE_CHECKING

from app.domain.decisions import Occasion
from app.domain.money import product
from app.domain.prices import PriceState
from app.market.replay_quoter import Assumptions
from app.runtime.mind import Thought
from app.runtime.replay import ReplayFeed
from app.trading.rehearsal import Ground, Stage
from app.trading.terms import TOP_SHARE

if TYPE_CHECKING:
    from app.runtime.bot import Bot


class Played:
    """The stage of one session. `hear` never waits: a bar is played when the feed shows it, and the feed shows no more
    while `waits` says that the person's account has something to do about it."""

    def __init__(self, bot: "Bot", feed: ReplayFeed) -> None:
        self._bot = bot
        self._feed = feed
        self._token = next(iter(bot.pit.floor.watchlist)).token
        top = product(bot.desk.session.starting_balance, TOP_SHARE)
        ground = Ground(feed.recording, self._token, bot.desk.venue.usdc, Assumptions(), top)
        self._stage = Stage(ground, bot.shadows)
        self._catch_up()
        feed.played.append(self.hear)
        feed.holds.append(bot.is_busy)

    def leave(self) -> None:
        """Hear no more."""
        self._feed.played.remove(self.hear)
        self._feed.holds.remove(self._bot.is_busy)

    def _catch_up(self) -> None:
        """What the feed has shown and the shadows had not written when they ended is played again."""
        asset = self._token.key.address
        seen = self._bot.shadows.seen.get(asset)
        if seen is None:
            return
        for index in range(self._feed.recording.closed_by(seen), self._feed.shown):
            if self._feed.recording.bars[index].at > seen:
                self._stage.play(index)

    async def tick(self) -> list[Thought]:
        """The last bar again, as the market stands now: between two bars, and after the last, its price grows old."""
        bot, index = self._bot, self._feed.shown - 1
        if index < 0:
            return []
        held, now = bot.desk.venue.price(self._token), bot.desk.venue.now()
        market = self._stage.market(index)._replace(live=held.state is PriceState.LIVE, age_s=held.age_s(now) or 0.0)
        bar_at = self._feed.recording.bars[index].at
        look = bot.looked(self._token, held, now, bar_at, market, bot.shadows.opinions(market, now))
        return [Thought(market, look, Occasion.LOOK)]

    def hear(self, index: int) -> None:
        """The bar at this index has been shown."""
        bot, recording = self._bot, self._feed.recording
        bar, asset = recording.bars[index], self._token.key.address
        seen = bot.shadows.seen.get(asset)
        if seen is not None and bar.at <= seen:
            return
        ten = self._stage.play(index)
        market = self._stage.market(index)
        held = bot.desk.venue.price(self._token)
        look = bot.looked(self._token, held, recording.closes_at(index), bar.at, market, ten)
        bot.conclude(Thought(market, look, Occasion.CLOSE))
