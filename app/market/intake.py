"""What comes in as an answer: unpacked in bounded steps, and read no further than any answer is long."""

import re
import zlib

import httpx

from app.market.source import Garbled

LONGEST_ANSWER = 8_000_000
# How an answer may be packed. httpx itself would unpack whatever has arrived at once, a thousandfold.
PACKING = "gzip"

_GZIP = 16 + zlib.MAX_WBITS
_UNPACKED = ("", "identity")
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w:.-]+)", re.ASCII | re.IGNORECASE)
# What is named otherwise is read as UTF-8, as JSON is: of all the codecs of Python some unpack, and some take minutes.
_CHARSETS = frozenset({"us-ascii", "iso-8859-1", "latin1", "windows-1252", "utf-16"})


async def text_of(response: httpx.Response) -> str | Garbled:
    """The body of a response that is being streamed, or why it is none. Raises what httpx does."""
    packing = response.headers.get("content-encoding", "").strip().lower()
    if packing not in (PACKING, *_UNPACKED):
        return Garbled("the answer cannot be unpacked")
    try:
        whole = await _whole(response, packed=packing == PACKING)
    except zlib.error:
        return Garbled("the answer cannot be unpacked")
    return Garbled("the answer is too long") if whole is None else whole.decode(_charset(response), "replace")


async def _whole(response: httpx.Response, *, packed: bool) -> bytes | None:
    """None where it is too long, packed or unpacked; what had not come in by then is not read."""
    whole, unpacker = bytearray(), zlib.decompressobj(_GZIP)
    async for part in response.aiter_raw():
        # One byte more than there is room for is enough to know.
        whole += unpacker.decompress(part, LONGEST_ANSWER - len(whole) + 1) if packed else part
        if max(len(whole), response.num_bytes_downloaded) > LONGEST_ANSWER:
            return None
    return bytes(whole)


def _charset(response: httpx.Response) -> str:
    named = _CHARSET.search(response.headers.get("content-type", ""))
    return named[1] if named and named[1].lower() in _CHARSETS else "utf-8"
