"""Kills the server again and again while clients trade over REST, and looks each time at what is left.

`python -m tests.chaos.server --kills 1000`. Every life begins with what was answered before: it is there as it was, the
books balance, and the same order again is the first one. The last line is the result; the exit code is 1 where anything
is wrong.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import httpx

from tests.chaos.crowd import SYMBOLS, Crowd
from tests.chaos.forked import Forked
from tests.chaos.lines import Heard
from tests.chaos.verdict import Findings, judge, judge_growth, nothing, read
from tests.standing import Standby

# So often a new folder begins: what is there is looked through after every kill.
KILLS_A_FOLDER = 20
LOOKED_UP = 10
REPEATED = 10
# What nobody trades need not have a past made up at every start.
WATCHED = {"DRYDOCK_WATCHLIST": ",".join(SYMBOLS)}


@dataclass(slots=True)
class Tally:
    """What came of all the kills. `recoveries` are the seconds from the start to the first answer after each."""

    kills: int = 0
    acknowledged: int = 0
    trades: int = 0
    recoveries: list[float] = field(default_factory=list[float])
    found: Findings = field(default_factory=Findings)

    def line(self, seconds: float) -> str:
        return (
            f"{self.kills} kills of the server, {self.acknowledged:,} orders acknowledged, {self.trades:,} trades, "
            f"lost {len(self.found.lost)}, twice {len(self.found.twice)}, otherwise wrong {len(self.found.wrong)}; "
            f"served again after {median(self.recoveries):.2f} s, at most {max(self.recoveries):.2f} s (forked, not "
            f"loaded); {seconds:.0f} s"
        )


class Lives:
    """One folder over many lives of its server."""

    def __init__(self, server: Forked, tally: Tally, random: Random) -> None:
        self.heard = Heard()
        self.kept = nothing()
        self._server, self._tally, self._random = server, tally, random
        self._lives = 0

    def live_and_die(self) -> None:
        """Start, look at what is there, trade, be killed; then the rows are judged."""
        self._start()
        self._kill_while_they_trade()
        before, self.kept = self.kept, read(self._server.file)
        found = self._tally.found
        found.add(judge(self.kept, self.heard.acknowledged.values(), self.heard.refused))
        found.add(judge_growth(before, self.kept))
        self._tally.kills += 1

    def end(self) -> None:
        """A last start, which finds everything; and an orderly end."""
        self._start()
        self._server.stop()
        self._tally.found.add(Findings(twice=self.heard.twice, wrong=self.heard.wrong))
        claim, said = self._tally.found.claim, self._server.said
        claim("Traceback" not in said, f"it complained: {said[-3000:]}")
        after = said.count("after='Drydock was ended without warning")
        claim(after == self._lives, f"of {self._lives} ends without warning {after} were told: {said[-3000:]}")
        claim("had been shown" not in said, f"something was told to be gone: {said[-3000:]}")
        self._tally.acknowledged += len(self.heard.acknowledged)
        self._tally.trades += len(self.kept.trades)

    def _start(self) -> None:
        self._tally.recoveries.append(self._server.start())
        with httpx.Client(base_url=self._server.url, timeout=30) as client:
            self._there_as_it_was_answered(client)
            self._asked_again(client)

    def _kill_while_they_trade(self) -> None:
        """A quarter of the kills come with the very first answers."""
        random = self._random
        crowd = Crowd(self._server.url, self.heard)
        crowd.begin(str(self._lives))
        self._lives += 1
        self._tally.found.claim(crowd.answered.wait(30), "nobody was answered before the kill")
        time.sleep(random.uniform(0, 0.01) if random.random() < 0.25 else random.uniform(0.03, 0.4))
        self._server.kill()
        crowd.join()

    def _there_as_it_was_answered(self, client: httpx.Client) -> None:
        claim, heard = self._tally.found.claim, self.heard.acknowledged
        audit = client.get("/api/audit").json()
        claim(audit["balanced"] and not any(map(float, audit["residuals"].values())), f"the audit says {audit}")
        for order_id in newest_and_some(list(heard), self._random):
            found, told = client.get(f"/api/orders/{order_id}").json(), heard[order_id]
            # What rested may have been filled since.
            same = found.get("order_id") == order_id and told.trade_id in (None, found["trade_id"])
            claim(same, f"order {order_id} was acknowledged as {told}, and is now {found}")

    def _asked_again(self, client: httpx.Client) -> None:
        """Some of what was answered, which is taken as the same; and all that was not."""
        crowd, heard = Crowd(self._server.url, self.heard), self.heard
        unanswered = list(heard.unanswered)
        for order_id in self._random.sample(heard.answered, min(REPEATED, len(heard.answered))):
            answer = crowd.ask(client, heard.wanted[order_id])
            self._tally.found.claim(answer.status_code == 200, f"order {order_id} again: {answer.text}")
        for order_id in unanswered:
            heard.unanswered.pop(order_id, None)
            crowd.ask(client, heard.wanted[order_id])


def newest_and_some(order_ids: list[str], random: Random) -> list[str]:
    newest, older = order_ids[-LOOKED_UP:], order_ids[:-LOOKED_UP]
    return newest + random.sample(older, min(LOOKED_UP, len(older)))


def run(kills: int, seed: int, standby: Standby, told: Callable[[str], Any] = lambda _line: None) -> Tally:
    """Kill so many servers, at moments that `seed` draws."""
    tally, random = Tally(), Random(seed)
    while tally.kills < kills and not tally.found.all:
        with tempfile.TemporaryDirectory() as folder:
            server = Forked(standby, Path(folder), WATCHED)
            lives = Lives(server, tally, random)
            try:
                for _ in range(min(KILLS_A_FOLDER, kills - tally.kills)):
                    lives.live_and_die()
                lives.end()
            finally:
                server.kill()
        told(f"{tally.kills} of {kills}")
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()
    with Standby() as standby:
        tally = run(given.kills, given.seed, standby, told=lambda line: print(line, file=sys.stderr, flush=True))
    for sentence in tally.found.all[:50]:
        print(sentence)
    print(tally.line(time.monotonic() - began))
    return 1 if tally.found.all else 0


if __name__ == "__main__":
    sys.exit(main())
