"""Execution: an order is filled, reverts or is refused; and what each does to the account."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.execution import Deal, Settled, execute, kept_back
from app.domain.ledger import Account, posted
from app.domain.orders import Side
from app.domain.quotes import Quote, Swap, contract, priced
from app.domain.refusal import Refusal
from app.domain.trades import TradeStatus
from tests.domain.deals import ADDRESS, NOW, PAR, WETH, D, bought, deal, funded, gas_of, sold, swap, token


def filled(account: Account, asked: Deal) -> Settled:
    done = execute(account, asked)
    assert isinstance(done, Settled), done
    return done


def refused(account: Account, asked: Deal) -> str:
    done = execute(account, asked)
    assert isinstance(done, Refusal)
    assert done.sentence.endswith(".") and "\n" not in done.sentence
    return done.code


def holding(quantity: str = "0.04", cash: str = "100") -> Account:
    return filled(funded(), deal(bought(quantity, cash))).account


def test_a_buy_moves_cash_into_tokens_and_keeps_every_cost_beside_the_trade() -> None:
    done = filled(funded(), deal(bought("0.0399", "100", gas=gas_of("0.02"))))
    assert (done.account.cash, done.account.held(ADDRESS), done.account.gas) == (D("9899.98"), D("0.0399"), D("0.02"))
    trade = done.trade
    assert (trade.value, trade.fee_usd, trade.impact_usd, trade.gas_usd) == (100, D("0.05"), D("0.2"), D("0.02"))
    assert (trade.status, trade.realized_pnl, trade.reason, trade.number) == (TradeStatus.FILLED, None, "because", 2)
    assert (trade.id, trade.pay, trade.receive, trade.mid_price) == ("acc-2", 100, D("0.0399"), 2500)
    assert (done.entry.fee_usd, done.entry.impact_usd) == (trade.fee_usd, trade.impact_usd)


def test_a_sell_realizes_its_gain_before_gas() -> None:
    done = filled(holding(), deal(sold("0.02", "60", spot="3000", gas=gas_of("0.5"))))
    assert (done.trade.realized_pnl, done.account.realized, done.account.cash) == (10, 10, D("9959.5"))


def test_the_account_after_is_the_entry_posted_to_the_account_before() -> None:
    before = holding()
    done = filled(before, deal(sold("0.04", "100", gas=gas_of("0.1"))))
    assert posted(before, done.entry) == done.account
    assert done.account.residual == 0


def test_a_fill_under_the_minimum_reverts_moves_no_tokens_and_costs_its_gas() -> None:
    before, quoted = holding(), swap(Side.BUY, "0.04", "100")
    worse = bought("0.0397", "100", gas=gas_of("0.3"))
    done = filled(before, deal(worse, contract=contract(quoted, D(50))))
    assert (done.trade.status, done.trade.gas_usd, done.trade.realized_pnl) == (TradeStatus.REVERTED, D("0.3"), None)
    assert done.account.positions == before.positions
    assert (done.account.cash, done.account.fees, done.account.impact) == (
        before.cash - D("0.3"),
        before.fees,
        before.impact,
    )


@pytest.mark.parametrize(("received", "status"), [("0.0398", "filled"), ("0.039799999999999999", "reverted")])
def test_the_minimum_itself_is_enough(received: str, status: str) -> None:
    agreed = contract(swap(Side.BUY, "0.04", "100"), D(50))
    assert filled(funded(), deal(bought(received, "100", gas=gas_of("0.1")), contract=agreed)).trade.status == status


def test_a_revert_takes_at_most_the_cash_that_is_left_and_says_what_was_short() -> None:
    account = filled(funded("100.1"), deal(bought("0.04", "100"))).account
    agreed = contract(swap(Side.SELL, "0.04", "100"), D(0))
    done = filled(account, deal(sold("0.04", "99", gas=gas_of("0.35")), contract=agreed))
    assert (done.account.cash, done.trade.gas_usd) == (0, D("0.1"))
    assert "$0.25" in done.trade.reason
    assert refused(done.account, deal(sold("0.04", "99", gas=gas_of("0.35")), contract=agreed)) == "gas_short"


def test_a_revert_that_costs_nothing_changes_nothing() -> None:
    agreed = contract(swap(Side.BUY, "0.04", "100"), D(0))
    assert refused(funded(), deal(bought("0.039", "100"), contract=agreed)) == "reverted"


def test_a_sells_gas_may_come_from_its_proceeds_but_not_exceed_them() -> None:
    account = filled(funded("100"), deal(bought("0.04", "100"))).account
    assert filled(account, deal(sold("0.04", "100", gas=gas_of("99")))).account.cash == 1
    assert refused(account, deal(sold("0.04", "100", gas=gas_of("100.000001")))) == "gas_short"


def test_a_buy_keeps_back_the_gas_of_two_sells_for_each_position_and_its_own() -> None:
    account, other = holding(), token(18)
    assert kept_back(account, ADDRESS, D("0.5")) == 1
    assert kept_back(account, other.key.address, D("0.5")) == 2
    assert kept_back(funded(), other.key.address, D("0.5")) == 1
    short = bought("3.96", "9898.500001", of=other, gas=gas_of("0.5"))
    assert refused(account, deal(short)) == "gas_kept_back"
    exact = bought("3.96", "9897.5", of=other, gas=gas_of("0.5"))
    assert filled(account, deal(exact)).account.cash == 2


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (deal(bought("4.1", "10000.000001")), "not_enough_cash"),
        (deal(bought("4", "10000", gas=gas_of("0.01"))), "not_enough_cash"),
        (deal(bought("3.999", "9999.99", gas=gas_of("0.01"))), "gas_kept_back"),
        (deal(bought("0.0004", "0.99999")), "too_small"),
        (deal(bought("0", "5")), "too_small"),
        (deal(sold("1", "2500")), "not_held"),
        (deal(sold("1", "0")), "too_small"),
        (deal(bought("0.04", "100"), market="2448"), "pool_off_market"),
        (deal(bought("0.04", "100"), market="2551"), "pool_off_market"),
        (deal(bought("0.03", "100")), "impact_too_high"),
        (deal(bought("0.04", "100", block=7, at=NOW - timedelta(seconds=61))), "node_lagging"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence_and_changes_nothing(asked: Deal, code: str) -> None:
    account = funded()
    assert refused(account, asked) == code
    assert account == funded()


@pytest.mark.parametrize(
    "asked",
    [
        deal(bought("0.04", "100"), market="2450.98039215686275"),
        deal(bought("0.04", "100"), market="2550"),
        deal(bought("0.04", "100"), market="9", confirmed=False),
        deal(bought("0.04", "114.9", fee="0")),
        deal(bought("0.03", "100"), gets_out=True),
        deal(bought("0.04", "100", block=7, at=NOW - timedelta(seconds=60))),
        deal(bought("0.0004", "1")),
    ],
)
def test_what_is_just_within_bounds_is_filled(asked: Deal) -> None:
    assert filled(funded(), asked).trade.status is TradeStatus.FILLED


def test_the_sentence_of_a_pool_off_the_market_has_both_numbers_however_small_or_large() -> None:
    for spot, market in (("0.0000000000123", "0.0000000000145"), ("1e30", "2500")):
        done = execute(funded(), deal(bought("0.04", "100", spot=spot), market=market))
        assert isinstance(done, Refusal) and done.code == "pool_off_market"
        assert spot in done.sentence or "1000000000000000000000000000000" in done.sentence
        assert market in done.sentence


def test_an_impact_beyond_all_bounds_is_refused_and_no_error() -> None:
    assert refused(funded(), deal(bought("1e-18", "1000", spot="1e-15"))) == "impact_too_high"


def test_what_is_held_is_said_where_more_is_to_be_sold() -> None:
    done = execute(holding(), deal(sold("0.041", "101")))
    assert done == Refusal("not_held", "Only 0.04 WETH is held; this would sell 0.041.")


def test_the_same_deal_on_the_same_account_comes_out_the_same() -> None:
    asked = deal(bought("0.04", "100", gas=gas_of("0.02")))
    assert execute(funded(), asked) == execute(funded(), asked)


@given(
    st.decimals(min_value="0.0004", max_value="3", places=18),
    st.decimals(min_value="0", max_value="0.01", places=6),
    st.decimals(min_value="0", max_value="0.05", places=6),
    st.decimals(min_value="0", max_value="2", places=12),
)
def test_buying_and_selling_at_one_price_loses_exactly_the_costs(
    quantity: Decimal, fee: Decimal, impact: Decimal, gas: Decimal
) -> None:
    def swapped(side: Side) -> Quote:
        cash = (quantity * 2500 * (1 + side.sign * (fee + impact))).quantize(D("1e-6")) + 1
        return priced(_swap(side, quantity, cash, fee, gas), PAR)

    before = funded()
    into = filled(before, deal(swapped(Side.BUY), gets_out=True))
    out = filled(into.account, deal(swapped(Side.SELL), gets_out=True))
    costs = [part for t in (into.trade, out.trade) for part in (t.fee_usd, t.impact_usd, t.gas_usd)]
    assert before.cash - out.account.cash == sum(costs)
    assert out.account.realized == -sum(t.fee_usd + t.impact_usd for t in (into.trade, out.trade))
    assert (out.account.held(WETH.key.address), out.account.cost, out.account.residual) == (0, 0, 0)


def _swap(side: Side, quantity: Decimal, cash: Decimal, fee: Decimal, gas: Decimal) -> Swap:
    return swap(side, quantity, cash, fee=fee, gas=gas_of(gas))
