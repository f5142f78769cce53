"""The tape: every interval built at once, nothing lost between two writings."""

from datetime import datetime, timedelta
from decimal import Decimal

from app.domain.bars import PART, TICKS, Bar, Interval, opened
from app.domain.tokens import TokenKey
from app.trading.tape import MOST_UNWRITTEN, Tape
from tests.clock import START


def bar(at: datetime, first: int, high: int, low: int, last: int, origin: str) -> Bar:
    return Bar(at, Decimal(first), Decimal(high), Decimal(low), Decimal(last), origin=origin)


WETH, LINK = TokenKey(8453, "0x" + "42" * 20), TokenKey(8453, "0x" + "88" * 20)


def test_a_tick_goes_into_a_bar_of_every_interval() -> None:
    tape = Tape()
    tape.tick(WETH, Decimal(10), START)
    tape.tick(WETH, Decimal(12), START + timedelta(seconds=30))
    tape.tick(WETH, Decimal(11), START + timedelta(seconds=61))
    minute, day = tape.last(WETH, Interval.M1), tape.last(WETH, Interval.D1)
    assert minute == bar(START + timedelta(minutes=1), 11, 11, 11, 11, PART)
    assert day == bar(Interval.D1.start_of(START), 10, 12, 10, 11, PART)
    assert tape.unwritten(WETH, Interval.M1)[0] == bar(START, 10, 12, 10, 12, TICKS)


def test_only_a_bar_that_was_watched_from_beginning_to_end_is_whole() -> None:
    tape = Tape()
    for second in (30, 61, 125):
        tape.tick(WETH, Decimal(10), START + timedelta(seconds=second))
    assert [bar.origin for bar in tape.unwritten(WETH, Interval.M1)] == [PART, TICKS, PART]


def test_a_clock_set_back_far_lets_go_of_the_bar_that_was_ahead_of_time() -> None:
    tape = Tape()
    tape.tick(WETH, Decimal(10), START + timedelta(days=1))
    tape.tick(WETH, Decimal(11), START)
    last = tape.last(WETH, Interval.H1)
    assert last is not None
    assert (last.at, last.close) == (START, Decimal(11))
    assert [bar.at for bar in tape.unwritten(WETH, Interval.H1)] == [START]


def test_what_changed_is_taken_once_and_can_be_given_back() -> None:
    tape = Tape()
    tape.tick(WETH, Decimal(10), START)
    taken = tape.take()
    assert len(taken) == len(Interval)
    assert tape.take() == []
    tape.tick(WETH, Decimal(13), START + timedelta(seconds=1))
    tape.give_back(taken)
    assert {bar.close for _, _, bar in tape.take()} == {Decimal(13)}


def test_what_no_disk_takes_for_long_is_bounded_and_the_oldest_minutes_are_let_go_first() -> None:
    tape = Tape()
    minutes = MOST_UNWRITTEN + 5
    tape.give_back(
        [
            *(
                (WETH, interval, opened(Decimal(1), START + interval.length * number, interval))
                for number in range(-10, 0)
                for interval in (Interval.M5, Interval.D1)
            ),
            *(
                (WETH, Interval.M1, opened(Decimal(1), START + timedelta(minutes=it), Interval.M1))
                for it in range(minutes)
            ),
        ]
    )
    assert (len(tape.take()), tape.let_go) == (MOST_UNWRITTEN, 25)
    assert tape.unwritten(WETH, Interval.M1)[0].at == START + timedelta(minutes=25)
    assert len(tape.unwritten(WETH, Interval.M5)) == len(tape.unwritten(WETH, Interval.D1)) == 10


def test_a_tick_older_than_the_open_bar_is_left_out_of_that_interval() -> None:
    tape = Tape()
    tape.tick(WETH, Decimal(10), START)
    tape.tick(WETH, Decimal(99), START - timedelta(seconds=30))
    last = tape.last(WETH, Interval.M1)
    assert last is not None
    assert last.high == Decimal(10)


def test_a_bar_that_was_open_before_the_first_tick_is_gone_on_with() -> None:
    tape = Tape()
    tape.tick(WETH, Decimal(12), START + timedelta(seconds=90))
    hour = Interval.H1.start_of(START)
    tape.resume(WETH, Interval.H1, Bar(hour, Decimal(10), Decimal(15), Decimal(9), Decimal(11), Decimal(7), "coinbase"))
    merged = tape.last(WETH, Interval.H1)
    assert merged is not None
    assert (merged.open, merged.high, merged.low, merged.close) == (Decimal(10), Decimal(15), Decimal(9), Decimal(12))
    assert (merged.volume, merged.origin) == (0, PART)
    tape.resume(WETH, Interval.H1, opened(Decimal(1), START - timedelta(hours=2), Interval.H1))
    assert tape.last(WETH, Interval.H1) == merged


def test_a_bar_that_a_source_had_begun_is_a_part_whose_volume_nobody_knows() -> None:
    tape = Tape()
    begun = Bar(START, Decimal(10), Decimal(15), Decimal(9), Decimal(11), Decimal(7), "coinbase")
    tape.resume(WETH, Interval.M1, begun)
    assert tape.last(WETH, Interval.M1) == bar(START, 10, 15, 9, 11, PART)
    for second in (20, 60, 120):
        tape.tick(WETH, Decimal(12), START + timedelta(seconds=second))
    assert tape.unwritten(WETH, Interval.M1) == [
        bar(START, 10, 15, 9, 12, PART),
        bar(START + timedelta(minutes=1), 12, 12, 12, 12, TICKS),
        bar(START + timedelta(minutes=2), 12, 12, 12, 12, PART),
    ]


def test_recorded_bars_are_folded_into_their_own_and_every_longer_interval() -> None:
    tape = Tape()
    for minute, price in enumerate((10, 14, 12)):
        at = START + timedelta(minutes=minute)
        tape.fold(
            WETH, Interval.M1, Bar(at, Decimal(price), Decimal(price), Decimal(price), Decimal(price), Decimal(5))
        )
    hour = tape.last(WETH, Interval.H1)
    assert hour == Bar(START, Decimal(10), Decimal(14), Decimal(10), Decimal(12), Decimal(15))


def test_what_is_unwritten_comes_in_order_and_is_forgotten_for_one_token_only() -> None:
    tape = Tape()
    for minute in range(3):
        tape.tick(WETH, Decimal(10 + minute), START + timedelta(minutes=minute))
    tape.tick(LINK, Decimal(1), START)
    assert [bar.open for bar in tape.unwritten(WETH, Interval.M1)] == [Decimal(10), Decimal(11), Decimal(12)]
    tape.forget(WETH)
    assert tape.unwritten(WETH, Interval.M1) == []
    assert tape.last(LINK, Interval.M1) is not None
