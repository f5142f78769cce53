"""The webhook: tells one configured address of what has happened, in order, and keeps nobody waiting."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, wait_exponential

from app.market.line import Client, Clock, retry_after

TRIES = 5
TIMEOUT = 5.0
MOST_WAITING = 100
LONGEST_PAUSE = 60.0
# Another try may find these otherwise; whatever else is not a success stays as it is.
_PASSING = frozenset({408, 425, 429})

_log = logging.getLogger("drydock")
_growing = wait_exponential(multiplier=1, max=LONGEST_PAUSE)


class _Failed(Exception):
    """One try was for nothing; another may not be. `pause` is how long, in seconds, the receiver asks for."""

    def __init__(self, why: str, pause: float | None = None) -> None:
        super().__init__(why)
        self.pause = pause


class _Refused(Exception):
    """The receiver will not have it, however often it is tried."""


class Webhook:
    """Posts to the address that was configured, and to no other: it follows no redirect. The address, which may hold a
    secret, is never said.

    `delivered` and `failed` count messages, `dropped` those for which there was no room, or no time at the end;
    `untaken` those that were lost since the last that arrived. Whenever that changes `turned` is called.
    """

    def __init__(
        self,
        client: Client,
        url: str,
        clock: Clock,
        timeout: float = TIMEOUT,
        turned: Callable[[], object] = lambda: None,
    ) -> None:
        self.delivered = self.failed = self.dropped = self.untaken = 0
        self._turned = turned
        self._client = client
        self._url = url
        self._clock = clock
        self._timeout = timeout
        self._waiting: deque[Mapping[str, object]] = deque()
        self._sending: asyncio.Task[None] | None = None
        self._closed = False

    def post(self, message: Mapping[str, object]) -> None:
        """Have it sent after those that wait; the oldest of a hundred gives way. Nothing without an address."""
        if not self._url or self._closed:
            return
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self.dropped += 1
            self._turn(self.untaken + 1)
            _log.warning("[ALERT] webhook=full dropped=%d", self.dropped)
        self._waiting.append(message)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send_all())

    async def quiet(self) -> None:
        """Wait until nothing waits to be sent."""
        if self._sending:
            await asyncio.wait([self._sending])

    async def close(self) -> None:
        """Give up what has not been sent."""
        self._closed = True
        if self._sending and not self._sending.done():
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
            self.dropped += len(self._waiting) + 1
        self._waiting.clear()

    async def _send_all(self) -> None:
        while self._waiting:
            await self._send(self._waiting.popleft())

    async def _send(self, message: Mapping[str, object]) -> None:
        tries = AsyncRetrying(
            sleep=self._clock.sleep,
            stop=stop_after_attempt(TRIES),
            wait=_pause,
            retry=retry_if_exception_type(_Failed),
            reraise=True,
        )
        try:
            await tries(self._try, message)
        except (_Failed, _Refused) as error:
            self.failed += 1
            self._turn(self.untaken + 1)
            _log.warning("[ALERT] webhook=failed why=%r failed=%d", str(error), self.failed)
        else:
            self.delivered += 1
            self._turn(0)

    def _turn(self, untaken: int) -> None:
        if untaken != self.untaken:
            self.untaken = untaken
            self._turned()

    async def _try(self, message: Mapping[str, object]) -> None:
        try:
            # What the receiver has to say is not read: only whether it took the message.
            async with (
                asyncio.timeout(self._timeout),
                self._client.stream(
                    "POST", self._url, json=message, timeout=self._timeout, follow_redirects=False
                ) as response,
            ):
                self._heed(response)
        except (httpx.TimeoutException, TimeoutError):
            raise _Failed("no answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # Its words could hold the address.
            raise _Failed(f"not reachable ({type(error).__name__})") from None

    def _heed(self, response: httpx.Response) -> None:
        """Raise for a status that is not a success."""
        if response.is_success:
            return
        why = f"status {response.status_code}"
        if response.is_redirect or (response.is_client_error and response.status_code not in _PASSING):
            raise _Refused(why)
        raise _Failed(why, retry_after(response.headers.get("retry-after"), self._clock.instant().utc))


def _pause(state: RetryCallState) -> float:
    """Seconds until the next try: what the receiver asks for, up to a minute, else ever longer."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.pause if isinstance(error, _Failed) else None
    return _growing(state) if asked is None else min(asked, LONGEST_PAUSE)
