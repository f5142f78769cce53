"""What holds after any run of orders, prices, failures and repeats: the identities of the books, to the last digit."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import event, given, settings
from hypothesis import strategies as st

from app.domain.execution import Settled, execute
from app.domain.ledger import Account, Entry, deposit, folded
from app.domain.money import digits_of, product
from app.domain.orders import Side, Size, SizeUnit
from app.domain.performance import dealings
from app.domain.quotes import Ask, Quote, Rates, contract, priced
from app.domain.refusal import Refusal
from app.domain.roundtrips import round_trips
from app.domain.sizing import Terms, sized
from app.domain.trades import Trade, TradeStatus
from tests.domain.deals import NOW, USDC, Basin, D, deal, gas_of, token

TOKENS = [token(decimals, number) for number, decimals in enumerate((18, 8, 0, 30), 1)]
# What one of each is worth at the start: the last has a supply that no 28 digits can count.
WORTH = [D("2513.37"), D("61234.5"), D("3"), D("0.000000000000456")]


def exactly(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(min_value=low, max_value=high, places=places)


@dataclass(frozen=True)
class Step:
    """Somebody asks for something at a price; by the time it is filled the price has slipped, or it is sent twice."""

    token: int
    side: Side
    unit: SizeUnit
    part: Decimal
    drift: Decimal
    slip: Decimal
    tolerance: Decimal
    depth: Decimal
    fee: Decimal
    gas: Decimal
    peg: Decimal
    gets_out: bool
    times: int


steps = st.builds(
    Step,
    st.integers(0, 3),
    st.sampled_from([Side.BUY, Side.BUY, Side.SELL]),
    st.sampled_from([SizeUnit.SHARE, *SizeUnit]),
    st.sampled_from([D(100), D(50)]) | exactly("0.001", "100", 18),
    exactly("0.5", "2", 9),
    exactly("0.98", "1.01", 6),
    st.sampled_from([D(0), D(50), D(500)]),
    st.sampled_from([D(10**5), D(10**9), D(10**13)]),
    st.sampled_from([D(0), D("0.0001"), D("0.003"), D("0.01")]),
    st.just(D(0)) | exactly("0.000000000001", "3", 12),
    exactly("0.95", "1.02", 8),
    st.booleans(),
    st.integers(1, 2),
)


def size_of(step: Step, account: Account) -> Size:
    """The part of the cash or of the position that the step asks for, in the unit that it asks in."""
    if step.unit is SizeUnit.SHARE:
        return Size(step.unit, step.part)
    if step.unit is SizeUnit.USD:
        return Size(step.unit, (account.cash * step.part / 100).quantize(D("1e-6")) + D("0.000001"))
    of = TOKENS[step.token]
    units = (account.cash * step.part / 100 / WORTH[step.token]).quantize(Decimal(1))
    tail = Decimal(1).scaleb(-of.decimals)
    return Size(step.unit, product(units, Decimal(1)) + tail if units < 10**6 else units + 1)


def asked(step: Step, account: Account) -> Ask | Refusal:
    terms = Terms(step.peg, step.gas)
    return sized(account, TOKENS[step.token], USDC, step.side, size_of(step, account), terms)


def quoted(step: Step, ask: Ask, slip: Decimal) -> Quote | None:
    spot = product(product(WORTH[step.token], step.drift), slip)
    swap = Basin(spot, step.depth, step.fee, gas_of(step.gas)).swap(ask)
    return priced(swap, Rates(step.peg, D(2500))) if swap and swap.pay and swap.receive else None


def run(start: Decimal, plan: list[Step]) -> Iterator[tuple[Account, list[Entry], list[Trade]]]:
    """The account after each step, with all its entries and trades so far."""
    entries, trades = [deposit(1, NOW, start)], list[Trade]()
    account = folded("acc", entries)
    for step in plan:
        for _ in range(step.times):
            before = account
            done = attempted(step, account)
            event(done.trade.status if isinstance(done, Settled) else done.code)
            if isinstance(done, Settled):
                account = done.account
                entries.append(done.entry)
                trades.append(done.trade)
            else:
                assert account == before == folded("acc", entries)
            yield account, entries, trades


def attempted(step: Step, account: Account) -> Settled | Refusal:
    ask = asked(step, account)
    if isinstance(ask, Refusal):
        return ask
    seen, met = quoted(step, ask, D(1)), quoted(step, ask, step.slip)
    if not seen or not met:
        return Refusal("beyond_liquidity", "That is more than the pool holds.")
    agreed = contract(seen.swap, step.tolerance)
    at = NOW + timedelta(seconds=account.version)
    wanted = deal(met, contract=agreed, gets_out=step.gets_out, at=at)
    done = execute(account, wanted)
    if isinstance(done, Settled):
        assert (done.trade.status is TradeStatus.FILLED) is agreed.kept_by(met.swap)
    return done


@settings(max_examples=150, deadline=None)
@given(
    exactly("50", "1000000", 6), st.lists(steps, max_size=12), st.lists(exactly("0", "1e6", 18), min_size=4, max_size=4)
)
def test_the_books_balance_to_the_last_digit_after_every_step(
    start: Decimal, plan: list[Step], prices: list[Decimal]
) -> None:
    for account, entries, trades in run(start, plan):
        assert folded("acc", entries) == account
        sums = each_entry_sums_to_zero(entries)
        nothing_is_below_zero(account)
        the_identity_holds_at(dict(zip((t.key.address for t in TOKENS), prices, strict=True)), account)
        assert sums == {position.asset: Fraction(position.quantity) for position in account.positions.values()}
        the_costs_are_those_of_the_trades(account, trades)


def each_entry_sums_to_zero(entries: list[Entry]) -> dict[str, Fraction]:
    """The tokens that all entries have moved in, by asset, reckoned in fractions."""
    held: defaultdict[str, Fraction] = defaultdict(Fraction)
    for entry in entries:
        sums: defaultdict[str, Fraction] = defaultdict(Fraction)
        for book, asset, amount in entry.postings:
            sums[asset] += Fraction(amount)
            if book == "token":
                held[asset] += Fraction(amount)
        assert not any(sums.values())
    return dict(held)


def nothing_is_below_zero(account: Account) -> None:
    amounts = [account.cash, account.deposits, account.gas, account.fees]
    for position in account.positions.values():
        amounts += [position.quantity, position.cost, position.paid, position.bought]
        assert position.quantity or not position.cost
        of = next(t for t in TOKENS if t.key.address == position.asset)
        assert digits_of(position.quantity) <= of.decimals
    assert min(amounts) >= 0


def the_identity_holds_at(prices: dict[str, Decimal], account: Account) -> None:
    """Equity = deposits + realized + unrealized − gas, in fractions, at any prices whatever."""
    value = sum((Fraction(p.quantity) * Fraction(prices[p.asset]) for p in account.positions.values()), Fraction(0))
    unrealized = value - sum((Fraction(p.cost) for p in account.positions.values()), Fraction(0))
    equity = Fraction(account.cash) + value
    assert equity == Fraction(account.deposits) + Fraction(account.realized) + unrealized - Fraction(account.gas)
    assert account.residual == 0


def the_costs_are_those_of_the_trades(account: Account, trades: list[Trade]) -> None:
    found = dealings(trades).costs
    assert (found.gas, found.fees, found.impact) == (account.gas, account.fees, account.impact)
    realized = sum((Fraction(t.realized_pnl) for t in trades if t.realized_pnl is not None), Fraction(0))
    assert realized == Fraction(account.realized)


@settings(max_examples=100, deadline=None)
@given(exactly("1000", "1000000", 6), st.lists(steps, max_size=10))
def test_out_of_every_position_there_is_a_way_that_leaves_no_dust(start: Decimal, plan: list[Step]) -> None:
    *_, (account, _, trades) = [(folded("acc", [deposit(1, NOW, start)]), [], []), *run(start, plan)]
    gas = min((t.gas_usd for t in trades), default=D(0))
    trades = list(trades)
    for position in account.open_positions:
        number = next(n for n, t in enumerate(TOKENS) if t.key.address == position.asset)
        out = Step(number, Side.SELL, SizeUnit.SHARE, D(100), D(2), D(1), D(0), D(10**13), D(0), gas, D(1), True, 1)
        done = attempted(out, account)
        if isinstance(done, Refusal):
            # What comes to nothing in USDC cannot be swapped at all.
            assert done.code in ("too_small", "beyond_liquidity")
            continue
        account = done.account
        trades.append(done.trade)
        assert (account.positions[position.asset].quantity, account.positions[position.asset].cost) == (0, 0)
    trips = round_trips(trades)
    if not account.open_positions:
        assert sum((Fraction(trip.pnl) for trip in trips), Fraction(0)) == Fraction(account.realized)


@settings(max_examples=60, deadline=None)
@given(exactly("50", "1000000", 6), st.lists(steps, max_size=6), steps)
def test_asking_again_of_the_same_books_gives_the_same_answer(start: Decimal, plan: list[Step], again: Step) -> None:
    *_, (account, _, _) = [(folded("acc", [deposit(1, NOW, start)]), [], []), *run(start, plan)]
    assert attempted(again, account) == attempted(again, account)
