"""Whatever comes off the wire, a parser answers with sound values or Garbled, and nothing else escapes."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.bars import Interval
from app.domain.money import LARGEST_PRICE, SMALLEST_PRICE, digits_of
from app.domain.quotes import Ask, Leg
from app.domain.tokens import Token
from app.market import erc20
from app.market.aggregators import Aggregator
from app.market.erc20 import LONGEST_NAME, LONGEST_SYMBOL, MOST_DECIMALS, Refusal
from app.market.kyberswap import KyberSwap
from app.market.source import Garbled
from app.market.velora import Velora
from tests.market import answers as a
from tests.market import offers as o
from tests.market import onchain
from tests.market.garbage import GARBAGE, mutations

CASE = st.sampled_from(a.CASES)
CASE_AND_MUTATION = CASE.flatmap(lambda case: st.tuples(st.just(case), mutations(case.payload)))
HISTORY = st.sampled_from(a.HISTORIES)
HISTORY_AND_MUTATION = HISTORY.flatmap(lambda pair: st.tuples(st.just(pair[0]), mutations(pair[1])))
OFFERS = [(KyberSwap(), o.KYBERSWAP, o.SELL_ONE), (Velora(), o.VELORA, o.SELL_ONE), (Velora(), o.VELORA_BUY, o.BUY_ONE)]
OFFER = st.sampled_from(OFFERS)
OFFER_AND_MUTATION = OFFER.flatmap(lambda known: st.tuples(st.just(known[0]), mutations(known[1]), st.just(known[2])))
HEX = st.binary(max_size=200).map(lambda data: "0x" + data.hex())


def check_prices(case: a.Case, payload: Any) -> None:
    for call in (case.call, case.call.otherwise or case.call):
        try:
            answer = case.source.parse(payload, call, a.AT)
        except Garbled:
            continue
        asked = {token.key for token in call.tokens}
        for reading in answer.readings:
            assert reading.price.is_finite()
            assert SMALLEST_PRICE <= reading.price <= LARGEST_PRICE
            assert reading.token in asked
            assert (reading.source, reading.fetched_at) == (case.source.card.name, a.AT)
            assert reading.as_of is None or reading.as_of.tzinfo is UTC
            assert reading.pool is None or reading.pool.liquidity_usd >= 10_000
        assert len(answer.readings) + len(answer.rejected) <= len(call.tokens)
        assert all(line.isprintable() for line in answer.rejected)


def check_history(source: a.HistorySource, payload: Any) -> None:
    call = source.history(a.WETH, Interval.M5, a.POOL)
    assert call is not None
    try:
        bars = source.parse_history(payload, call, Interval.M5)
    except Garbled:
        return
    starts = [bar.at for bar in bars]
    assert starts == sorted(set(starts))
    for bar in bars:
        assert Interval.M5.start_of(bar.at) == bar.at
        assert bar.low <= bar.high
        for price in (bar.open, bar.high, bar.low, bar.close):
            assert price.is_finite()
            assert SMALLEST_PRICE <= price <= LARGEST_PRICE
        assert bar.volume.is_finite()
        assert bar.volume >= 0


def check_offer(aggregator: Aggregator, payload: Any, ask: Ask) -> None:
    try:
        offer = aggregator.parse(payload, ask)
    except Garbled:
        return
    assert ask.amount == (offer.pay if ask.exact is Leg.PAY else offer.receive)
    for token, amount in ((ask.pays, offer.pay), (ask.receives, offer.receive)):
        assert amount > 0
        assert digits_of(amount) <= token.decimals
    assert 21_000 <= offer.gas_units <= 30_000_000
    assert offer.route
    assert offer.route.isprintable()


def check_identity(payload: Any) -> None:
    try:
        found = erc20.identity(payload, 8453, a.WETH.address)
    except Garbled:
        return
    if isinstance(found, Refusal):
        assert found.sentence.isprintable()
        assert found.sentence.endswith(".")
        return
    assert isinstance(found, Token)
    assert 0 <= found.decimals <= MOST_DECIMALS
    assert 0 < len(found.symbol) <= LONGEST_SYMBOL
    assert 0 < len(found.name) <= LONGEST_NAME
    assert (found.symbol + found.name).isprintable()


@given(CASE, GARBAGE)
def test_garbage_makes_no_price(case: a.Case, payload: Any) -> None:
    check_prices(case, payload)


@settings(max_examples=600)
@given(CASE_AND_MUTATION)
def test_a_damaged_answer_makes_only_sound_prices(damaged: tuple[a.Case, Any]) -> None:
    check_prices(*damaged)


@given(HISTORY, GARBAGE)
def test_garbage_makes_no_bars(known: tuple[a.HistorySource, Any], payload: Any) -> None:
    check_history(known[0], payload)


@settings(max_examples=300)
@given(HISTORY_AND_MUTATION)
def test_a_damaged_history_makes_only_sound_bars(damaged: tuple[a.HistorySource, Any]) -> None:
    check_history(*damaged)


@given(OFFER, GARBAGE)
def test_garbage_makes_no_offer(known: tuple[Aggregator, Any, Ask], payload: Any) -> None:
    check_offer(known[0], payload, known[2])


@settings(max_examples=600)
@given(OFFER_AND_MUTATION)
def test_a_damaged_answer_makes_only_sound_offers(damaged: tuple[Aggregator, Any, Ask]) -> None:
    check_offer(*damaged)


@settings(max_examples=300)
@given(GARBAGE | mutations(onchain.IDENTITY))
def test_a_damaged_identity_makes_only_sound_tokens(payload: Any) -> None:
    check_identity(payload)


@settings(max_examples=300)
@given(HEX, HEX, HEX)
def test_whatever_bytes_a_contract_returns_make_a_sound_token_or_none(decimals: str, symbol: str, name: str) -> None:
    check_identity(onchain.rpc_answer(hex(8453), onchain.DEPLOYED, decimals, symbol, name))
    check_identity(onchain.rpc_answer(hex(8453), onchain.DEPLOYED, onchain.number_hex(18), symbol, name))


@settings(max_examples=300)
@given(HEX, st.binary(max_size=200), st.binary(max_size=200))
def test_whatever_bytes_feeds_return_make_sound_prices_or_none(blob: str, one: bytes, other: bytes) -> None:
    case = a.CASES[-1]
    check_prices(case, onchain.rpc_answer(hex(8453), blob))
    check_prices(case, onchain.rpc_answer(hex(8453), onchain.aggregated(onchain.round_data(0), one, other)))


@settings(max_examples=300)
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=4))
def test_a_damaged_multicall_answer_makes_sound_prices_or_none(where: int, damage: bytes) -> None:
    good = onchain.aggregated(onchain.round_data(0), onchain.round_data(208784000000), onchain.round_data(1425000000))
    data = bytearray.fromhex(good[2:])
    start = where % len(data)
    data[start : start + len(damage)] = damage
    check_prices(a.CASES[-1], onchain.rpc_answer(hex(8453), "0x" + data.hex()))


def test_the_good_answers_are_good() -> None:
    for case in a.CASES:
        answer = case.source.parse(case.payload, case.call, datetime(2026, 5, 28, 4, 5, tzinfo=UTC))
        assert (len(answer.readings), answer.rejected) == (len(case.call.tokens), ())
    assert all(aggregator.parse(payload, ask).gas_units for aggregator, payload, ask in OFFERS)
