"""What a source can do wrong, and how each wrong changes a price, a time or a whole answer."""

from decimal import Decimal
from enum import StrEnum


class Mischief(StrEnum):
    """The first block changes the whole answer, the second one price, the third its time.

    A price has the wrong JSON type under either of TEXT_FOR_NUMBER and NUMBER_FOR_TEXT: text where the source
    documents a number, a number where it documents text. On chain, NULL is an answer without data and MISSING
    a revert.
    """

    TIMEOUT = "timeout"
    REFUSE = "refuse"
    RATE_LIMITED = "rate_limited"
    RATE_LIMITED_BARE = "rate_limited_bare"
    RATE_LIMITED_HTML = "rate_limited_html"
    SERVER_ERROR = "server_error"
    ERROR_INSIDE = "error_inside"
    TRUNCATED = "truncated"
    EXTRA = "extra"
    LOWER_CASE = "lower_case"
    HTML = "html"
    EMPTY = "empty"
    SLOW = "slow"

    WRONG_TYPES = "wrong_types"
    TEXT_FOR_NUMBER = "text_for_number"
    NUMBER_FOR_TEXT = "number_for_text"
    NULL = "null"
    MISSING = "missing"
    NEGATIVE = "negative"
    ZERO = "zero"
    NAN = "nan"
    TINY = "tiny"
    HUGE = "huge"
    HUNDREDFOLD = "hundredfold"

    HOUR_OLD = "hour_old"
    FUTURE = "future"


WRONG_TYPE = frozenset({Mischief.TEXT_FOR_NUMBER, Mischief.NUMBER_FOR_TEXT})
# The mischiefs that `Bench.answer` acts on; all others act on a price or its time.
OF_THE_ANSWER = frozenset(
    {
        Mischief.TIMEOUT,
        Mischief.REFUSE,
        Mischief.RATE_LIMITED,
        Mischief.RATE_LIMITED_BARE,
        Mischief.RATE_LIMITED_HTML,
        Mischief.SERVER_ERROR,
        Mischief.ERROR_INSIDE,
        Mischief.TRUNCATED,
        Mischief.EXTRA,
        Mischief.LOWER_CASE,
        Mischief.HTML,
        Mischief.EMPTY,
        Mischief.SLOW,
    }
)

_INSTEAD = {
    Mischief.ZERO: Decimal(0),
    Mischief.NAN: Decimal("NaN"),
    Mischief.TINY: Decimal("1e-18"),
    Mischief.HUGE: Decimal("1e30"),
}
_FACTOR = {Mischief.NEGATIVE: Decimal(-1), Mischief.HUNDREDFOLD: Decimal(100)}
_SHIFT = {Mischief.HOUR_OLD: -3600, Mischief.FUTURE: 3600}

RETRY_AFTER_S = 7
SLOW_S = 1.5


def bent(price: Decimal, mischief: Mischief | None) -> Decimal:
    """The price as the mischief has it."""
    if mischief is None:
        return price
    return _INSTEAD[mischief] if mischief in _INSTEAD else price * _FACTOR.get(mischief, 1)


def shift_s(mischief: Mischief | None) -> int:
    """By how many seconds the mischief moves the times that a source states."""
    return _SHIFT.get(mischief, 0) if mischief else 0


CLOUD_PAGE = (
    "<!DOCTYPE html><html><head><title>Access denied | 1015</title></head>"
    "<body><h1>Error 1015</h1><p>You are being rate limited.</p></body></html>"
)
MAINTENANCE_PAGE = "<!DOCTYPE html><html><head><title>Back soon</title></head><body>Maintenance</body></html>"

_TOO_MANY: dict[str, object] = {
    "coingecko": {"status": {"error_code": 429, "error_message": "You've exceeded the Rate Limit."}},
    "geckoterminal": {"status": {"error_code": 429, "error_message": "You've exceeded the Rate Limit."}},
    "alchemy": {"error": {"message": "Your app has exceeded its requests per hour."}},
    "coinbase": {"message": "Public rate limit exceeded"},
    "kraken": {"error": ["EAPI:Rate limit exceeded"]},
    "rpc": {"jsonrpc": "2.0", "error": {"code": -32016, "message": "over rate limit"}, "id": None},
}
_ERRORS: dict[str, object] = {
    "coingecko": {"status": {"error_code": 500, "error_message": "Something went wrong."}},
    "dexscreener": {"schemaVersion": "1.0.0", "pairs": None},
    "geckoterminal": {"errors": [{"status": "500", "title": "Internal Server Error"}]},
    "alchemy": {"error": {"message": "Internal error"}},
    "coinbase": {"message": "Internal server error"},
    "kraken": {"error": ["EService:Unavailable"]},
    "rpc": {"jsonrpc": "2.0", "error": {"code": -32000, "message": "header not found"}, "id": None},
    "kyberswap": {"code": 4008, "message": "route not found", "details": None, "requestId": "0"},
    "velora": {"error": "No routes found with enough liquidity"},
}


def too_many(source: str) -> object:
    """The source's own body of a refusal for too many calls."""
    return _TOO_MANY.get(source, {"message": "Too Many Requests"})


def error_inside(source: str) -> object:
    """The source's own error envelope."""
    return _ERRORS.get(source, {"message": "Internal error"})
