"""The gate: every frame of every tab passes through here. Who is not signed in any more is heard and told nothing.

It stands before Reflex, so that events, what they lead to, what works in the background and what is pushed all end
together, whichever way they take inside.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from app.runtime.house import current
from app.runtime.sign_ins import SIGNED_IN_WITH, SignIns
from app.runtime.tries import Tries
from app.ui.frames import Ears, is_report

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

# How Reflex tells a page that it is of yesterday's build: it loads itself anew, which leads it to the sign-in.
_LOAD_ANEW = "42/_event," + json.dumps(["state_mismatch", {"backend": "signed out", "reload_cooldown_ms": -1}])
_EVENTS = "/_event/"
_WEBSOCKETS_ONLY = b"Only websockets are served here."
_NOT_SIGNED_IN = 1008
_NOT_OPEN = 1013

_log = logging.getLogger("drydock")


def gate(inner: Asgi) -> Asgi:
    """`inner` with every websocket behind the gate. The guard, which stands before it, has noted the cookie."""
    # It writes into the log whatever argument is of another type than its handler's; the handlers judge for themselves.
    logging.getLogger("reflex_base.event.processor.base_state_processor").setLevel(logging.ERROR)
    ears: list[Ears] = []
    # So often a minute a wrong frame, and an error of a page, is a line of the log.
    said = Tries(each=5, everybody=10)

    async def gated(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        house = current()
        if scope["type"] == "http" and f"{scope['path']}/".startswith(_EVENTS):
            await _tell_to_upgrade(send)
            return
        if scope["type"] != "websocket":
            await inner(scope, receive, send)
            return
        if house is None:
            await send({"type": "websocket.close", "code": _NOT_OPEN})
            return
        if not ears:
            ears.append(Ears.of_all())
        tab = _Tab(house.sign_ins, str(scope.get(SIGNED_IN_WITH, "")), ears[0], said, receive, send)
        await tab.serve(inner, scope)

    return gated


async def _tell_to_upgrade(send: Send) -> None:
    """What plain HTTP is answered where tabs are served: Socket.IO would try to make a websocket of some of it."""
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(_WEBSOCKETS_ONLY))]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": _WEBSOCKETS_ONLY})


class _Tab:
    """One websocket, from its greeting to the end of its sign-in."""

    def __init__(self, sign_ins: SignIns, cookie: str, ears: Ears, said: Tries, receive: Receive, send: Send) -> None:
        self._sign_ins = sign_ins
        self._cookie = cookie
        self._ears = ears
        self._said = said
        self._receive = receive
        self._send = send
        self._is_accepted = False
        self._is_over = False
        self._goodbye: asyncio.Task[None] | None = None

    async def serve(self, inner: Asgi, scope: MutableMapping[str, Any]) -> None:
        if not self._sign_ins.is_signed_in(self._cookie):
            await self._send({"type": "websocket.close", "code": _NOT_SIGNED_IN})
            return
        leave = self._sign_ins.follow(self._cookie, self._end)
        try:
            await inner(scope, self._hear, self._tell)
        finally:
            leave()

    async def _hear(self) -> Message:
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                return message
            if not self._is_in():
                continue
            frame = self._ears.heard(message.get("text"))
            if frame is None:
                self._refuse(message)
            elif not is_report(frame) or not self._said.take("reports"):
                return {"type": "websocket.receive", "text": frame}

    def _refuse(self, message: Message) -> None:
        if not self._said.take("refused"):
            _log.warning("[SECURITY] frame=refused length=%d", len(message.get("text") or ""))

    async def _tell(self, message: Message) -> None:
        if self._is_in():
            self._is_accepted |= message["type"] == "websocket.accept"
            await self._send(message)

    def _is_in(self) -> bool:
        return not self._is_over and self._sign_ins.is_signed_in(self._cookie)

    def _end(self) -> None:
        self._is_over = True
        self._goodbye = asyncio.get_running_loop().create_task(self._say_goodbye())

    async def _say_goodbye(self) -> None:
        # A tab that has left by itself needs no goodbye.
        with suppress(OSError, RuntimeError):
            if self._is_accepted:
                await self._send({"type": "websocket.send", "text": _LOAD_ANEW})
            await self._send({"type": "websocket.close", "code": _NOT_SIGNED_IN})
