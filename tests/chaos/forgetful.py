"""A desk with the fault that the verdict is there to find: it acknowledges first and writes later."""

import asyncio
from typing import Any

from app.domain.refusal import Refusal
from app.trading.rounds import Rounds
from tests.chaos.trader import main

LATE_S = 0.2


class ForgetfulRounds(Rounds):
    """Memory first, and the disk when there is time."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._turn = asyncio.Lock()
        self._late: set[asyncio.Task[Refusal | None]] = set()

    async def _write(self, drafts: dict[str, Any]) -> Refusal | None:
        self._books.update({name: draft.books for name, draft in drafts.items()})
        task = asyncio.create_task(self._write_late(dict(drafts)))
        self._late.add(task)
        task.add_done_callback(self._late.discard)
        return None

    async def _write_late(self, drafts: dict[str, Any]) -> Refusal | None:
        async with self._turn:
            await asyncio.sleep(LATE_S)
            newest = {name: self._books[name] for name in drafts}
            trouble = await super()._write(drafts)
            self._books.update(newest)
            return trouble


if __name__ == "__main__":
    main(ForgetfulRounds)
