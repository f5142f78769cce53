"""The guard around everything that is served: host, origin, secrets, security headers, for page, API and websocket."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from app.api.problem import problem
from app.runtime.house import current
from app.runtime.settings import LOOPBACK, Settings

PAGES = Path(".web/build/client")
_OPEN = "/api/health"
_INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


def guard(inner: ASGIApp) -> ASGIApp:
    """`inner` behind the guard. Programs send no Origin and pass; browsers on foreign pages do, and do not."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await inner(scope, receive, send)
            return
        scope = _without_slash(scope)
        refused = _refusal(scope)
        if refused is None and _is_preflight(scope):
            await Response(status_code=204)(scope, receive, _with_headers(send, _cors(scope)))
        elif refused is None:
            await inner(scope, receive, _with_headers(send, _cors(scope)))
        elif scope["type"] == "websocket":
            await WebSocketClose(1008, refused[1])(scope, receive, send)
        else:
            status, code, detail, extra = refused
            await problem(status, code, detail, extra)(scope, receive, _with_headers(send, {}))

    return guarded


_Refused = tuple[int, str, str, Mapping[str, str]]


def _refusal(scope: Scope) -> _Refused | None:
    headers, house = Headers(scope=scope), current()
    server = scope.get("server") or ("", 0)
    origins = _allowed(house.settings if house else None, int(server[1] or 0))
    hosts = headers.getlist("host")
    if len(hosts) != 1 or hosts[0].lower() not in {urlsplit(origin).netloc for origin in origins}:
        return 421, "unknown_host", "This host name is not one that Drydock answers to.", {}
    if any(origin.lower() not in origins for origin in headers.getlist("origin")):
        return 403, "foreign_origin", "Pages of other origins may not use this desk.", {}
    return _unknown(scope["path"], headers, house.settings) if house else None


def _allowed(settings: Settings | None, port: int) -> frozenset[str]:
    """The origins that may use the desk, in lower case: this machine's at the port, and those of the settings."""
    names = {name if name != "::1" else "[::1]" for name in LOOPBACK}
    here = {f"http://{name}:{port}" for name in names} | ({f"http://{name}" for name in names} if port == 80 else set())
    return frozenset(here | set(settings.allowed_origins if settings else ()))


def _unknown(path: str, headers: Headers, settings: Settings) -> _Refused | None:
    """Refused where a secret is set and not shown: the bearer token for REST, the password for everything else."""
    if path == _OPEN:
        return None
    if path == "/api" or path.startswith("/api/"):
        if settings.api_token is None and settings.password is None:
            return None
        token = settings.api_token.get_secret_value() if settings.api_token else ""
        if token and _same(_bearer(headers), token.encode()):
            return None
        return 401, "unauthorized", "The bearer token is missing or wrong.", {"www-authenticate": "Bearer"}
    if settings.password is None or _same(_basic(headers), settings.password.get_secret_value().encode()):
        return None
    return 401, "unauthorized", "The password is missing or wrong.", {"www-authenticate": 'Basic realm="Drydock"'}


def _bearer(headers: Headers) -> bytes:
    """The token of a bearer, empty where there is none. Headers are bytes, which Starlette reads as Latin-1."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    return value.strip(" ").encode("latin-1") if scheme.lower() == "bearer" else b""


def _basic(headers: Headers) -> bytes:
    """The password of HTTP basic authentication, whatever the user's name; empty where there is none."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(value.strip(" ").encode("latin-1"), validate=True).partition(b":")[2]
    except binascii.Error:
        return b""


def _same(given: bytes, wanted: bytes) -> bool:
    return hmac.compare_digest(given, wanted)


def _without_slash(scope: Scope) -> Scope:
    """REST answers with and without a trailing slash."""
    path = scope["path"]
    if scope["type"] == "http" and path.startswith("/api/") and path.endswith("/"):
        return {**scope, "path": path.rstrip("/"), "raw_path": path.rstrip("/").encode()}
    return scope


def _is_preflight(scope: Scope) -> bool:
    asked = "access-control-request-method" in Headers(scope=scope)
    return scope["type"] == "http" and scope["method"] == "OPTIONS" and asked


def _cors(scope: Scope) -> dict[str, str]:
    """What a page of an allowed origin needs to be told; whoever came this far has one, or none at all."""
    origin = Headers(scope=scope).get("origin")
    if origin is None:
        return {}
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
        "access-control-allow-headers": "authorization, content-type, last-event-id",
        "access-control-max-age": "600",
        "vary": "origin",
    }


def _with_headers(send: Send, more: Mapping[str, str]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update({**_security_headers(), **more})
        await send(message)

    return sending


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
        "referrer-policy": "no-referrer",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
    }


def _inline_scripts() -> set[str]:
    """The hashes of the scripts that stand in the built pages themselves."""
    pages = PAGES.glob("**/*.html") if PAGES.is_dir() else ()
    found = (script for page in pages for script in _INLINE.findall(page.read_text(encoding="utf-8")))
    return {base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in found if script}
