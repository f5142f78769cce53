"""Sign-ins: which browsers have shown the password, and how often somebody may try."""

import asyncio
import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from app.domain.refusal import Refusal
from app.market.line import Clock
from app.runtime.keys import signing_key
from app.runtime.settings import Settings
from app.runtime.tries import Tries
from app.store.database import Store, StoreRefused
from app.store.sign_ins import SignIn, forget, keep, standing

VALID = timedelta(days=7)
# Under this name the guard notes for a websocket the cookie that it came with.
SIGNED_IN_WITH = "drydock.signed_in_with"
# Each verification takes 64 MB and a processor.
_AT_A_TIME = 2
_HASHED = "$argon2"

_log = logging.getLogger("drydock")


@dataclass(frozen=True, slots=True)
class TooMany(Refusal):
    """The next try may be made in `wait_s` seconds."""

    wait_s: int


class SignIns:
    """Open to all where no password is set. Sign-ins outlive a restart, and end when the password is another."""

    def __init__(self, settings: Settings, clock: Clock, store: Store) -> None:
        self._clock = clock
        self._store = store
        self._password = settings.password.get_secret_value() if settings.password else None
        self._made_with = _tied(signing_key(settings.data_dir), self._password) if self._password else ""
        self._hash = ""
        self._hashing = Lock()
        self._seats = asyncio.Semaphore(_AT_A_TIME)
        self._tries = Tries(each=5, everybody=20)
        # Those of tokens that were wrong. The right one needs no try.
        self.token_tries = Tries(each=20, everybody=200)
        self._said = Tries(each=1, everybody=10)
        self._ends: dict[str, datetime] = {}
        self._followers: dict[str, set[Callable[[], None]]] = {}
        if self.needed:
            self._recall()

    @property
    def needed(self) -> bool:
        """Whether anybody has to sign in."""
        return self._password is not None

    def _recall(self) -> None:
        try:
            self._ends.update(standing(self._store, self._made_with, self._clock.instant().utc))
        except StoreRefused as error:
            _log.error("[SECURITY] sign_ins=not_recalled why=%r", str(error))

    async def sign_in(self, password: str, address: str) -> str | Refusal:
        """The value for the cookie of a browser that shows the right password; `address` is where it asks from."""
        if wait_s := self._tries.take(address):
            if not self._said.take(address):
                _log.warning("[SECURITY] sign_in=limited address=%s wait_s=%d", address, wait_s)
            return TooMany("too_many_tries", f"Those were too many tries: the next one is free in {wait_s} s.", wait_s)
        async with self._seats:
            right = await asyncio.to_thread(self._is_right, password)
        if not right:
            _log.warning("[SECURITY] sign_in=refused address=%s", address)
            return Refusal("wrong_password", "That is not the password.")
        _log.info("[SECURITY] sign_in=done address=%s", address)
        return await self._let_in()

    async def _let_in(self) -> str:
        value, now = secrets.token_urlsafe(32), self._clock.instant().utc
        made = SignIn(_digest(value), self._made_with, now, now + VALID)
        for digest in [digest for digest, until in self._ends.items() if until <= now]:
            self._end(digest)
        self._ends[made.digest] = made.until
        try:
            await asyncio.to_thread(keep, self._store, made)
        except StoreRefused as error:
            # Who looks after a desk whose disk is full must be able to come in; a restart asks them again.
            _log.error("[SECURITY] sign_in=not_kept why=%r", str(error))
        return value

    def _is_right(self, password: str) -> bool:
        hasher, wanted = PasswordHasher(), self._password or ""
        with self._hashing:
            self._hash = self._hash or (wanted if wanted.startswith(_HASHED) else hasher.hash(wanted))
        try:
            return hasher.verify(self._hash, password)
        except VerifyMismatchError:
            return False
        except (VerificationError, InvalidHashError):
            _log.error("[SECURITY] password=not_usable")
            return False

    def is_signed_in(self, value: str) -> bool:
        """Whether the browser with this cookie may come in. Asks memory only."""
        if not self.needed:
            return True
        digest = _digest(value)
        until = self._ends.get(digest)
        if until is not None and until <= self._clock.instant().utc:
            self._end(digest)
        return digest in self._ends

    async def sign_out(self, value: str) -> Refusal | None:
        """End a sign-in for all that follow it, at once. Refused where the database would take it up again."""
        digest = _digest(value)
        if digest not in self._ends:
            return None
        self._end(digest)
        _log.info("[SECURITY] sign_out=done")
        try:
            await asyncio.to_thread(forget, self._store, digest)
        except StoreRefused as error:
            _log.error("[SECURITY] sign_out=not_kept why=%r", str(error))
            sentence = "You are signed out until Drydock restarts: the database could not be written."
            return Refusal("database_refused", sentence)
        return None

    def follow(self, value: str, ended: Callable[[], None]) -> Callable[[], None]:
        """Call `ended` when the sign-in of this cookie ends; what is returned stops that."""
        digest = _digest(value)
        self._followers.setdefault(digest, set()).add(ended)

        def leave() -> None:
            following = self._followers.get(digest, set())
            following.discard(ended)
            if not following:
                self._followers.pop(digest, None)

        return leave

    def _end(self, digest: str) -> None:
        self._ends.pop(digest, None)
        for ended in tuple(self._followers.pop(digest, ())):
            ended()


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def _tied(key: bytes, password: str) -> str:
    """A digest of the password that tells nothing to whoever has not got the key as well."""
    return hmac.new(key, b"sign-in:" + password.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
