"""The desk: orders are filled, refused or repeated, and the books balance whatever happens."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from app.domain.orders import OrderState, Origin
from app.domain.quotes import Grade
from app.domain.refusal import Refusal
from app.domain.tickets import Asked
from app.domain.trades import TradeStatus
from app.store.books import entries, version_of
from app.trading.desk import Desk, Placed
from app.trading.offers import Offer
from app.trading.previews import Preview
from tests.trading.floor import WETH, TradingFloor


async def bought(desk: Desk, order_id: str = "b1", usd: str = "1000", token: str = "WETH") -> Placed:
    outcome = await desk.place(Asked(order_id, "buy", amount_usd=usd), token, Origin.API)
    assert isinstance(outcome, Placed), outcome
    return outcome


async def test_a_buy_moves_cash_to_tokens_and_charges_its_gas_apart(floor: TradingFloor) -> None:
    placed = await bought(floor.desk)
    account, trade = floor.desk.books.account, placed.trade
    assert trade is not None and trade.status is TradeStatus.FILLED
    assert account.cash == Decimal(10_000) - trade.value - trade.gas_usd
    assert account.held(WETH.key.address) == trade.quantity
    assert trade.value == Decimal(1000) and trade.gas_usd == Decimal("0.02")
    assert trade.value == trade.quantity * trade.mid_price + trade.fee_usd + trade.impact_usd or abs(
        trade.value - trade.quantity * trade.mid_price - trade.fee_usd - trade.impact_usd
    ) < Decimal("1e-11")
    assert account.residual == 0


async def test_what_was_acknowledged_is_found_again_after_a_restart(floor: TradingFloor) -> None:
    await bought(floor.desk)
    before = floor.desk.books
    assert floor.reopen().books == before


async def test_ten_simultaneous_identical_orders_give_one_trade(floor: TradingFloor) -> None:
    asked = Asked("same", "buy", amount_usd="100")
    outcomes = await asyncio.gather(*(floor.desk.place(asked, "WETH", Origin.API) for _ in range(10)))
    trades = {outcome.trade.id for outcome in outcomes if isinstance(outcome, Placed) and outcome.trade}
    assert len(trades) == 1
    assert sum(isinstance(outcome, Placed) and not outcome.repeated for outcome in outcomes) == 1
    assert version_of(floor.store, floor.desk.session.id) == 2


async def test_the_same_order_later_is_answered_with_the_first(floor: TradingFloor) -> None:
    first = await bought(floor.desk)
    floor.reopen()
    again = await floor.desk.place(Asked("b1", "buy", amount_usd="1000"), "WETH", Origin.API)
    assert isinstance(again, Placed) and again.repeated and again.trade == first.trade


async def test_an_order_id_used_for_another_order_is_refused(floor: TradingFloor) -> None:
    await bought(floor.desk)
    again = await floor.desk.place(Asked("b1", "buy", amount_usd="999"), "WETH", Origin.API)
    assert isinstance(again, Refusal) and again.code == "order_id_reused"


@pytest.mark.parametrize(
    ("asked", "token", "code"),
    [
        (Asked("x", "sell", quantity="1"), "WETH", "not_held"),
        (Asked("x", "buy", amount_usd="0.5"), "WETH", "too_small"),
        (Asked("x", "buy", amount_usd="20000"), "WETH", "not_enough_cash"),
        (Asked("x", "buy", amount_usd="9999.95"), "WETH", "gas_kept_back"),
        (Asked("x", "buy", amount_usd="10"), "USDC", "is_the_cash"),
        (Asked("x", "buy", amount_usd="10"), "NOPE", "unknown_token"),
        (Asked("x", "buy", quantity="0.0000000000000000001"), "WETH", "too_many_digits"),
        (Asked("x", "buy", amount_usd="NaN"), "WETH", "not_a_number"),
        (Asked("x", "buy", amount_usd="-5"), "WETH", "not_positive"),
        (Asked("", "buy", amount_usd="5"), "WETH", "bad_order_id"),
    ],
)
async def test_a_refusal_has_a_code_and_a_sentence_and_changes_nothing(
    floor: TradingFloor, asked: Asked, token: str, code: str
) -> None:
    before = floor.desk.books
    outcome = await floor.desk.place(asked, token, Origin.API)
    assert isinstance(outcome, Refusal) and outcome.code == code
    assert outcome.sentence.endswith((".", "'."))
    assert floor.desk.books == before
    assert await floor.desk.find(asked.order_id) is None


async def test_selling_all_leaves_no_dust_and_buying_and_selling_at_one_price_loses_exactly_the_costs(
    floor: TradingFloor,
) -> None:
    await bought(floor.desk)
    outcome = await floor.desk.place(Asked("s1", "sell", share_pct="100"), "WETH", Origin.API)
    account = floor.desk.books.account
    assert isinstance(outcome, Placed) and not account.held(WETH.key.address) and not account.cost
    assert account.cash == Decimal(10_000) - account.fees - account.impact - account.gas


async def test_all_of_the_cash_can_be_bought_for_and_what_leaving_costs_is_kept_back(floor: TradingFloor) -> None:
    outcome = await floor.desk.place(Asked("max", "buy", share_pct="100"), "WETH", Origin.API)
    assert isinstance(outcome, Placed) and outcome.trade
    assert floor.desk.books.account.cash >= 2 * floor.pools.gas_usd
    assert floor.desk.books.account.cash < Decimal("2.10")


async def test_a_preview_changes_nothing_and_becomes_a_contract(floor: TradingFloor) -> None:
    before = floor.desk.books
    preview = await floor.desk.preview(Asked("", "buy", amount_usd="1000"), "WETH")
    assert isinstance(preview, Preview)
    assert floor.desk.books == before
    outcome = await floor.desk.accept("p1", preview.quote_id, Origin.HAND)
    assert isinstance(outcome, Placed) and outcome.trade and outcome.trade.value == Decimal(1000)


async def test_a_fill_under_the_minimum_reverts_moves_no_tokens_and_still_costs_gas(floor: TradingFloor) -> None:
    preview = await floor.desk.preview(Asked("", "buy", amount_usd="1000"), "WETH")
    assert isinstance(preview, Preview)
    floor.pools.shift = Decimal("1.006")
    outcome = await floor.desk.accept("p1", preview.quote_id, Origin.HAND)
    assert isinstance(outcome, Placed) and outcome.order.state is OrderState.REVERTED
    account = floor.desk.books.account
    assert account.cash == Decimal(10_000) - floor.pools.gas_usd and not account.open_positions
    assert account.gas == floor.pools.gas_usd and account.residual == 0


async def test_an_offer_expires_and_is_good_for_its_own_session_only(floor: TradingFloor) -> None:
    preview = await floor.desk.preview(Asked("", "buy", amount_usd="1000"), "WETH")
    assert isinstance(preview, Preview)
    floor.clock.advance(11)
    floor.tick()
    late = await floor.desk.accept("p1", preview.quote_id, Origin.HAND)
    assert isinstance(late, Refusal) and late.code == "quote_expired"
    forged = await floor.desk.accept("p2", preview.quote_id + "x", Origin.HAND)
    assert isinstance(forged, Refusal) and forged.code == "unknown_quote"


async def test_a_block_that_lags_a_pool_off_the_market_and_a_failing_node_are_refused(floor: TradingFloor) -> None:
    before = floor.desk.books
    floor.pools.refusal = Refusal("rpc_unreachable", "No node answers.")
    outcome = await floor.desk.place(Asked("a", "buy", amount_usd="100"), "WETH", Origin.API)
    assert isinstance(outcome, Refusal) and outcome.code == "rpc_unreachable"
    floor.pools.refusal = None
    floor.pools.lag = timedelta(seconds=61)
    outcome = await floor.desk.place(Asked("b", "buy", amount_usd="100"), "WETH", Origin.API)
    assert isinstance(outcome, Refusal) and outcome.code == "node_lagging"
    assert floor.desk.books == before


async def test_an_impact_above_fifteen_percent_is_refused(floor: TradingFloor) -> None:
    floor.pools.liquidity = Decimal(40_000)
    outcome = await floor.desk.place(Asked("a", "buy", amount_usd="9000"), "WETH", Origin.API)
    assert isinstance(outcome, Refusal) and outcome.code == "impact_too_high"


async def test_orders_of_many_callers_are_written_in_few_rounds_and_every_entry_is_on_disk(floor: TradingFloor) -> None:
    await asyncio.gather(*(bought(floor.desk, f"o{number}", "10") for number in range(40)))
    stored = list(entries(floor.store, floor.desk.session.id))
    assert [entry.number for entry in stored] == list(range(1, 42))
    assert floor.desk.books.account.version == 41


async def test_all_of_the_cash_still_buys_after_gas_and_the_dollar_have_moved_a_little(floor: TradingFloor) -> None:
    preview = await floor.desk.preview(Asked("", "buy", share_pct="100"), "WETH")
    assert isinstance(preview, Preview)
    floor.pools.gas_usd *= Decimal("1.2")
    floor.clock.advance(5)
    floor.tick(USDC="1.0001")
    outcome = await floor.desk.accept("p1", preview.quote_id, Origin.HAND)
    assert isinstance(outcome, Placed), outcome


async def test_an_offer_that_only_a_worse_quote_can_answer_is_refused_and_costs_nothing(floor: TradingFloor) -> None:
    preview = await floor.desk.preview(Asked("", "buy", amount_usd="1000"), "WETH")
    assert isinstance(preview, Preview) and preview.quote.swap.grade is Grade.C
    before = floor.desk.books
    offer = floor.signer.read(preview.quote_id, floor.desk.session.id, floor.clock.utc)
    assert isinstance(offer, Offer)
    by_chain = floor.signer.sign(replace(offer, grade=Grade.A))
    refusal = await floor.desk.accept("p1", by_chain, Origin.HAND)
    assert isinstance(refusal, Refusal) and refusal.code == "quote_failed"
    assert floor.desk.books == before


@pytest.mark.parametrize("usdc", ["0.9998", "0.9997", "1", "1.0001"])
async def test_a_dollar_is_enough_whatever_a_usdc_is_worth(floor: TradingFloor, usdc: str) -> None:
    floor.tick(USDC=usdc)
    assert isinstance(await bought(floor.desk, "b1", "1"), Placed)
    refusal = await floor.desk.place(Asked("b2", "buy", amount_usd="0.99"), "WETH", Origin.API)
    assert isinstance(refusal, Refusal) and refusal.code == "too_small"


async def test_a_position_worth_less_than_a_dollar_can_be_left(floor: TradingFloor) -> None:
    await bought(floor.desk, "b1", "2")
    floor.clock.advance(1)
    floor.tick(WETH="1000")
    half = await floor.desk.place(Asked("s1", "sell", share_pct="50"), "WETH", Origin.API)
    assert isinstance(half, Refusal) and half.code == "too_small"
    assert isinstance(await floor.desk.place(Asked("s2", "sell", share_pct="100"), "WETH", Origin.API), Placed)


@pytest.mark.parametrize("text", ["WE\ud800", "\x00", "😀" * 40])
async def test_no_text_whatever_makes_the_desk_stumble(floor: TradingFloor, text: str) -> None:
    for outcome in (
        await floor.desk.place(Asked("a", "buy", amount_usd="5"), text, Origin.API),
        await floor.desk.place(Asked(text, "buy", amount_usd="5"), "NOPE", Origin.API),
        await floor.desk.accept("b", text, Origin.API),
    ):
        assert isinstance(outcome, Refusal)


async def test_warnings_grow_graver_with_the_impact(floor: TradingFloor) -> None:
    floor.pools.liquidity = Decimal(100_000)
    said: list[str] = []
    for dollars in ("100", "700", "1700", "3000"):
        preview = await floor.desk.preview(Asked("", "buy", amount_usd=dollars), "WETH")
        assert isinstance(preview, Preview)
        said.append(next((warning for warning in preview.warnings if "moves the price" in warning), ""))
    assert said[0] == "" and len({len(sentence) for sentence in said}) == 4
