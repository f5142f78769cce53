"""Bodies: none that is asked with is larger than a megabyte."""

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

LARGEST = 1_000_000


async def bounded(scope: Scope, receive: Receive, largest: int = LARGEST) -> Receive | None:
    """`receive` for a request whose body has no more than so many bytes; None where it has.

    A body of stated length is not waited for: the server sees to it that no more arrives. One that comes in chunks is
    read to its end first, whatever length is stated beside them: the server does not look at it then.
    """
    headers = Headers(scope=scope)
    lengths = headers.getlist("content-length")
    if any(_is_beyond(length, largest) for length in lengths):
        return None
    return await _read(receive, largest) if "transfer-encoding" in headers else receive


def _is_beyond(length: str, largest: int) -> bool:
    """Whether a stated length is no number or too large a one; zeros before it count for nothing."""
    digits = length.lstrip("0") or length[:1]
    return not digits.isdecimal() or len(digits) > len(str(largest)) or int(digits) > largest


async def _read(receive: Receive, largest: int) -> Receive | None:
    parts: list[bytes] = []
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        more = message.get("more_body", False)
        if length > largest:
            return None
    # Where the connection ended too early, more was to come: what is there must not pass for the whole.
    first: list[Message] = [{"type": "http.request", "body": b"".join(parts), "more_body": more}]

    async def again() -> Message:
        return first.pop() if first else await receive()

    return again
