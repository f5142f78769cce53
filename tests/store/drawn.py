"""What hypothesis draws for the ledger's round trips, and small plain examples of the same things."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from app.domain.ledger import Entry, gas_paid, swapped
from app.domain.money import minus
from app.domain.orders import Order, OrderState, OrderType, Origin, Side, Size, SizeUnit, Ticket
from app.domain.quotes import Grade
from app.domain.session import Session
from app.domain.tokens import Token
from app.domain.trades import Trade, TradeStatus, trade_id

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TOKEN = Token(8453, "0x940181a94A35A4569E4529A3CDfB74e38FD98631", "AERO", "Aerodrome Finance", 18, "aerodrome-finance")

amounts = st.integers(1, 10**33).map(lambda number: Decimal(f"{number}e-18"))
signed = st.one_of(amounts, amounts.map(minus), st.just(Decimal(0)))
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)
words = st.text(max_size=20)
sides = st.sampled_from(Side)
addresses = st.integers(0, 16**40 - 1).map(lambda number: f"0x{number:040x}")
tokens = st.builds(Token, st.integers(1, 10**6), addresses, words, words, st.integers(0, 36), st.none() | words)
sizes = st.builds(Size, st.sampled_from(SizeUnit), amounts)


def draft(market: str = "demo", balance: str = "10000") -> Session:
    return Session("", "A session", "", market, 8453, Decimal(balance), NOON)


def gas_entry(number: int, dollars: str = "0.01", at: datetime = NOON) -> Entry:
    return Entry(number, at, gas_paid(Decimal(dollars)))


def order(order_id: str, account_id: str, state: OrderState = OrderState.OPEN, body: str = "body") -> Order:
    size = Size(SizeUnit.USD, Decimal(100))
    ticket = Ticket(order_id, TOKEN, Side.BUY, size, OrderType.LIMIT, limit_price=Decimal("1.5"))
    return Order(ticket, account_id, NOON, body, state)


def a_trade(account_id: str, number: int, status: TradeStatus = TradeStatus.FILLED, at: datetime = NOON) -> Trade:
    one = Decimal("1.25")
    return Trade(
        id=trade_id(account_id, number),
        account_id=account_id,
        number=number,
        order_id=f"order {number}",
        at=at,
        side=Side.BUY,
        token=TOKEN,
        **dict.fromkeys(("quantity", "price", "mid_price", "value", "gas_usd", "fee_usd", "impact_usd"), one),
        **dict.fromkeys(("slippage_bps", "pay", "receive", "rate"), one),
        grade=Grade.A,
        quote_source="quoter",
        route="AERO/USDC",
        block_number=1,
        status=status,
        reason="",
        origin=Origin.HAND,
        order_type=OrderType.MARKET,
        realized_pnl=None,
    )


@st.composite
def drawn_entries(draw: st.DrawFn, number: int) -> Entry:
    quantity, value, gas = draw(amounts), draw(amounts), draw(amounts)
    if draw(st.booleans()):
        quantity, value = minus(quantity), minus(value)
    moved = swapped(draw(addresses), quantity, value) if draw(st.booleans()) else ()
    return Entry(number, draw(moments), moved + gas_paid(gas), draw(signed), draw(signed))


@st.composite
def drawn_orders(draw: st.DrawFn, order_id: str, account_id: str) -> Order:
    ticket = Ticket(
        order_id,
        draw(tokens),
        draw(sides),
        draw(sizes),
        draw(st.sampled_from(OrderType)),
        draw(st.none() | amounts),
        draw(st.none() | amounts),
        draw(st.none() | amounts),
        draw(amounts),
        draw(st.none() | moments),
        draw(st.sampled_from(Origin)),
        draw(st.booleans()),
        draw(words),
    )
    return Order(
        ticket,
        account_id,
        draw(moments),
        draw(words),
        draw(st.sampled_from(OrderState)),
        draw(words),
        draw(st.none() | words),
        draw(st.none() | words),
        draw(st.none() | amounts),
        draw(st.none() | moments),
    )


@st.composite
def drawn_trades(draw: st.DrawFn, account_id: str, number: int) -> Trade:
    return Trade(
        id=trade_id(account_id, number),
        account_id=account_id,
        number=number,
        order_id=draw(words),
        at=draw(moments),
        side=draw(sides),
        token=draw(tokens),
        quantity=draw(amounts),
        price=draw(amounts),
        mid_price=draw(amounts),
        value=draw(amounts),
        gas_usd=draw(amounts),
        fee_usd=draw(signed),
        impact_usd=draw(signed),
        slippage_bps=draw(signed),
        grade=draw(st.sampled_from(Grade)),
        quote_source=draw(words),
        route=draw(words),
        block_number=draw(st.none() | st.integers(0, 2**53)),
        status=draw(st.sampled_from(TradeStatus)),
        reason=draw(words),
        origin=draw(st.sampled_from(Origin)),
        order_type=draw(st.sampled_from(OrderType)),
        realized_pnl=draw(st.none() | signed),
        pay=draw(amounts),
        receive=draw(amounts),
        rate=draw(amounts),
        fill_error_bps=draw(st.none() | signed),
        fill_error_30s_bps=draw(st.none() | signed),
        decision_id=draw(st.none() | words),
    )
