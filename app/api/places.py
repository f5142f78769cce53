"""A place in the stream: what an event's id says, so that whoever comes back is given what he has missed."""

import re
from typing import NamedTuple

_ID = re.compile(r"([0-9a-f]{8})-([0-9]{1,15})-s([0-9]{1,9})-([0-9]{1,9})-([0-9]{1,15})-([0-9]{1,9})", re.ASCII)


class Place(NamedTuple):
    """Up to where somebody has heard everything. `boot` is the process that spoke and `seq` counts its events;
    `session` (0 before there is one), `trade` and `decision` are the numbers of the last that were told, and mean the
    same in the next process. A session numbered above `newest` was opened since; one that is at work anew is not."""

    boot: str
    seq: int = 0
    session: int = 0
    trade: int = 0
    decision: int = 0
    newest: int = 0

    def __str__(self) -> str:
        return f"{self.boot}-{self.seq}-s{self.session}-{self.trade}-{self.decision}-{self.newest}"

    @property
    def account_id(self) -> str:
        return f"s{self.session}"


def number_in(name: str) -> int:
    """The number in the id of something that is on disk: 3 of session 's3', 12 of decision 'd12'."""
    return int(name[1:])


def place_in(event_id: str) -> Place | None:
    """The place that an event's id says; None where it is not an id of ours."""
    found = _ID.fullmatch(event_id)
    if found is None:
        return None
    boot, *numbers = found.groups()
    return Place(boot, *(int(number) for number in numbers))
