"""Quotes: what a pool would do with an exact amount, and what that comes to in dollars."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from app.domain.bids import Bid, Fare
from app.domain.money import NOTHING, divided_down, dollars, minus, product, ratio, rounded_up, significant, total
from app.domain.orders import Side
from app.domain.tokens import Token

WEI = Decimal(10) ** 18


class Leg(StrEnum):
    """The two sides of a swap, seen by the trader."""

    PAY = "pay"
    RECEIVE = "receive"


class Grade(StrEnum):
    """How good a quote is, best first: asked of the chain, of an aggregator, or reckoned from a pool's reserves."""

    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True, slots=True)
class Ask:
    """A swap to be quoted, between `token` and the chain's `usdc`.

    `amount`, in whole units, is what the leg `exact` comes to; the other leg is the question.
    """

    token: Token
    usdc: Token
    side: Side
    exact: Leg
    amount: Decimal

    @property
    def pays(self) -> Token:
        return self.usdc if self.side is Side.BUY else self.token

    @property
    def receives(self) -> Token:
        return self.token if self.side is Side.BUY else self.usdc


@dataclass(frozen=True, slots=True)
class Gas:
    """What the transaction costs in the chain's native coin, or in dollars where a market declares that.

    `units` of gas at `unit_wei` each (next base fee and priority fee), plus `l1_wei` for the data on chains that
    keep it elsewhere: the standard bid's. `basis` says where the units come from: 'estimate', 'quoter', 'aggregator'
    or 'declared'. `fares` are what each of the chain's bids pays, one for each percentile; none where a market
    declares its gas.
    """

    units: int
    unit_wei: int
    l1_wei: int = 0
    basis: str = "estimate"
    declared_usd: Decimal | None = None
    fares: tuple[Fare, ...] = ()

    @property
    def native(self) -> Decimal:
        """Whole native coins."""
        return ratio(Decimal(self.units * self.unit_wei + self.l1_wei), WEI)

    def usd(self, native_price: Decimal) -> Decimal:
        """US dollars, given the price of a native coin."""
        return dollars(product(self.native, native_price) if self.declared_usd is None else self.declared_usd)

    def bid(self, bid: Bid) -> "Gas":
        """The same swap at this bid: at its percentile of tips where the chain told them. Elsewhere a unit of gas is
        paid as many times as dearly as the bid states, and the data's own fee stays."""
        for fare in self.fares:
            if fare.percentile == bid.percentile:
                return replace(self, unit_wei=fare.unit_wei, l1_wei=fare.l1_wei)
        unit_wei = int(product(Decimal(self.unit_wei), bid.factor))
        declared = None if self.declared_usd is None else product(self.declared_usd, bid.factor)
        return replace(self, unit_wei=unit_wei, declared_usd=declared)


@dataclass(frozen=True, slots=True)
class Swap:
    """What a pool would do: exact amounts in whole units, none of it in dollars yet.

    `spot` is the pool's price before the trade, in USDC per whole token, at `block_number` (None where the market
    has no blocks); `fee` the pools' fee as a fraction of what is paid; `at` when the block or the reserves stood;
    `route` how people call the way through the pools, `source` who quoted it.
    """

    ask: Ask
    pay: Decimal
    receive: Decimal
    spot: Decimal
    fee: Decimal
    grade: Grade
    source: str
    route: str
    gas: Gas
    at: datetime
    block_number: int | None = None


@dataclass(frozen=True, slots=True)
class Rates:
    """What a USDC and a native coin are worth in US dollars, by consensus or as a market declares."""

    usdc: Decimal
    native: Decimal


