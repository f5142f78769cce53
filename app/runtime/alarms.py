"""Alarms: looks for what somebody should know about at once, and tells of it on disk, on every page and by webhook."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.domain.alerts import Alert, AlertKind, Condition, Key, Sighting, counting, recalled, sighted, turn
from app.domain.conditions import PATIENCE, conditions, unknown
from app.domain.endings import ending
from app.market.webhook import Webhook
from app.runtime.alert_items import alert_item, rank
from app.runtime.once import Once
from app.runtime.release import release
from app.runtime.venues import to_the_millisecond
from app.runtime.watching import Space, Watching, disk_space
from app.store import alerts as kept
from app.store.alerts import AlertFilter
from app.store.database import StoreRefused
from app.trading.bell import Topic

if TYPE_CHECKING:
    from app.runtime.house import House

TOLD_FOR = 600.0
# Of what was said once, and is found standing at a start.
BEFORE = "That was said before the last start."
NEWS = 50

_log = logging.getLogger("drydock")


@dataclass(frozen=True, slots=True)
class News:
    """What was told: `event` is raised or recovered, `number` grows by one with each."""

    number: int
    event: str
    alert: Alert


class Alarms:
    """`standing` are the alerts whose condition lasts, oldest first, `counts` how many were raised since the start, by
    kind; `news` are the last that were told, `newest` the number of the last. What the database refuses to keep is
    known here until it does."""

    def __init__(self, house: "House", free: Space = disk_space) -> None:
        self._house = house
        self.standing: tuple[Alert, ...] = ()
        self.counts: Counter[AlertKind] = Counter()
        self.news: deque[News] = deque(maxlen=NEWS)
        self.newest = 0
        self.webhook = Webhook(house.client, house.settings.webhook_url, house.clock, turned=self._ring)
        self._watching = Watching(house, free)
        self._seen: dict[Key, Sighting] = {}
        self._said: dict[Key, tuple[Condition, float]] = {}
        # Alerts as they are now, by their ids, of which disk does not know that yet.
        self._owed: dict[str, Alert] = {}
        # Under which ids those that stand were told that got their own only later.
        self._told: dict[str, str] = {}
        self._numbers = 0
        self._recalled = False
        self._refusals = Once()

    # -- what the scheduler rings, and the house

    async def look(self) -> None:
        """Every few seconds: raise what is new, end what is over. A look that fails is told, and the next one comes."""
        if not self._house.is_open:
            return
        try:
            await self._look()
        except Exception:  # noqa: BLE001 - an alarm that is broken must not be silent, nor end the ones to come
            _log.exception("[ALERT] look=failed")

    async def close(self) -> None:
        """Let nothing more be sent."""
        await self.webhook.close()

    # -- what others say

    def say(self, condition: Condition, lasting_s: float = TOLD_FOR) -> None:
        """Have this alert raised at the next look, and ended so many seconds from now."""
        self._said[condition.key] = (condition, self._house.clock.instant().mono + lasting_s)

    def tell(self, kind: AlertKind, sentence: str, recovery: str = "That was ten minutes ago.") -> None:
        """Have something said once, which is over by itself after ten minutes, or with the process."""
        about = f"{self._house.clock.instant().utc:%Y-%m-%dT%H:%M:%SZ}"
        self.say(Condition(kind, about, sentence, recovery))

    # -- what faces ask

    async def listed(self, wanted: AlertFilter, limit: int, before: int | None = None) -> list[Alert]:
        """The newest alerts that are wanted, newest first: those whose place is below `before`, of which those that
        disk does not know yet are the newest. Raises StoreRefused."""
        found = await asyncio.to_thread(kept.alerts, self._house.store, wanted, limit, before)
        owed = dict(self._owed)
        known = [owed.get(alert.id, alert) for alert in found]
        unkept = [alert for alert in owed.values() if kept.number_of(alert.id) is None]
        unkept = [alert for alert in unkept if before is None or rank(alert) < before]
        known = [*sorted(unkept, key=rank, reverse=True), *known]
        return [alert for alert in known if kept.fits(alert, wanted)][:limit]

    # -- how

    async def _look(self) -> None:
        house = self._house
        await self._recall()
        seen = await self._watching.look()
        now = house.clock.instant()
        # Who has something said knows by what it ends.
        watched = [alert for alert in self.standing if alert.condition.key not in self._said]
        self._said = {key: said for key, said in self._said.items() if now.mono < said[1]}
        self._seen = sighted(self._seen, conditions(seen), unknown(seen), PATIENCE, now.mono)
        said = tuple(condition for condition, _ in self._said.values())
        endings = {alert.condition.key: ending(alert, seen) for alert in watched}
        change = turn(self.standing, (*counting(self._seen), *said), endings)
        at = to_the_millisecond(now.utc)
        raised = [Alert(self._fresh(), condition, seen.session_id, at) for condition in change.raised]
        ended = [replace(alert, recovered_at=max(at, alert.raised_at)) for alert in change.recovered]
        gone = {alert.id for alert in ended}
        lasting = [alert for alert in self.standing if alert.id not in gone]
        self.standing = (*lasting, *raised)
        self._owed |= {alert.id: alert for alert in (*raised, *ended)}
        ids = await self._write()
        self._told |= {new: alert.id for alert in lasting if (new := ids.get(alert.id, alert.id)) != alert.id}
        self._announce(
            [replace(alert, id=ids.get(alert.id, alert.id)) for alert in raised],
            [replace(alert, id=self._told.pop(alert.id, alert.id)) for alert in ended],
        )

    def _fresh(self) -> str:
        """The id of an alert until the database gives it one."""
        self._numbers += 1
        return f"u{self._numbers}"

    async def _recall(self) -> None:
        """Once: what stood when the desk last ended. It is not raised again, and ended where it is no more."""
        if self._recalled:
            return
        try:
            before = [_as_of_before(alert) for alert in await asyncio.to_thread(kept.standing, self._house.store)]
        except StoreRefused as error:
            self._tell_refusal(str(error))
            return
        keys = {alert.condition.key for alert in before}
        for known in [alert for alert in self.standing if alert.condition.key in keys]:
            self._owed.pop(known.id, None)
        self.standing = (*before, *(alert for alert in self.standing if alert.condition.key not in keys))
        self._seen = recalled(before, self._house.clock.instant().mono) | self._seen
        # What was said once is over with whoever said it.
        self._seen = {key: seen for key, seen in self._seen.items() if key[0] is not AlertKind.RESTARTED}
        self._recalled = True

    async def _write(self) -> dict[str, str]:
        """Put on disk what it does not know; the ids that were given, by those that stood in for them."""
        owed = list(self._owed.values())
        if not owed:
            return {}
        try:
            written = await asyncio.to_thread(kept.write_alerts, self._house.store, owed)
        except StoreRefused as error:
            self._tell_refusal(str(error))
            return {}
        if self._refusals.over():
            _log.info("[ALERT] store=written_again")
        self._owed.clear()
        ids = {old.id: new.id for old, new in zip(owed, written, strict=True)}
        self.standing = tuple(replace(alert, id=ids.get(alert.id, alert.id)) for alert in self.standing)
        return ids

    def _tell_refusal(self, why: str) -> None:
        for news in self._refusals.news(why):
            _log.error("[ALERT] store=refused why=%r", news)

    def _announce(self, raised: Sequence[Alert], ended: Sequence[Alert]) -> None:
        for alert in raised:
            told = alert.condition
            self.counts[told.kind] += 1
            _log.warning("[ALERT] kind=%s about=%r said=%r", told.kind.value, told.about, told.sentence)
            self._publish("raised", alert)
        for alert in ended:
            told = alert.condition
            _log.info("[ALERT] recovered=%s about=%r said=%r", told.kind.value, told.about, told.recovery)
            self._publish("recovered", alert)
        if raised or ended:
            self._ring()

    def _ring(self) -> None:
        self._house.bell.ring(Topic.ALERT)

    def _publish(self, event: str, alert: Alert) -> None:
        self.newest += 1
        self.news.append(News(self.newest, event, alert))
        desk = {"market": self._house.feed.mode, "session_id": alert.session_id, "version": release()}
        self.webhook.post({"event": event, "alert": alert_item(alert), "desk": desk})


def _as_of_before(alert: Alert) -> Alert:
    """An alert of the process before; what that said once is over for another reason than that it is old."""
    told = alert.condition
    return replace(alert, condition=replace(told, recovery=BEFORE)) if told.kind is AlertKind.RESTARTED else alert
