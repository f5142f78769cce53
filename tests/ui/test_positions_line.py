"""The line under the positions: who holds them, and how far fills were off from their quotes."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.runtime.house import House
from app.ui.state.positions import FILLS_READ, beneath, measured
from tests.ui.dealings import bought, sold
from tests.ui.test_positions_state import shown
from tests.ui.test_why_state import hold

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_measure_of_fills_has_a_95th_percentile_once_there_are_enough(own: House) -> None:
    fill = await bought(own, "WETH", "10")
    assert measured([fill]) == ""
    fills = [replace(fill, fill_error_bps=Decimal(n)) for n in range(1, 42)]
    assert (
        measured(fills[:1]) == "fill error so far: next block median 1.0 bp (1 trade) · above zero is worse than quoted"
    )
    assert measured(fills) == (
        "fill error so far: next block median 21.0 bp, p95 39.0 bp (41 trades)"
        " · above zero is worse than quoted; the p95 is of its size, either way"
    )
    last = measured([fills[2]] * FILLS_READ)
    assert last.startswith("fill error so far: next block median 3.0 bp, p95 3.0 bp (last 200 trades) · ")


async def test_a_market_without_blocks_is_measured_after_half_a_minute_and_says_so(own: House) -> None:
    fill = await bought(own, "WETH", "10")
    said = measured([replace(fill, fill_error_30s_bps=Decimal("-2.5"))])
    assert said == "fill error so far: after 30 s median −2.5 bp (1 trade) · above zero is worse than quoted"


async def test_the_next_block_and_half_a_minute_are_told_apart(own: House) -> None:
    fill = replace(await bought(own, "WETH", "10"), fill_error_bps=Decimal(3))
    both = replace(fill, fill_error_30s_bps=Decimal(12))
    said = measured([fill, both])
    assert said.startswith(
        "fill error so far: next block median 3.0 bp (2 trades); after 30 s median 12.0 bp (1 trade) ·"
    )


async def test_the_line_under_the_positions_says_who_holds_them_and_begins_as_a_sentence_does(own: House) -> None:
    assert beneath("", "fill error so far: 3 bp") == "Fill error so far: 3 bp"
    assert beneath("", "") == ""
    await bought(own, "LINK", "50")
    assert (await shown(own)).measured == "Held by you"
    assert beneath("held by you", "fill error so far: 3 bp") == "Held by you · fill error so far: 3 bp"
    await sold(own, "LINK")
    hold(own, await bought(own))
    assert (await shown(own)).measured == "Held by level 5"
    await bought(own)
    assert (await shown(own)).measured == "Held by level 5 and by you"
