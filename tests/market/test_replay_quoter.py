"""A replay's quotes: the last recorded price, the file's own liquidity or a declared one, and recorded time."""

from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.orders import Side
from app.domain.prices import Reading
from app.domain.quotes import Gas, Grade, Leg, Rates, Swap, priced
from app.domain.refusal import Refusal
from app.market.recording import Recording, recording_of
from app.market.replay import to_reading
from app.market.replay_quoter import Assumptions, ReplayQuoter
from tests.clock import START
from tests.market import answers as a
from tests.market import offers as o

HEADER = "timestamp,open,high,low,close,volume,liquidity_usd\n"
FILE = HEADER + "1700000000,2000,2100,1900,2050,5,1000000\n1700000300,2050,2100,1900,2000,5,\n1700000600,1,1,1,1,5,0\n"
RECORDING: Recording = recording_of(FILE, Path("weth.csv"), "WETH")
DEFAULTS = Assumptions()


def shown(index: int) -> Reading:
    return to_reading(a.WETH, RECORDING, index, START)


async def swap(index: int, assumed: Assumptions = DEFAULTS) -> Swap:
    found = await ReplayQuoter(a.WETH, lambda: shown(index), assumed).quote(o.ask(Side.BUY, Leg.PAY, "10000"))
    assert isinstance(found, Swap)
    return found


async def test_a_quote_is_of_the_last_recorded_price_at_the_recorded_time() -> None:
    found = await swap(1)
    assert (found.grade, found.source, found.route, found.spot) == (Grade.C, "Recording", "0.05 %", Decimal(2000))
    assert (found.at, found.block_number) == (RECORDING.closes_at(1), None)


@pytest.mark.parametrize(("index", "impact"), [(0, "195.8"), (1, "9.98")])
async def test_the_pool_is_as_deep_as_the_file_says_else_as_it_is_assumed(index: int, impact: str) -> None:
    quote = priced(await swap(index), Rates(Decimal(1), Decimal(1)))
    assert (quote.value, quote.fee_usd) == (Decimal(10_000), Decimal(5))
    assert float(quote.impact_usd) == pytest.approx(float(impact), rel=0.01)


async def test_depth_fee_and_gas_can_be_assumed_otherwise() -> None:
    assumed = Assumptions(depth_usd=Decimal(2_000_000), fee_bp=Decimal(30), gas_usd=Decimal("1.5"))
    quote = priced(await swap(1, assumed), Rates(Decimal(1), Decimal(1)))
    assert (quote.fee_usd, quote.gas_usd, quote.swap.route) == (Decimal(30), Decimal("1.5"), "0.3 %")
    assert quote.impact_usd > 90


async def test_gas_is_declared_in_dollars_whatever_a_native_coin_costs() -> None:
    gas = await ReplayQuoter(a.WETH, lambda: shown(0)).gas(a.WETH.address)
    assert isinstance(gas, Gas)
    assert (gas.basis, gas.native) == ("declared", 0)
    assert {gas.usd(Decimal(price)) for price in (1, 5000)} == {Decimal("0.02")}
    assert priced(await swap(1), Rates(Decimal(1), Decimal(5000))).gas_usd == Decimal("0.02")


async def test_there_is_no_pool_before_the_first_bar_of_another_token_or_of_nothing() -> None:
    quoters = [
        (ReplayQuoter(a.WETH, lambda: None), o.SELL_ONE),
        (ReplayQuoter(a.WETH, lambda: shown(1)), o.ask(token=a.LINK)),
        (ReplayQuoter(a.WETH, lambda: shown(2)), o.SELL_ONE),
    ]
    for quoter, ask in quoters:
        refused = await quoter.quote(ask)
        assert isinstance(refused, Refusal)
        assert refused.code == "no_pool"
        assert await quoter.head() is None
