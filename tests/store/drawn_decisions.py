"""What hypothesis draws for the bot's round trips, and small plain examples of the same things."""

from datetime import datetime
from decimal import Decimal

from hypothesis import strategies as st

from app.domain.bots import BOT_BARS, BotRecord, BotState, Holding, Limits
from app.domain.decisions import LEVELS, Decision, Gate, Logged, Occasion, Opinion, Sense, Verdict, at_least
from app.domain.tokens import Token
from tests.store.drawn import NOON, TOKEN, addresses, amounts, moments, tokens, words

floats = st.floats(allow_nan=False)
levels = st.sampled_from(LEVELS)
verdicts = st.sampled_from(Verdict)
gates = st.builds(Gate, words, st.none() | floats, st.sampled_from(Sense), floats, st.booleans(), st.booleans())
made = st.builds(Decision, levels, verdicts, st.lists(gates, max_size=6).map(tuple), amounts, floats, floats, floats)
opinions = st.builds(Opinion, levels, verdicts, st.none() | words, amounts, floats, floats, floats)
limits = st.builds(
    Limits,
    st.sampled_from(BOT_BARS),
    st.none() | amounts,
    st.none() | amounts,
    st.none() | st.integers(0, 10**6),
    st.lists(addresses, max_size=3).map(tuple),
    st.lists(addresses, max_size=3).map(tuple),
    st.none() | amounts,
    st.none() | amounts,
)
records = st.builds(BotRecord, st.sampled_from(BotState), levels, limits)
drawn_holdings = st.builds(
    Holding,
    addresses,
    amounts,
    amounts,
    moments,
    amounts,
    amounts,
    st.integers(0, 9),
    st.integers(0, 10**6),
    levels,
)


def drawn_logged(session_id: str) -> st.SearchStrategy[Logged]:
    """Decisions of a session that are not kept yet."""
    return st.builds(
        Logged,
        st.just(session_id),
        moments,
        st.none() | moments,
        st.sampled_from(Occasion),
        tokens,
        st.none() | amounts,
        words,
        st.none() | words,
        st.none() | floats,
        words,
        made,
        st.lists(opinions, max_size=10).map(tuple),
        words,
        st.booleans(),
        st.none() | words,
    )


def a_decision(
    session_id: str,
    at: datetime = NOON,
    token: Token = TOKEN,
    level: int = 5,
    verdict: Verdict = Verdict.SKIP,
    failed: str | None = "trend",
) -> Logged:
    """A decision about a token; the gate that failed is one to enter by, or to keep by where the token is sold."""
    fails = (at_least(failed, 0.25, 0.5, keeps=verdict is Verdict.SELL),) if failed else ()
    scores = (55.5, 20.25, 70.125)
    decided = Decision(level, verdict, (at_least("price", 1.0, 1.0), *fails), Decimal(0), *scores)
    views = tuple(Opinion(number, verdict, failed, Decimal(0), *scores) for number in LEVELS)
    return Logged(
        session_id,
        at,
        at,
        Occasion.CLOSE,
        token,
        Decimal("1.5"),
        "live",
        "coinbase",
        1.5,
        "running",
        decided,
        views,
        "",
    )


def a_holding(asset: str, quantity: str = "3") -> Holding:
    return Holding(asset, Decimal(quantity), Decimal(6), NOON, Decimal("1.9"), Decimal("2.1"))
