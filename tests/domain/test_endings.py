"""Endings: that all is well again is said only where it is; where nobody looks any more, it is said why."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.domain.alerts import Alert, AlertKind, Condition, counting, recalled, sighted, turn
from app.domain.bots import BotState
from app.domain.conditions import (
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
from app.domain.endings import ending
from app.domain.prices import PriceState

K = AlertKind
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
LIVE, IDLE = SourceSeen("kraken", "Kraken", "live"), SourceSeen("kraken", "Kraken", "idle")
DOWN, CONFIRMS = replace(LIVE, state="down"), replace(LIVE, leads=False)
BOT = BotSeen(BotState.RUNNING, tick_s=15, silent_s=4, lost_pct=0, limit_pct=Decimal(10))
WETH, LINK = PriceSeen("WETH", PriceState.LIVE, 3), PriceSeen("LINK", PriceState.LIVE, 3)
WELL = Snapshot(
    feed=FeedSeen((LIVE,)),
    held=(WETH,),
    books=BooksSeen("s1", Decimal(0), ""),
    bot=BOT,
    disk=DiskSeen(10**11, 10**12),
    session_id="s1",
)
ELSEWHERE = replace(WELL, held=(), books=BooksSeen("s2", Decimal(0), ""), session_id="s2")
OVER = "It is well again."


def said(kind: AlertKind, about: str, **seen: object) -> str:
    """What an alert of session s1 ends with, on a desk where all else is well."""
    return ending(alert(kind, about), replace(WELL, **seen))  # pyright: ignore[reportArgumentType] # the parts of a snapshot


def alert(kind: AlertKind, about: str = "") -> Alert:
    return Alert("a1", Condition(kind, about, "It is wrong.", OVER), "s1", NOON)


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        (K.FEED_DOWN, "live"),
        (K.FEED_DOWN, "demo"),
        (K.RATE_LIMITED, "kraken"),
        (K.PRICE_DISPUTED, "WETH"),
        (K.PRICE_STALE, "WETH"),
        (K.BOOKS_OUT_OF_BALANCE, "s1"),
        (K.BOT_STALLED, ""),
        (K.DAILY_LOSS, ""),
        (K.DISK_NEARLY_FULL, ""),
        (K.RESTARTED, "2026-11-02T12:00:00Z"),
    ],
)
def test_what_is_well_again_ends_with_what_was_said_that_it_would(kind: AlertKind, about: str) -> None:
    assert said(kind, about) == OVER


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        (K.PRICE_DISPUTED, "WETH"),
        (K.PRICE_STALE, "WETH"),
        (K.BOOKS_OUT_OF_BALANCE, "s1"),
        (K.BOT_STALLED, ""),
        (K.DAILY_LOSS, ""),
    ],
)
def test_what_was_wrong_with_a_session_ends_with_it(kind: AlertKind, about: str) -> None:
    assert ending(alert(kind, about), ELSEWHERE) == "Another session is open."


def test_a_price_that_another_session_needs_too_is_looked_at_there() -> None:
    assert ending(alert(K.PRICE_STALE, "WETH"), replace(ELSEWHERE, held=(WETH,))) == OVER


@pytest.mark.parametrize("kind", [K.PRICE_DISPUTED, K.PRICE_STALE])
def test_a_token_that_was_sold_has_no_price_again(kind: AlertKind) -> None:
    assert said(kind, "WETH", held=(LINK,)) == "WETH is not held any more."
    assert said(kind, "USDC", held=()) == "Nothing is held any more that needs the price of USDC."


def test_a_price_that_is_wrong_in_another_way_by_now_is_not_well() -> None:
    disputed, delayed = replace(WETH, state=PriceState.DISPUTED), replace(WETH, state=PriceState.DELAYED)
    about = "about which its sources"
    assert said(K.PRICE_STALE, "WETH", held=(disputed,)) == f"WETH has a price again, {about} disagree."
    assert said(K.PRICE_STALE, "WETH", held=(delayed,)) == OVER
    assert said(K.PRICE_DISPUTED, "WETH", held=(delayed,)) == f"WETH has no live price any more {about} could disagree."
    alone = replace(WETH, confirmed=False)
    assert said(K.PRICE_DISPUTED, "WETH", held=(alone,)) == "No source contradicts the price of WETH any more."
    assert said(K.PRICE_STALE, "WETH", held=(alone,)) == OVER


def test_a_bot_that_was_stopped_does_not_look_at_the_market_again() -> None:
    assert said(K.BOT_STALLED, "", bot=replace(BOT, state=BotState.STOPPED)) == "The bot was stopped."
    assert said(K.BOT_STALLED, "", bot=replace(BOT, state=BotState.PAUSED)) == OVER


@pytest.mark.parametrize("state", [BotState.PAUSED, BotState.STOPPED])
def test_a_bot_that_does_not_run_may_open_nothing_though_the_day_is_over(state: BotState) -> None:
    told = said(K.DAILY_LOSS, "", bot=replace(BOT, state=state))
    assert told == f"The day's loss is within its limit; the bot is {state.value}."


def test_a_loss_is_not_within_a_limit_that_there_is_no_more() -> None:
    assert said(K.DAILY_LOSS, "", bot=replace(BOT, limit_pct=None)).startswith("The bot has no limit of a day's loss")


def test_a_live_market_that_was_left_does_not_answer_again() -> None:
    assert said(K.FEED_DOWN, "live", feed=None) == said(K.RATE_LIMITED, "kraken", feed=None)
    assert said(K.FEED_DOWN, "live", feed=None) == "The live market was left."
    assert said(K.FEED_DOWN, "demo", feed=None) == "The live market is not tried any more."


def test_one_feed_that_is_down_in_the_place_of_another_is_not_well() -> None:
    stands_in, silent = FeedSeen((DOWN,), stands_in=True), FeedSeen((DOWN, CONFIRMS))
    assert said(K.FEED_DOWN, "live", feed=stands_in) == "An invented market stands in for the live one."
    assert said(K.FEED_DOWN, "demo", feed=silent) == "The live market is open, though no source gives prices."
    assert said(K.FEED_DOWN, "demo", feed=replace(silent, offered=True)) == OVER


def test_a_source_that_nothing_is_asked_of_does_not_answer_again() -> None:
    told = said(K.RATE_LIMITED, "kraken", feed=FeedSeen((IDLE,)))
    assert told == "Kraken is not asked any more: it knows none of the tokens."
    assert said(K.RATE_LIMITED, "coinbase", feed=FeedSeen((LIVE,))) == "The source coinbase is not asked any more."


OFF = replace(WELL, books=BooksSeen("s1", Decimal(1), ""))
STILL = replace(WELL, bot=replace(BOT, silent_s=99))
LOST = replace(WELL, bot=replace(BOT, lost_pct=11))
OLD = replace(WELL, held=(replace(WETH, state=PriceState.STALE, age_s=440),))


@pytest.mark.parametrize("wrong", [OFF, STILL, LOST, OLD])
def test_what_comes_back_with_its_session_is_raised_anew(wrong: Snapshot) -> None:
    standing, seen, told = list[Alert](), recalled([], 0), list[str]()
    for now, snapshot in enumerate([wrong, wrong, ELSEWHERE, ELSEWHERE, wrong, wrong, WELL, WELL]):
        seen = sighted(seen, conditions(snapshot), unknown(snapshot), {}, now)
        endings = {each.condition.key: ending(each, snapshot) for each in standing}
        change = turn(standing, counting(seen), endings)
        gone = {each.id for each in change.recovered}
        told += ["raised" for _ in change.raised] + [each.condition.recovery for each in change.recovered]
        standing = [each for each in standing if each.id not in gone]
        standing += [Alert(f"a{now}", each, snapshot.session_id, NOON) for each in change.raised]
    (again,) = (each.recovery for each in conditions(wrong))
    assert told == ["raised", "Another session is open.", "raised", again]
