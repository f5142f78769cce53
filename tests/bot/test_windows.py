"""Windows: the indicators of this moment are those of one more bar that closes at the present price."""

from datetime import timedelta
from decimal import Decimal

from app.bot.indicators import WINDOW
from app.bot.windows import last_row, rows_now
from app.domain.bars import Bar
from tests.bot.snapshots import series, walk

RISEN, FALLEN = Decimal("1.02"), Decimal("0.97")


def with_present(bars: list[Bar], change: Decimal) -> list[Bar]:
    """One more bar by hand: it opens at the last close, goes straight to the present price, with the last volume."""
    last = bars[-1]
    before, price = last.close, last.close * change
    low, high = (before, price) if change > 1 else (price, before)
    return [*bars, Bar(last.at + timedelta(hours=1), before, high, low, price, last.volume, "drawn")]


def test_the_rows_of_now_are_those_of_one_more_bar_whether_the_price_has_risen_or_fallen() -> None:
    bars = [walk(1, WINDOW), walk(2, WINDOW + 9)]
    for changes in ((RISEN, FALLEN), (FALLEN, RISEN)):
        by_hand = [series(with_present(*each)) for each in zip(bars, changes, strict=True)]
        prices = [float(whole.close[-1]) for whole in by_hand]
        assert rows_now([series(each) for each in bars], prices) == [last_row(whole) for whole in by_hand]
