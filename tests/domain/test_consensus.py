"""The consensus price: who leads, who confirms, what disputes, and what never becomes a price."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.domain.consensus import Witness, consensus, fresh_for, witnessed
from app.domain.prices import Consensus, PriceState, Reading, SourceRule
from app.domain.tokens import TokenKey

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
WETH = TokenKey(8453, "0x" + "42" * 20)
LEADERS = ("dexscreener", "geckoterminal", "coinbase", "kraken", "alchemy", "coingecko", "defillama")
GROUPS = {"geckoterminal": "dex", "dexscreener": "dex", "defillama": "coingecko"}


def rules(poll: float = 15) -> dict[str, SourceRule]:
    limit = fresh_for(timedelta(seconds=poll))
    held = {name: SourceRule(name, rank, GROUPS.get(name, name), limit) for rank, name in enumerate(LEADERS)}
    chainlink = SourceRule("chainlink", 7, "chainlink", timedelta(seconds=3960), leads=False, deviation_bp=Decimal(50))
    return held | {"chainlink": chainlink}


def reading(source: str, price: str, age: float = 0, *, stated: bool = True) -> Reading:
    at = NOW - timedelta(seconds=age)
    return Reading(WETH, Decimal(price), source, at, at if stated else None)


def held(*readings: Reading, witness: Witness | None = None, struck: Sequence[Reading] = ()) -> Consensus:
    trails: dict[str, list[Reading]] = {}
    for each in sorted(readings, key=lambda r: r.stands_at, reverse=True):
        trails.setdefault(each.source, []).append(each)
    return consensus(WETH, trails, rules(), NOW, witness, struck)


def test_without_any_reading_there_is_no_price() -> None:
    assert held() == Consensus(WETH, PriceState.NONE)


def test_one_source_alone_is_live_and_unconfirmed() -> None:
    price = held(reading("coingecko", "2500"))
    assert (price.state, price.price, price.source, price.confirmed) == ("live", Decimal(2500), "coingecko", False)


def test_among_fresh_readings_the_first_in_the_order_of_leaders_leads_however_young_the_others_are() -> None:
    price = held(reading("coingecko", "2501"), reading("kraken", "2502", 5), reading("dexscreener", "2500", 29))
    assert price.source == "dexscreener"
    assert price.price == Decimal(2500)


def test_a_leader_that_is_too_old_gives_way_to_the_next() -> None:
    assert held(reading("dexscreener", "2500", 31), reading("coinbase", "2502", 3)).source == "coinbase"


def test_chainlink_never_leads() -> None:
    assert held(reading("chainlink", "2500")).state is PriceState.NONE


def test_a_reading_without_a_time_is_as_old_as_its_fetch() -> None:
    price = held(reading("dexscreener", "2500", 12, stated=False))
    assert price.as_of == NOW - timedelta(seconds=12)
    assert price.state is PriceState.LIVE


def test_a_source_of_another_group_confirms() -> None:
    price = held(reading("dexscreener", "2500"), reading("coinbase", "2510"), reading("chainlink", "2505", 3000))
    assert price.confirmed_by == ("coinbase", "chainlink")


def test_sources_of_one_group_do_not_confirm_each_other() -> None:
    assert not held(reading("dexscreener", "2500"), reading("geckoterminal", "2500")).confirmed
    assert not held(reading("coingecko", "2500"), reading("defillama", "2500")).confirmed


def test_a_source_beyond_the_tolerance_does_not_confirm() -> None:
    assert not held(reading("dexscreener", "2500"), reading("coinbase", "2576")).confirmed
    assert held(reading("dexscreener", "2500"), reading("coinbase", "2575")).confirmed


def test_chainlink_is_granted_its_own_deviation() -> None:
    assert held(reading("dexscreener", "1000"), reading("chainlink", "1035")).confirmed
    assert not held(reading("dexscreener", "1000"), reading("chainlink", "1036")).confirmed


def test_the_price_is_delayed_up_to_five_minutes_and_stale_after() -> None:
    assert held(reading("dexscreener", "2500", 30)).state is PriceState.LIVE
    assert held(reading("dexscreener", "2500", 31)).state is PriceState.DELAYED
    assert held(reading("dexscreener", "2500", 300)).state is PriceState.DELAYED
    assert held(reading("dexscreener", "2500", 301)).state is PriceState.STALE


def test_a_source_polled_slowly_is_live_for_two_of_its_polls() -> None:
    slow = {"coingecko": SourceRule("coingecko", 0, "coingecko", fresh_for(timedelta(seconds=60)))}
    trail = {"coingecko": [reading("coingecko", "2500", 119)]}
    assert consensus(WETH, trail, slow, NOW).state is PriceState.LIVE


def test_two_groups_that_differ_on_two_polls_in_a_row_dispute_the_price() -> None:
    price = held(
        reading("dexscreener", "2500", 0),
        reading("dexscreener", "2500", 15),
        reading("coinbase", "2600", 1),
        reading("coinbase", "2600", 16),
    )
    assert price.state is PriceState.DISPUTED
    assert not price.confirmed


def test_a_difference_on_one_poll_only_disputes_nothing() -> None:
    agreed = [reading("dexscreener", "2500", 15), reading("coinbase", "2500", 16)]
    assert held(*agreed, reading("dexscreener", "2500", 0), reading("coinbase", "2600", 1)).state is PriceState.LIVE
    assert held(*agreed, reading("dexscreener", "2600", 0), reading("coinbase", "2500", 1)).state is PriceState.LIVE


def test_what_merely_lags_disputes_nothing() -> None:
    fallen = [reading("dexscreener", "2300", 0), reading("dexscreener", "2310", 15)]
    lagging = [reading("chainlink", "2500", 80), reading("chainlink", "2500", 95)]
    assert held(*fallen, *lagging).state is PriceState.LIVE


def test_a_reading_a_hundred_times_off_all_others_is_dropped() -> None:
    price = held(reading("dexscreener", "250000"), reading("coinbase", "2500"), reading("kraken", "2501"))
    assert [r.source for r in price.dropped] == ["dexscreener"]
    assert (price.price, price.source, price.state) == (Decimal(2500), "coinbase", "live")


def test_of_two_that_contradict_each_other_neither_is_a_price() -> None:
    price = held(reading("dexscreener", "250000"), reading("coinbase", "2500"))
    assert price.price is None
    assert len(price.dropped) == 2


def test_what_two_groups_had_just_agreed_on_outweighs_a_source_that_goes_wrong() -> None:
    vouched = Witness(Decimal(2498), NOW - timedelta(seconds=20), vouched=True)
    price = held(reading("dexscreener", "250000"), reading("coinbase", "2500"), witness=vouched)
    assert price.source == "coinbase"


def test_a_lone_source_that_leaps_is_held_against_its_last_price_while_that_is_recent() -> None:
    recent = Witness(Decimal(2500), NOW - timedelta(seconds=20), vouched=False)
    old = Witness(Decimal(2500), NOW - timedelta(seconds=301), vouched=False)
    assert held(reading("coingecko", "250000"), witness=recent).price is None
    assert held(reading("coingecko", "250000"), witness=old).price == Decimal(250000)


def test_what_all_say_alike_is_no_price_where_it_is_five_times_off_what_was_just_agreed() -> None:
    alike = [reading(source, "250000") for source in LEADERS]
    recent = Witness(Decimal(2500), NOW - timedelta(seconds=20), vouched=True)
    old = Witness(Decimal(2500), NOW - timedelta(seconds=301), vouched=True)
    assert held(*alike, witness=recent).price is None
    assert held(*alike, witness=old).price == Decimal(250000)


def test_what_was_struck_still_contradicts() -> None:
    assert held(reading("coinbase", "2500"), struck=[reading("dexscreener", "250000", 3)]).price is None
    assert held(reading("coinbase", "2500"), struck=[reading("dexscreener", "250000", 60)]).price == Decimal(2500)


def test_a_reading_from_the_future_never_counts() -> None:
    assert held(reading("dexscreener", "2500", -3600)).price is None
    assert held(reading("dexscreener", "2500", -3600), reading("coinbase", "2510", 1)).source == "coinbase"


def test_a_price_an_hour_old_is_shown_as_stale_and_never_as_live() -> None:
    price = held(reading("coingecko", "2500", 3600))
    assert (price.state, price.price) == (PriceState.STALE, Decimal(2500))


def test_a_witness_is_vouched_by_agreement_and_stays_so_in_small_steps() -> None:
    agreed = held(reading("dexscreener", "2500"), reading("coinbase", "2500"))
    first = witnessed(agreed, None, NOW)
    alone = held(reading("coinbase", "2600"))
    second = witnessed(alone, first, NOW)
    assert first is not None
    assert first.vouched
    assert second == Witness(Decimal(2600), NOW, vouched=True)
    assert witnessed(alone, None, NOW) == Witness(Decimal(2600), NOW, vouched=False)
    assert witnessed(held(), second, NOW) is second


PRICES = st.decimals("0.000001", "1000000", allow_nan=False, allow_infinity=False)
READINGS = st.builds(
    lambda source, price, age: reading(source, str(price), age),
    st.sampled_from([*LEADERS, "chainlink"]),
    PRICES,
    st.floats(-7200, 7200),
)


@given(st.lists(READINGS, max_size=24))
def test_a_price_is_always_one_that_a_source_stated_and_live_only_if_it_is_young(readings: list[Reading]) -> None:
    price = held(*readings)
    assert price.price is None or price.price in {r.price for r in readings}
    if price.state is PriceState.LIVE:
        assert price.as_of is not None
        assert timedelta(seconds=-10) <= NOW - price.as_of <= timedelta(seconds=30)
    assert (price.price is None) == (price.state is PriceState.NONE)


@given(st.lists(READINGS, max_size=24))
def test_the_order_in_which_readings_are_given_changes_nothing(readings: list[Reading]) -> None:
    latest = {r.source: r for r in readings}
    one = consensus(WETH, {s: [r] for s, r in latest.items()}, rules(), NOW)
    other = consensus(WETH, {s: [r] for s, r in reversed(latest.items())}, rules(), NOW)
    assert one == other
