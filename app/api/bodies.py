"""Bodies: none that is asked with is larger than a megabyte."""

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

LARGEST = 1_000_000


async def bounded(scope: Scope, receive: Receive, largest: int = LARGEST) -> Receive | None:
    """`receive` for a request whose body has no more than so many bytes; None where it has.

    A body of stated length is not waited for: the server sees to it that no more arrives. One that comes in chunks is
    read to its end first.
    """
    headers = Headers(scope=scope)
    lengths = headers.getlist("content-length")
    if any(not length.isdecimal() or int(length[:12]) > largest for length in lengths):
        return None
    if lengths or "transfer-encoding" not in headers:
        return receive
    return await _read(receive, largest)


async def _read(receive: Receive, largest: int) -> Receive | None:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > largest:
            return None
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return first.pop() if first else await receive()

    return again
