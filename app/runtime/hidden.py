"""What of an address must stand in no log: the names and passwords, keys and tokens that it may hold."""

import re
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

# Shorter parts are words of any sentence, and taken out of the log they would take other words with them.
_LEAST = 8
# A path such as /api/v3 is none.
_KEY = re.compile(r"(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{16,}|[A-Za-z0-9]{16,}", re.ASCII)
_PASSWORDS = ("password", "passwd", "sslpassword")


def of_url(url: str) -> Iterator[str]:
    """The secrets in the address of a provider: it whole, and its parts as they are spelled and as they are meant."""
    parts = _split(url)
    if parts is None:
        yield url
        return
    keys = [segment for segment in parts.path.split("/") if _KEY.fullmatch(unquote(segment))]
    login = parts.netloc.rpartition("@")[0]
    if not (keys or login or parts.query):
        return
    yield url
    yield from (spelled for spelled in (f"{login}@", f"?{parts.query}") if len(spelled) > 1)
    pieces = [*keys, *login.split(":", 1), *(piece.partition("=")[2] for piece in parts.query.split("&"))]
    yield from (spelled for piece in pieces for spelled in (piece, unquote(piece)) if len(spelled) >= _LEAST)


def of_database(url: str) -> Iterator[str]:
    """The passwords in the address of a database, as they are spelled and as they are meant."""
    parts = _split(url)
    if parts is None:
        yield url
        return
    _, colon, password = parts.netloc.rpartition("@")[0].partition(":")
    if colon:
        yield from (password, unquote(password))
    for name, value in parse_qsl(parts.query):
        if name.lower() in _PASSWORDS:
            spelled = re.search(rf"(?:^|&){re.escape(name)}=([^&]*)", parts.query)
            yield from (value, spelled[1] if spelled else value)


def _split(url: str) -> SplitResult | None:
    with suppress(ValueError):
        return urlsplit(url)
    return None
