"""The diary's day: what has no live price is neither gain nor loss, and hides nobody else's."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from app.domain.ledger import Account, Entry, Position, deposit, folded, swapped
from app.domain.orders import Side
from app.domain.valuation import UNKNOWN, Price, valued
from app.trading.diary import Diary, diary_of
from tests.clock import START
from tests.domain.deals import D, trade

A, B = "0xa", "0xb"
LATE = START.replace(hour=23, minute=59)
NEXT = LATE + timedelta(minutes=2)


def account_of(**paid: int) -> Account:
    """Ten thousand dollars, of which so many bought so many tokens at a dollar each."""
    bought = [
        Entry(number, START, swapped(f"0x{name}", Decimal(usd), Decimal(usd)))
        for number, (name, usd) in enumerate(paid.items(), start=2)
    ]
    return folded("s1", [deposit(1, START, Decimal(10_000)), *bought])


class Day:
    """A diary of an account that is looked at; prices by token, with a '?' behind one that is not live."""

    def __init__(self, **paid: int) -> None:
        self.account = account_of(**paid)
        self.diary = Diary()
        self.at = LATE

    def look(self, later: timedelta = timedelta(seconds=1), **prices: str) -> float:
        """The loss in percent, to six digits, at these prices."""
        self.at += later
        known = {f"0x{name}": Price(Decimal(text.rstrip("?")), live="?" not in text) for name, text in prices.items()}

        def price_of(asset: str) -> Price:
            return known.get(asset, UNKNOWN)

        self.diary.turn(self.at, valued(self.account, price_of).equity, self.account, price_of)
        return round(self.diary.loss_pct, 6)

    def restart(self) -> None:
        self.diary = diary_of(json.loads(json.dumps(self.diary.kept())))


def test_a_dollar_without_a_live_price_hides_no_loss_of_the_rest() -> None:
    day = Day(a=5_000, b=1)
    day.look(a="1", b="1")
    assert day.look(timedelta(minutes=2), a="1", b="1?") == 0
    assert day.diary.began == 10_000
    assert day.look(a="0.8", b="1?") == 10


def test_a_token_that_is_watched_no_more_hides_no_loss_either() -> None:
    day = Day(a=5_000, b=1)
    assert day.look(timedelta(minutes=2), a="1") == 0
    assert day.look(a="0.8") == 10


def test_a_price_that_is_not_live_is_neither_gain_nor_loss_whatever_it_says() -> None:
    day = Day(a=2_000, b=2_000)
    day.look(a="1", b="1")
    assert day.look(a="1", b="0.1?") == 0
    assert day.look(a="0.9", b="9?") == 2
    assert day.look(a="0.9") == 2


def test_what_fell_while_it_was_not_live_is_a_loss_once_it_is_live_again() -> None:
    day = Day(b=5_000)
    day.look(b="1")
    assert day.look(b="0.5?") == 0
    assert day.look(b="0.9") == 5


def test_what_had_fallen_before_its_price_fell_silent_stays_a_loss() -> None:
    day = Day(a=5_000, b=5_000)
    day.look(a="1", b="1")
    day.look(a="1", b="0.9")
    assert day.look(a="0.9", b="1?") == 10


@pytest.mark.parametrize(("first", "then", "lost"), [("0.5", "0.5", 0), ("2", "2", 0), ("0.5", "0.4", 6.666667)])
def test_the_day_of_a_token_begins_with_its_first_live_price(first: str, then: str, lost: float) -> None:
    day = Day(b=5_000)
    day.look(b="1")
    assert day.look(timedelta(minutes=2), b="1?") == 0
    assert day.look(b=first) == 0
    # In the third case 500 of the 7,500 that are left of yesterday.
    assert day.look(b=then) == lost


def test_what_was_lost_of_the_rest_stays_when_a_token_s_day_begins_later() -> None:
    day = Day(a=5_000, b=5_000)
    day.look(a="1", b="1")
    day.look(timedelta(minutes=2), a="1", b="1?")
    assert day.look(a="0.9", b="1?") == 5
    assert day.look(a="0.9", b="2") == round(100 * 500 / 15_000, 6)


class TestRestart:
    def test_the_day_goes_on_as_it_was(self) -> None:
        day = Day(a=5_000, b=1)
        day.look(timedelta(minutes=2), a="1", b="1?")
        day.look(a="0.9", b="1?")
        before = day.diary
        day.restart()
        assert day.diary == before
        assert (day.diary.late, day.diary.loss_pct) == ({B}, before.loss_pct)

    def test_a_price_from_before_it_is_not_the_last_one_until_the_sources_have_had_time(self) -> None:
        day = Day(a=5_000, b=5_000)
        day.look(a="1", b="1")
        day.look(a="1", b="0.9")
        # This is not lower, and so is not on disk.
        day.look(a="0.8", b="1.2")
        day.diary.prices[B] = Decimal("0.9")
        day.restart()
        assert day.look(a="0.8") == 5
        assert day.look(a="0.8", b="1.2") == 5

    def test_a_token_that_stays_silent_after_it_hides_nothing_for_long(self) -> None:
        day = Day(a=5_000, b=1)
        day.at = START
        day.look(a="1", b="1")
        day.restart()
        assert day.look(a="0.8") == 0
        assert day.look(timedelta(minutes=6), a="0.8") == 10

    def test_what_the_first_releases_kept_is_read(self) -> None:
        day = Day(a=5_000)
        day.look(a="1")
        kept = {name: value for name, value in day.diary.kept().items() if name not in ("prices", "late")}
        day.diary = diary_of(kept)
        assert day.look(a="0.8") == 10


class TestKelly:
    """Half of mean over variance of the round trips' returns after gas, in percent."""

    @staticmethod
    def after(*gained: int, times: int) -> float | None:
        """Level 10's share after round trips of 100 dollars that have gained so much, and cost a dollar of gas."""
        diary = Diary()
        for dollars in gained * times:
            closed = Position(A, D(0), D(0), D(1), D(100), D(dollars), START, START)
            diary.note(trade(2, Side.SELL, "1", "1", gas="1"), closed)
        return diary.kelly_pct()

    def test_it_is_half_of_mean_over_variance_of_thirty_returns(self) -> None:
        # 16 % and −14 % by turns: the mean is 1 %, the variance 15 % squared, and half of 0.01 / 0.0225 is 2/9.
        assert self.after(17, -13, times=15) == pytest.approx(100 * 2 / 9)

    def test_fewer_than_thirty_returns_are_not_enough(self) -> None:
        assert self.after(17, times=29) is None

    def test_only_the_last_hundred_returns_count(self) -> None:
        assert self.after(*[99] * 50, *[17, -13] * 50, times=1) == pytest.approx(100 * 2 / 9)

    def test_returns_that_do_not_vary_at_all_give_no_share(self) -> None:
        assert [self.after(gained, times=30) for gained in (26, 3, 2, -2)] == [0.0] * 4
