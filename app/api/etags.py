"""Entity tags: whoever holds a read as it still is gets told so, and is not sent it again; and HEAD, a read unread."""

import re
from hashlib import blake2b

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Health is asked for the moment, and what is written piece by piece has no tag before it has been sent.
_NO_TAG = ("/api/health", "/api/stream")
_NO_HEAD = ("/api/stream", "/api/trades.csv")
_TAG = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')


def tag_of(body: bytes) -> str:
    """The strong entity tag of a body, in its quotation marks."""
    return f'"{blake2b(body, digest_size=12).hexdigest()}"'


def is_tagged(path: str) -> bool:
    """Whether an answer in JSON at this path has a tag, if it comes in one piece."""
    return path.startswith("/api/") and path not in _NO_TAG and not path.endswith("/export")


def has_head(path: str) -> bool:
    """Whether what is read at this path can be asked for by HEAD too: not where the whole would be made for nothing."""
    return path.startswith("/api/") and path not in _NO_HEAD and not path.endswith("/export")


def holds(asked: str, tag: str) -> bool:
    """Whether an If-None-Match names the tag, in the weak comparison that RFC 9110 wants of it."""
    return asked.strip() == "*" or tag in _TAG.findall(asked)


class Etags:
    """The layer around the API: an ETag on every read of JSON, 304 for whoever has it already, and HEAD as GET."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        bare = scope["method"] == "HEAD" and has_head(path)
        if bare:
            scope = {**scope, "method": "GET"}
        if bare or is_tagged(path):
            asked = ", ".join(Headers(scope=scope).getlist("if-none-match"))
            send = _Answer(send, asked, tagged=is_tagged(path), bare=bare)
        await self._app(scope, receive, send)


class _Answer:
    """One answer on its way: held back at its head until its body is there."""

    def __init__(self, send: Send, asked: str, *, tagged: bool, bare: bool) -> None:
        self._send, self._asked, self._tagged, self._bare = send, asked, tagged, bare
        self._head: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._tagged and _is_json(message):
            self._head = message
            return
        if message["type"] == "http.response.body":
            message = await self._with_head(message)
        await self._send(message)

    async def _with_head(self, message: Message) -> Message:
        """Send the head that was held back; the body to send after it."""
        head, self._head = self._head, None
        body: bytes = message.get("body", b"")
        if head is not None:
            unchanged = not message.get("more_body") and self._tag(head, body)
            await self._send(head)
            if unchanged:
                return {**message, "body": b""}
        return {**message, "body": b""} if self._bare else message

    def _tag(self, head: Message, body: bytes) -> bool:
        """Put the tag on; whether the asker has it already."""
        headers, tag = MutableHeaders(scope=head), tag_of(body)
        headers["etag"] = tag
        headers.setdefault("cache-control", "no-cache")
        if not self._asked or not holds(self._asked, tag):
            return False
        head["status"] = 304
        del headers["content-length"]
        del headers["content-type"]
        return True


def _is_json(head: Message) -> bool:
    return head["status"] == 200 and Headers(scope=head).get("content-type", "").startswith("application/json")
