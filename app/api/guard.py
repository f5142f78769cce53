"""The guard around everything that is served: host, origin, sign-in and token, for page, API and websocket."""

import hmac
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from app.api.address import address_of
from app.api.bodies import bounded
from app.api.headers import UNKEPT, cors, with_headers
from app.api.problem import problem
from app.api.sign_in import SIGN_IN, SIGN_OUT, answer, cookie_of
from app.runtime.house import House, current
from app.runtime.settings import LOOPBACK, Settings
from app.runtime.sign_ins import SIGNED_IN_WITH

_OPEN = "/api/health"
_METRICS = "/metrics"


def guard(inner: ASGIApp) -> ASGIApp:
    """`inner` behind the guard. Programs send no Origin and pass; browsers on foreign pages do, and do not."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await inner(scope, receive, send)
            return
        house = current()
        scope = _as_meant(scope, house)
        foreign = _foreign(scope, house)
        if foreign:
            await foreign(scope, receive, with_headers(send, {}))
            return
        send = with_headers(send, cors(scope) | _unkept(scope, house))
        instead = _instead(scope, house)
        if instead is None and scope["type"] == "http":
            bounded_receive = await bounded(scope, receive)
            instead = None if bounded_receive else _TOO_LARGE
            receive = bounded_receive or receive
        await (instead or inner)(scope, receive, send)

    return guarded


_TOO_LARGE = problem(413, "too_large", "The body is larger than 1 MB.")


def _as_meant(scope: Scope, house: House | None) -> Scope:
    """With the cookie noted for the websocket; REST and the door answer with and without a trailing slash."""
    path = scope["path"]
    if scope["type"] == "websocket":
        return {**scope, SIGNED_IN_WITH: cookie_of(scope, house.sign_ins) if house else ""}
    if path.endswith("/") and (path.startswith("/api/") or path.rstrip("/") in (_METRICS, SIGN_IN, SIGN_OUT)):
        return {**scope, "path": path.rstrip("/"), "raw_path": path.rstrip("/").encode()}
    return scope


def _foreign(scope: Scope, house: House | None) -> ASGIApp | None:
    """The refusal of a host that is not this desk's, or of another origin."""
    headers = Headers(scope=scope)
    server = scope.get("server") or ("", 0)
    origins = _allowed(house.settings if house else None, int(server[1] or 0))
    hosts = headers.getlist("host")
    if len(hosts) != 1 or hosts[0].lower() not in {urlsplit(origin).netloc for origin in origins}:
        return _refused(scope, 421, "unknown_host", "This host name is not one that Drydock answers to.")
    if any(origin.lower() not in origins for origin in headers.getlist("origin")):
        return _refused(scope, 403, "foreign_origin", "Pages of other origins may not use this desk.")
    return None


def _allowed(settings: Settings | None, port: int) -> frozenset[str]:
    """The origins that may use the desk, in lower case: this machine's at the port, and those of the settings."""
    names = {name if name != "::1" else "[::1]" for name in LOOPBACK}
    here = {f"http://{name}:{port}" for name in names} | ({f"http://{name}" for name in names} if port == 80 else set())
    return frozenset(here | set(settings.allowed_origins if settings else ()))


def _instead(scope: Scope, house: House | None) -> ASGIApp | None:
    """What answers in place of the desk: to preflights, at the door, and where a secret is set and not shown."""
    path, is_http = scope["path"], scope["type"] == "http"
    if is_http and scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope):
        return Response(status_code=204)
    if house is None or path == _OPEN:
        return None
    if path in ("/api", _METRICS) or path.startswith("/api/"):
        return _without_token(scope, house)
    if is_http and path in (SIGN_IN, SIGN_OUT):
        return answer
    return _not_signed_in(scope, house)


def _without_token(scope: Scope, house: House) -> ASGIApp | None:
    """The refusal of a token that is missing or wrong. The right one is served, however many were wrong before."""
    settings = house.settings
    if settings.api_token is None and settings.password is None:
        return None
    token, given = settings.api_token.get_secret_value() if settings.api_token else "", _bearer(scope)
    if token and hmac.compare_digest(given, token.encode()):
        return None
    if given and (wait_s := house.sign_ins.token_tries.take(address_of(scope))):
        sentence = f"That were too many wrong tokens: the next one is looked at in {wait_s} s."
        return _refused(scope, 429, "too_many_tries", sentence, {"retry-after": str(wait_s)})
    sentence = "The bearer token is missing or wrong."
    return _refused(scope, 401, "unauthorized", sentence, {"www-authenticate": "Bearer"})


def _not_signed_in(scope: Scope, house: House) -> ASGIApp | None:
    """The way to the sign-in for a browser that asks for a page; a refusal for all else."""
    if house.sign_ins.is_signed_in(cookie_of(scope, house.sign_ins)):
        return None
    if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and _wants_a_page(scope):
        wanted = scope["path"] + ("?" + scope["query_string"].decode("latin-1") if scope["query_string"] else "")
        return RedirectResponse(f"{SIGN_IN}?next={quote(wanted, safe='/')}", 303)
    return _refused(scope, 401, "unauthorized", "Sign in first.")


def _wants_a_page(scope: Scope) -> bool:
    return any("text/html" in accepted for accepted in Headers(scope=scope).getlist("accept"))


def _bearer(scope: Scope) -> bytes:
    """The token of a bearer, empty where there is none. Headers are bytes, which Starlette reads as Latin-1."""
    scheme, _, value = Headers(scope=scope).get("authorization", "").partition(" ")
    return value.strip(" ").encode("latin-1") if scheme.lower() == "bearer" else b""


def _unkept(scope: Scope, house: House | None) -> dict[str, str]:
    """Browsers keep nothing that wants a sign-in, but for the built scripts."""
    path = scope["path"]
    kept = path.startswith(("/api/", "/assets/"))
    return UNKEPT if house and house.sign_ins.needed and not kept else {}


def _refused(scope: Scope, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> ASGIApp:
    return WebSocketClose(1008, detail) if scope["type"] == "websocket" else problem(status, code, detail, headers)
