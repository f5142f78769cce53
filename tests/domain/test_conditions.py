"""Conditions: each thing that can be wrong is said in one sentence, and nothing is said of what is right."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.alerts import AlertKind, Condition
from app.domain.bots import BotState
from app.domain.conditions import (
    LEAST_FREE_BYTES,
    PATIENCE,
    BooksSeen,
    BotSeen,
    DiskSeen,
    FeedSeen,
    PriceSeen,
    Snapshot,
    SourceSeen,
    conditions,
    unknown,
)
from app.domain.prices import PriceState

LIVE, DOWN = SourceSeen("kraken", "Kraken", "live"), SourceSeen("coinbase", "Coinbase", "down")
SILENT = (AlertKind.RATE_LIMITED, "coinbase")
BOT = BotSeen(BotState.RUNNING, tick_s=15, silent_s=14, lost_pct=3, limit_pct=Decimal(10))
WELL = Snapshot(
    feed=FeedSeen((LIVE, DOWN)),
    held=(PriceSeen("WETH", PriceState.LIVE, 3), PriceSeen("LINK", PriceState.DELAYED, 90)),
    books=BooksSeen("s1", Decimal(0), ""),
    bot=BOT,
    disk=DiskSeen(10**11, 10**12),
)


def found(**wrong: object) -> list[tuple[AlertKind, str]]:
    return [condition.key for condition in conditions(replace(WELL, **wrong))]  # pyright: ignore[reportArgumentType] # the parts of a snapshot


def only(**wrong: object) -> Condition:
    (one,) = conditions(replace(WELL, **wrong))  # pyright: ignore[reportArgumentType] # the parts of a snapshot
    return one


def test_nothing_is_said_of_a_desk_that_is_well() -> None:
    assert conditions(WELL) == ()
    assert unknown(replace(WELL, feed=FeedSeen((LIVE,)))) == frozenset()


def test_the_feed_is_down_while_no_source_of_a_live_market_is_live() -> None:
    assert found(feed=FeedSeen((DOWN, replace(LIVE, state="resting")))) == [(AlertKind.FEED_DOWN, "live")]
    assert found(feed=FeedSeen((DOWN, LIVE))) == []


def test_a_source_that_only_confirms_is_no_feed_however_live_it_is() -> None:
    chainlink = SourceSeen("chainlink", "Chainlink", "live", leads=False)
    assert found(feed=FeedSeen((LIVE, chainlink))) == []
    assert found(feed=FeedSeen((DOWN, chainlink))) == [(AlertKind.FEED_DOWN, "live")]
    assert only(feed=FeedSeen((DOWN, chainlink))).sentence.startswith("Only Chainlink answers, which confirms prices ")


def test_a_market_that_is_not_to_be_live_has_no_feed_that_could_be_down() -> None:
    assert found(feed=None) == []


def test_an_invented_market_in_the_place_of_the_live_one_is_a_feed_that_is_down() -> None:
    assert found(feed=FeedSeen((DOWN,), stands_in=True)) == [(AlertKind.FEED_DOWN, "demo")]


def test_each_source_that_told_us_to_wait_is_named() -> None:
    waiting = (replace(LIVE, limited=True, state="resting"), replace(DOWN, limited=True), replace(LIVE, name="alchemy"))
    said = [condition.sentence for condition in conditions(replace(WELL, feed=FeedSeen(waiting)))]
    assert said == [f"{name} was asked too often and has told Drydock to wait." for name in ("Kraken", "Coinbase")]


@pytest.mark.parametrize(
    ("state", "age", "kind", "sentence"),
    [
        (PriceState.DISPUTED, 9, AlertKind.PRICE_DISPUTED, "The sources disagree about WETH, which is held"),
        (
            PriceState.STALE,
            660,
            AlertKind.PRICE_STALE,
            "The price of WETH was 11 minutes old when this was raised, and it is held",
        ),
        (PriceState.NONE, None, AlertKind.PRICE_STALE, "WETH has no price, and it is held"),
    ],
)
def test_a_price_that_stops_cannot_use_is_said_where_the_token_is_held(
    state: PriceState, age: int | None, kind: AlertKind, sentence: str
) -> None:
    told = only(held=(PriceSeen("WETH", state, age),))
    assert told.key == (kind, "WETH")
    assert told.sentence.startswith(sentence)


@pytest.mark.parametrize(
    ("state", "age", "kind", "sentence"),
    [
        (PriceState.DISPUTED, 2, AlertKind.PRICE_DISPUTED, "The sources disagree about USDC"),
        (PriceState.DELAYED, 90, AlertKind.PRICE_STALE, "The price of USDC was 90 seconds old when this was raised"),
        (PriceState.STALE, 660, AlertKind.PRICE_STALE, "The price of USDC was 11 minutes old when this was raised"),
        (PriceState.NONE, None, AlertKind.PRICE_STALE, "USDC has no price"),
    ],
)
def test_while_what_pays_for_a_fill_has_no_live_price_it_is_said_that_nothing_can_be_bought_or_sold(
    state: PriceState, age: int | None, kind: AlertKind, sentence: str
) -> None:
    told = only(held=(PriceSeen("WETH", PriceState.LIVE, 1), PriceSeen("USDC", state, age, pays=True)))
    assert told.key == (kind, "USDC")
    assert told.sentence == f"{sentence}; nothing can be bought or sold until it is live, so every stop waits."


def test_books_that_are_off_in_memory_or_on_disk_are_said() -> None:
    assert "off by 0.01 dollars" in only(books=BooksSeen("s1", Decimal("0.01"), None)).sentence
    assert only(books=BooksSeen("s1", Decimal(0), "memory is off.")).sentence.endswith(": memory is off.")


@pytest.mark.parametrize(("tick_s", "silent_s"), [(15, 60), (1, 60), (60, 180)])
def test_a_bot_is_stalled_after_three_ticks_and_never_before_a_minute(tick_s: float, silent_s: float) -> None:
    late = replace(BOT, tick_s=tick_s, silent_s=silent_s)
    assert found(bot=late) == [(AlertKind.BOT_STALLED, "")]
    assert found(bot=replace(late, silent_s=silent_s - 1)) == []
    assert found(bot=replace(late, state=BotState.PAUSED)) == [(AlertKind.BOT_STALLED, "")]
    assert found(bot=replace(late, state=BotState.STOPPED)) == []


def test_the_daily_loss_is_reached_where_the_gate_of_the_bot_fails() -> None:
    assert found(bot=replace(BOT, lost_pct=10.0)) == []
    assert found(bot=replace(BOT, lost_pct=10.1)) == [(AlertKind.DAILY_LOSS, "")]
    assert found(bot=replace(BOT, lost_pct=99, limit_pct=None)) == []


@pytest.mark.parametrize(
    ("free", "total", "wrong"),
    [
        (LEAST_FREE_BYTES, LEAST_FREE_BYTES * 10, False),
        (LEAST_FREE_BYTES - 1, LEAST_FREE_BYTES * 10, True),
        (50 * 10**9, 10**12, False),
        (50 * 10**9 - 1, 10**12, True),
    ],
)
def test_a_disk_is_nearly_full_with_less_than_either_limit(free: int, total: int, wrong: bool) -> None:
    assert bool(found(disk=DiskSeen(free, total))) is wrong


@pytest.mark.parametrize(
    ("seen", "figure"),
    [
        ({"disk": DiskSeen(185_000_000, 10**12)}, "185 MB were left"),
        ({"held": (PriceSeen("WETH", PriceState.STALE, 660),)}, "was 11 minutes old"),
        ({"bot": replace(BOT, silent_s=61)}, "had not looked at the market for 61 seconds"),
        ({"bot": replace(BOT, lost_pct=10.1)}, "had lost 10.1 % today"),
        ({"books": BooksSeen("s1", Decimal("0.01"), None)}, "equity was off by 0.01 dollars"),
    ],
)
def test_a_figure_that_moves_on_while_an_alert_stands_is_said_to_be_that_of_its_beginning(
    seen: dict[str, object], figure: str
) -> None:
    assert f"{figure} when this was raised" in only(**seen).sentence


def test_of_what_could_not_be_looked_at_nothing_is_known() -> None:
    prices, bot = {AlertKind.PRICE_DISPUTED, AlertKind.PRICE_STALE}, {AlertKind.BOT_STALLED, AlertKind.DAILY_LOSS}
    assert unknown(Snapshot()) == prices | bot | {AlertKind.BOOKS_OUT_OF_BALANCE, AlertKind.DISK_NEARLY_FULL}
    assert conditions(Snapshot()) == ()
    before_an_audit = replace(WELL, books=BooksSeen("s1", Decimal(0), None))
    assert unknown(before_an_audit) == {AlertKind.BOOKS_OUT_OF_BALANCE, SILENT}


def test_of_a_bot_that_was_just_opened_nobody_knows_whether_it_stands_still() -> None:
    opened = replace(BOT, ticked=False)
    assert unknown(replace(WELL, bot=opened)) == {AlertKind.BOT_STALLED, SILENT}
    assert unknown(replace(WELL, bot=replace(opened, silent_s=60))) == {SILENT}
    assert unknown(replace(WELL, bot=replace(opened, state=BotState.STOPPED))) == {SILENT}


@pytest.mark.parametrize("state", ["waiting", "resting", "down", "live", "idle"])
def test_of_a_source_that_has_not_answered_nobody_knows_whether_it_still_wants_to_be_waited_for(state: str) -> None:
    silent = replace(LIVE, state=state)
    known = {"live", "idle"}
    assert unknown(replace(WELL, feed=FeedSeen((silent,)))) == set(() if state in known else [(SILENT[0], "kraken")])
    assert unknown(replace(WELL, feed=FeedSeen((replace(silent, limited=True),)))) == set()


def test_patience_is_asked_of_no_kind_that_a_snapshot_cannot_show() -> None:
    assert AlertKind.RESTARTED not in PATIENCE
    assert PATIENCE[AlertKind.FEED_DOWN].lasting == 60