@dataclass(frozen=True, slots=True)
class Quote:
    """A swap in dollars. `value` is the dollars paid or received, without gas; `fee_usd` and `impact_usd` are parts of
    it: impact = ±(value − quantity × mid) − fee, + for a buy, so that a cost is positive on either side."""

    swap: Swap
    rates: Rates
    value: Decimal
    mid_price: Decimal
    fee_usd: Decimal
    impact_usd: Decimal
    gas_usd: Decimal

    @property
    def side(self) -> Side:
        return self.swap.ask.side

    @property
    def token(self) -> Token:
        return self.swap.ask.token

    @property
    def quantity(self) -> Decimal:
        """Whole tokens bought or sold, always positive."""
        return self.swap.receive if self.side is Side.BUY else self.swap.pay

    @property
    def price(self) -> Decimal:
        """US dollars per whole token, fee and impact in, gas out; to 18 digits."""
        return significant(ratio(self.value, self.quantity))

    @property
    def notional(self) -> Decimal:
        """The quantity at the mid price, in US dollars."""
        return product(self.quantity, self.mid_price)

    @property
    def impact_bps(self) -> Decimal:
        """The impact in basis points of the notional; a cost is positive."""
        return _bps(self.impact_usd, self.notional)

    @property
    def slippage_bps(self) -> Decimal:
        """How much worse than mid the price is, in basis points: fee and impact together."""
        return _bps(total(self.fee_usd, self.impact_usd), self.notional)

    @property
    def total_cost(self) -> Decimal:
        """Fee, impact and gas, in US dollars."""
        return total(self.fee_usd, self.impact_usd, self.gas_usd)

    @property
    def total_cost_bps(self) -> Decimal:
        return _bps(self.total_cost, self.notional)

    @property
    def break_even_pct(self) -> Decimal:
        """By how many percent the mid has to move for a way in and out at these costs to come out even: the same
        fee, impact and gas again on the way back."""
        keeps = total(Decimal(1), minus(ratio(total(self.fee_usd, self.impact_usd), self.notional)))
        if keeps <= 0:
            return Decimal("Infinity")
        spent = total(self.notional, self.total_cost)
        rise = total(ratio(total(spent, self.gas_usd), product(self.notional, keeps)), Decimal(-1))
        return significant(product(rise, Decimal(100)), 9)


def _bps(part: Decimal, whole: Decimal) -> Decimal:
    """The part in basis points of the whole, to 9 digits."""
    return significant(product(ratio(part, whole), Decimal(10_000)), 9)


def priced(swap: Swap, rates: Rates) -> Quote:
    """The swap in dollars. The fee is taken from what is paid, so a sell's is reckoned at the mid price.

    All are whole trillionths of a dollar, and the impact is what the others leave: in and out at one mid loses exactly
    both fees, both impacts and the gas.
    """
    sign = Decimal(swap.ask.side.sign)
    cash, quantity = (swap.pay, swap.receive) if sign > 0 else (swap.receive, swap.pay)
    value = dollars(product(cash, rates.usdc))
    mid = significant(product(swap.spot, rates.usdc))
    notional = product(quantity, mid)
    fee = dollars(product(value if sign > 0 else notional, swap.fee))
    impact = total(product(value, sign), minus(product(dollars(notional), sign)), minus(fee))
    gas = swap.gas.usd(rates.native)
    return Quote(swap, rates, value, mid, fee, impact, max(gas, NOTHING))


@dataclass(frozen=True, slots=True)
class Contract:
    """What a quote becomes when it is accepted: no fill gives less per unit paid than what was quoted, less
    `slippage_bps`. One rule, whichever leg is exact."""

    pay: Decimal
    receive: Decimal
    slippage_bps: Decimal

    def kept_by(self, fill: Swap) -> bool:
        """Whether a fill gives at least that much; exact, so an equal fill always does."""
        given = product(product(fill.receive, self.pay), Decimal(10_000))
        agreed = product(product(self.receive, fill.pay), total(Decimal(10_000), minus(self.slippage_bps)))
        return given >= agreed

    def minimum_received(self, ask: Ask) -> Decimal:
        """In whole units of the receiving asset, rounded up to what it can express. Where the receiving leg is exact
        it is that leg: the tolerance then bounds what is paid."""
        if ask.exact is Leg.RECEIVE:
            return self.receive
        return rounded_up(product(product(self.receive, self._kept), Decimal("0.0001")), ask.receives.decimals)

    def maximum_paid(self, ask: Ask) -> Decimal:
        """In whole units of the paying asset, rounded down; what is paid exactly is that."""
        if ask.exact is Leg.PAY:
            return self.pay
        return divided_down(product(self.pay, Decimal(10_000)), self._kept, ask.pays.decimals)

    @property
    def _kept(self) -> Decimal:
        return total(Decimal(10_000), minus(self.slippage_bps))


def contract(quoted: Swap, slippage_bps: Decimal) -> Contract:
    """The contract that accepting this quote with this tolerance (basis points, below 10,000) makes."""
    return Contract(quoted.pay, quoted.receive, slippage_bps)


def bidding(quote: Quote, bid: Bid | None) -> Quote:
    """The same swap where gas is paid at this bid; at the standard one, as it was quoted, where there is none."""
    if bid is None or bid is Bid.STANDARD:
        return quote
    return priced(replace(quote.swap, gas=quote.swap.gas.bid(bid)), quote.rates)
