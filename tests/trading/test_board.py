"""The board: readings in, consensus out, and nothing garbled comes back."""

from datetime import datetime, timedelta
from decimal import Decimal

from app.domain.prices import PriceState, Reading, SourceRule
from app.domain.tokens import TokenKey
from app.trading.board import TRAIL_LENGTH, Board
from tests.clock import START

WETH, LINK = TokenKey(8453, "0x" + "42" * 20), TokenKey(8453, "0x" + "88" * 20)
LIMIT = timedelta(seconds=30)


def board() -> Board:
    names = ("dexscreener", "coinbase", "kraken")
    return Board({name: SourceRule(name, rank, name, LIMIT) for rank, name in enumerate(names)})


def reading(source: str, price: str, at: datetime, token: TokenKey = WETH) -> Reading:
    return Reading(token, Decimal(price), source, at, at)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_reading_a_price_ten_thousand_times_is_counted_and_changes_nothing() -> None:
    desk = board()
    desk.post([reading("dexscreener", "2500", START)], START)
    first = desk.read(WETH)
    assert all(desk.read(WETH) is first for _ in range(9_999))
    assert (desk.reads.hits, desk.reads.misses) == (10_000, 0)
    assert desk.reads.by_source["dexscreener"] == desk.reads.fresh_by_source["dexscreener"] == 10_000


def test_a_token_that_nobody_has_priced_is_read_as_none() -> None:
    desk = board()
    assert desk.read(LINK).state is PriceState.NONE
    assert desk.reads.misses == 1


def test_a_reading_from_the_future_is_garbled_and_not_put_up() -> None:
    desk = board()
    assert desk.post([reading("dexscreener", "2500", after(3600))], START) == set()
    assert desk.read(WETH).price is None
    assert desk.garbled["dexscreener"] == 1


def test_an_older_reading_than_the_one_already_up_is_not_put_up() -> None:
    desk = board()
    desk.post([reading("dexscreener", "2500", START)], START)
    assert desk.post([reading("dexscreener", "2400", after(-20))], after(1)) == set()
    assert desk.read(WETH).price == Decimal(2500)


def test_prices_grow_old_without_anybody_speaking() -> None:
    desk = board()
    desk.post([reading("dexscreener", "2500", START)], START)
    assert desk.settle(after(10)) == set()
    assert desk.settle(after(31)) == {WETH}
    assert desk.read(WETH).state is PriceState.DELAYED
    assert desk.settle(after(301)) == {WETH}
    assert desk.read(WETH).state is PriceState.STALE


def test_a_garbled_reading_is_counted_once_and_is_no_price_even_when_all_others_fall_silent() -> None:
    desk = board()
    good = [reading("coinbase", "2500", START), reading("kraken", "2501", START)]
    desk.post([*good, reading("dexscreener", "250000", START)], START)
    assert desk.read(WETH).price == Decimal(2500)
    desk.settle(after(29))
    desk.settle(after(400))
    assert desk.read(WETH).price == Decimal(2500)
    assert desk.garbled["dexscreener"] == 1


def test_a_source_that_stays_a_hundred_times_off_never_takes_down_what_was_agreed() -> None:
    desk = board()
    desk.post([reading("coinbase", "2500", START), reading("dexscreener", "2500", START)], START)
    for step in range(1, 60):
        at = after(15 * step)
        desk.post([reading("dexscreener", "250000", at)], at)
        desk.post([reading("coinbase", str(2500 + step), at)], at)
        price = desk.read(WETH)
        # Its own good reading leads for as long as it is young; then the other source does.
        assert price.price == Decimal(2500 if step <= 2 else 2500 + step)
        assert price.state is PriceState.LIVE


def test_two_sources_that_contradict_each_other_from_the_start_give_no_price_between_them() -> None:
    desk = board()
    for step in range(5):
        desk.post([reading("dexscreener", "250000", after(15 * step))], after(15 * step))
        desk.post([reading("coinbase", "2500", after(15 * step + 1))], after(15 * step + 1))
        assert desk.read(WETH).price is None


