"""Who is signed in, on disk: digests only, so that nobody who reads them can sign in."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, insert, or_, select

from app.store.database import Store
from app.store.watch_tables import SIGN_INS


@dataclass(frozen=True, slots=True)
class SignIn:
    """`digest` is the SHA-256 of the cookie's value in hex, `password_digest` a keyed one of the password that was
    shown."""

    digest: str
    password_digest: str
    since: datetime
    until: datetime


def standing(store: Store, password_digest: str, now: datetime) -> Mapping[str, datetime]:
    """The sign-ins made with this password that are not over: their ends by their digests. Raises StoreRefused."""
    query = select(SIGN_INS.c.digest, SIGN_INS.c.until).where(
        SIGN_INS.c.password_digest == password_digest, SIGN_INS.c.until > now
    )
    with store.reading() as connection:
        return {digest: until for digest, until in connection.execute(query)}


def keep(store: Store, sign_in: SignIn) -> None:
    """Write a sign-in down; those that are over and those of another password go. Raises StoreRefused."""
    over = or_(SIGN_INS.c.until <= sign_in.since, SIGN_INS.c.password_digest != sign_in.password_digest)
    with store.writing() as connection:
        connection.execute(delete(SIGN_INS).where(over))
        connection.execute(insert(SIGN_INS), asdict(sign_in))


def forget(store: Store, digest: str) -> bool:
    """Strike a sign-in out; whether it was there. Raises StoreRefused."""
    with store.writing() as connection:
        return connection.execute(delete(SIGN_INS).where(SIGN_INS.c.digest == digest)).rowcount > 0
