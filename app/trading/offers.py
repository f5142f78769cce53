"""Offers: a previewed quote as a signed token that holds all there is to know, so that it outlives a restart."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from itsdangerous import BadSignature, URLSafeSerializer

from app.domain.money import plain
from app.domain.orders import Side
from app.domain.quotes import Contract, Grade, Leg
from app.domain.refusal import Refusal

LIFE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Offer:
    """What was offered to an account: a swap of a token (address in lower case), on the terms of a contract, until
    `expires_at` on the desk's own clock, by a quote of this grade."""

    account_id: str
    address: str
    side: Side
    exact: Leg
    amount: Decimal
    contract: Contract
    expires_at: datetime
    grade: Grade


class Signer:
    """Signs offers and reads them back; any worker that has the key can honour them."""

    def __init__(self, key: bytes) -> None:
        self._serializer = URLSafeSerializer(key, salt="drydock.offer")
        self._made = count(1)

    def sign(self, offer: Offer) -> str:
        """The offer's quote id."""
        contract = offer.contract
        numbers = (offer.amount, contract.pay, contract.receive, contract.slippage_bps)
        words = [offer.account_id, offer.address, offer.side.value, offer.exact.value, *map(plain, numbers)]
        # Counted, so that two offers of one moment are two.
        return str(self._serializer.dumps([*words, _ms(offer.expires_at), offer.grade.value, next(self._made)]))

    def read(self, quote_id: str, account_id: str, now: datetime) -> Offer | Refusal:
        """The offer of that id, if it was made to this account and still stands."""
        try:
            words = self._serializer.loads(quote_id)
        except (BadSignature, UnicodeError):
            return Refusal("unknown_quote", "That is not a quote of this desk.")
        account, address, side, exact, amount, pay, receive, slippage, expires_ms, grade, _ = words
        if account != account_id:
            return Refusal("foreign_quote", "That quote belongs to another session.")
        expires_at = datetime.fromtimestamp(expires_ms / 1000, UTC)
        if now >= expires_at or expires_at - now > 2 * LIFE:
            return Refusal(
                "quote_expired", f"That quote has expired: it stood for {LIFE.seconds} s. Ask for a new one."
            )
        terms = Contract(Decimal(pay), Decimal(receive), Decimal(slippage))
        return Offer(account, address, Side(side), Leg(exact), Decimal(amount), terms, expires_at, Grade(grade))


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