def test_a_source_that_recovers_is_heard_again_at_once() -> None:
    desk = board()
    desk.post([reading("coinbase", "2500", START), reading("kraken", "2500", START)], START)
    desk.post([reading("dexscreener", "250000", after(1))], after(1))
    desk.post([reading("dexscreener", "2502", after(2))], after(2))
    assert desk.read(WETH).source == "dexscreener"


def test_a_clock_set_back_an_hour_leaves_no_price_that_looks_new_and_heals_with_the_next_reading() -> None:
    desk = board()
    desk.post([reading("dexscreener", "2500", START)], START)
    desk.settle(after(-3600))
    assert desk.read(WETH).state is PriceState.NONE
    desk.post([reading("dexscreener", "2510", after(-3590))], after(-3590))
    assert (desk.read(WETH).price, desk.read(WETH).state) == (Decimal(2510), PriceState.LIVE)


def test_a_clock_set_forward_a_day_makes_prices_stale_until_the_next_reading() -> None:
    desk = board()
    desk.post([reading("dexscreener", "2500", START)], START)
    desk.settle(after(86_400))
    assert desk.read(WETH).state is PriceState.STALE
    desk.post([reading("dexscreener", "2510", after(86_401))], after(86_401))
    assert desk.read(WETH).state is PriceState.LIVE


def test_a_bad_reading_of_one_token_leaves_the_others_untouched() -> None:
    desk = board()
    both = [reading("coinbase", "2500", START), reading("coinbase", "14", START, LINK)]
    desk.post(both, START)
    desk.post([reading("dexscreener", "250000", after(1)), reading("dexscreener", "14.1", after(1), LINK)], after(1))
    assert desk.read(LINK).source == "dexscreener"


def test_the_first_price_of_all_waits_a_moment_for_a_second_group_to_agree() -> None:
    desk = Board(board().rules, patience=timedelta(seconds=5))
    desk.post([reading("dexscreener", "250000", START)], START)
    assert desk.read(WETH).price is None
    desk.post([reading("coinbase", "2500", after(1)), reading("kraken", "2501", after(1))], after(1))
    assert (desk.read(WETH).source, desk.read(WETH).confirmed) == ("coinbase", True)


def test_a_first_price_that_nobody_confirms_is_believed_after_the_wait() -> None:
    desk = Board(board().rules, patience=timedelta(seconds=5))
    desk.post([reading("dexscreener", "2500", START)], START)
    assert desk.settle(after(4)) == set()
    assert desk.settle(after(5)) == {WETH}
    assert desk.read(WETH).state is PriceState.LIVE


def test_a_slow_source_of_another_group_disputes_a_quick_one() -> None:
    rules = board().rules | {"kraken": SourceRule("kraken", 2, "kraken", timedelta(seconds=600))}
    desk = Board(rules)
    for second in range(0, 620, 15):
        desk.post([reading("dexscreener", "2500", after(second))], after(second))
        if second in (0, 300, 600):
            desk.post([reading("kraken", "3000", after(second))], after(second))
    assert desk.read(WETH).state is PriceState.DISPUTED


def test_one_cached_answer_heard_twice_is_one_opinion() -> None:
    desk = board()
    for second in (0, 15):
        desk.post([reading("dexscreener", "2500", after(second))], after(second))
        desk.post([reading("coinbase", "2600", START)], after(second))
    assert desk.read(WETH).state is PriceState.LIVE


def test_what_is_forgotten_is_gone() -> None:
    desk = board()
    desk.post([reading("coinbase", "2500", START)], START)
    desk.forget(WETH)
    assert desk.read(WETH).price is None


def test_a_trail_stays_short_however_long_the_desk_runs() -> None:
    desk = board()
    for second in range(0, 6000, 15):
        desk.post([reading("coinbase", "2500", after(second))], after(second))
    assert len(desk._columns[WETH].trails["coinbase"]) <= TRAIL_LENGTH  # pyright: ignore[reportPrivateUsage] # the bound is what is tested
