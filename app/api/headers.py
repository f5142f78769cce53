"""What every answer carries: the content policy and its companions, and what pages of allowed origins are told."""

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Scope, Send

PAGES = Path(".web/build/client")
# A page must not come back from the browser's memory after the sign-out; the scripts hold nothing of the account.
UNKEPT = {"cache-control": "no-store"}
_ALLOWED = "access-control-allow-origin"
_INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


def with_headers(send: Send, more: Mapping[str, str]) -> Send:
    """`send` that adds the security headers, and `more`, to whatever is answered."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update({**_security_headers(), **more})
            if _ALLOWED in more:
                headers.add_vary_header("Origin")
        await send(message)

    return sending


def cors(scope: Scope) -> dict[str, str]:
    """What a page of an allowed origin needs to be told; whoever came this far has one, or none at all."""
    origin = Headers(scope=scope).get("origin")
    if origin is None:
        return {}
    return {
        _ALLOWED: origin,
        "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
        "access-control-allow-headers": "authorization, content-type, if-none-match, last-event-id",
        "access-control-expose-headers": "etag, retry-after",
        "access-control-max-age": "600",
    }


@cache
def _security_headers() -> dict[str, str]:
    scripts = " ".join(f"'sha256-{digest}'" for digest in sorted(_inline_scripts()))
    rules = (
        "default-src 'self'",
        f"script-src 'self' {scripts}".rstrip(),
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
    return {
        "content-security-policy": "; ".join(rules),
        "x-content-type-options": "nosniff",
        # Not "no-referrer": browsers would then send the origin of our own forms as "null".
        "referrer-policy": "same-origin",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
    }


def _inline_scripts() -> set[str]:
    """The hashes of the scripts that stand in the built pages themselves."""
    pages = PAGES.glob("**/*.html") if PAGES.is_dir() else ()
    found = (script for page in pages for script in _INLINE.findall(page.read_text(encoding="utf-8")))
    return {base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in found if script}
