"""What faces read of a house's market: prices, days and bars, from the floor that stands now."""

from app.domain.bars import Bar, Interval
from app.domain.chains import Chain
from app.domain.prices import Consensus
from app.domain.tokens import Token
from app.runtime.floor import Day, Feed, Floor
from app.trading.board import Board
from app.trading.tape import RECENT
from app.trading.watchlist import board_key


class Shown:
    """A floor and the feed that fills it; both change when the market is switched."""

    floor: Floor
    feed: Feed

    @property
    def chain(self) -> Chain:
        return self.floor.chain

    @property
    def board(self) -> Board:
        return self.floor.board

    def price(self, token: Token) -> Consensus:
        """The price on the board that stands for this token: never a call."""
        return self.board.read(board_key(token) or token.key)

    def day(self, token: Token) -> Day:
        """The token's last 24 hours."""
        return self.floor.days.get(board_key(token) or token.key, Day())

    async def bars(self, token: Token, interval: Interval, limit: int) -> list[Bar]:
        """Bars of the token in order of time, the open one last."""
        return await self.floor.past(self.feed, board_key(token) or token.key, interval, limit)

    def newest_bars(self, token: Token, interval: Interval) -> list[Bar]:
        """The open bar, and before it those that may have closed since the last tick was shown."""
        count = 2 if self.feed.keeps_bars else RECENT
        return self.floor.tape.newest(board_key(token) or token.key, interval, count)

    def last_bar(self, token: Token, interval: Interval) -> Bar | None:
        """The open bar."""
        return self.floor.tape.last(board_key(token) or token.key, interval)
