"""The guard around everything that is served: host, origin, sign-in and token, for page, API and websocket."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from app.api import bearer
from app.api.address import address_of
from app.api.bodies import bounded
from app.api.headers import UNKEPT, cors, with_headers
from app.api.problem import problem
from app.api.sign_in import SIGN_IN, SIGN_OUT, answer, cookie_of
from app.runtime.house import House, current
from app.runtime.settings import LOOPBACK, Settings
from app.runtime.sign_ins import SIGNED_IN_WITH
from app.runtime.tries import Tries

_OPEN = "/api/health"
_METRICS = "/metrics"
# They tell of the API, and nothing of the account: who has signed in may read them without a token.
_DOCUMENTS = ("/api/docs", "/api/openapi.json")
_SAID_CHARACTERS = 100

# Notes what was wrong about a request, and what it said instead.
Note = Callable[[Scope, str, str], None]

_log = logging.getLogger("drydock")


def guard(inner: ASGIApp) -> ASGIApp:
    """`inner` behind the guard. Programs send no Origin and pass; browsers on foreign pages do, and do not."""

    note = _notes()

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await inner(scope, receive, send)
            return
        house = current()
        scope = _as_meant(scope, house)
        foreign = _foreign(scope, house, note)
        if foreign:
            await foreign(scope, receive, with_headers(send, {}))
            return
        send = with_headers(send, cors(scope) | _unkept(scope, house))
        instead = _instead(scope, house, note)
        if instead is None and scope["type"] == "http":
            bounded_receive = await bounded(scope, receive)
            instead = None if bounded_receive else _TOO_LARGE
            receive = bounded_receive or receive
        await (instead or inner)(scope, receive, send)

    return guarded


_TOO_LARGE = problem(413, "too_large", "The body is larger than 1 MB.")


def _notes() -> Note:
    """What writes a line about whoever is refused, once a minute for each address and ten in all. `times` is how many
    were refused for the same since the last such line, whatever their addresses."""
    said, times = Tries(each=1, everybody=10), Counter[str]()

    def note(scope: Scope, what: str, why: str) -> None:
        address = address_of(scope)
        times[what] += 1
        if not said.take(f"{what} {address}"):
            text, count = why[:_SAID_CHARACTERS], times.pop(what)
            _log.warning("[SECURITY] refused=%s address=%s times=%d said=%r", what, address, count, text)

    return note


def _as_meant(scope: Scope, house: House | None) -> Scope:
    """With the cookie noted for the websocket; REST and the door answer with and without a trailing slash."""
    path = scope["path"]
    if scope["type"] == "websocket":
        return {**scope, SIGNED_IN_WITH: cookie_of(scope, house.sign_ins) if house else ""}
    if path.endswith("/") and (path.startswith("/api/") or path.rstrip("/") in (_METRICS, SIGN_IN, SIGN_OUT)):
        return {**scope, "path": path.rstrip("/"), "raw_path": path.rstrip("/").encode()}
    return scope


def _foreign(scope: Scope, house: House | None, note: Note) -> ASGIApp | None:
    """The refusal of a host that is not this desk's, or of another origin's page."""
    headers = Headers(scope=scope)
    server = scope.get("server") or ("", 0)
    origins = _allowed(house.settings if house else None, int(server[1] or 0))
    hosts, given = headers.getlist("host"), headers.getlist("origin")
    if len(hosts) != 1 or hosts[0].lower() not in {urlsplit(origin).netloc for origin in origins}:
        note(scope, "host", ", ".join(hosts))
        return _refused(scope, 403, "unknown_host", "This host name is not one that Drydock answers to.")
    if any(origin.lower() not in origins for origin in given) or not (given or _is_own(scope, headers)):
        note(scope, "origin", ", ".join(given) or headers.get("sec-fetch-site", ""))
        return _refused(scope, 403, "foreign_origin", "Pages of other origins may not use this desk.")
    return None


def _is_own(scope: Scope, headers: Headers) -> bool:
    """Whether no other site's page asks, as far as the browser says; with pictures and the like it names no origin.

    A link on another site may lead to a page of the desk.
    """
    if headers.get("sec-fetch-site", "") not in ("cross-site", "same-site"):
        return True
    follows = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest", "document") == "document"
    reads = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
    return follows and reads and (not _is_rest(scope["path"]) or scope["path"] in _DOCUMENTS)


def _is_rest(path: str) -> bool:
    return path in ("/api", _METRICS) or path.startswith("/api/")


def _allowed(settings: Settings | None, port: int) -> frozenset[str]:
    """The origins that may use the desk, in lower case: this machine's at the port, and those of the settings."""
    names = {name if name != "::1" else "[::1]" for name in LOOPBACK}
    here = {f"http://{name}:{port}" for name in names} | ({f"http://{name}" for name in names} if port == 80 else set())
    return frozenset(here | set(settings.allowed_origins if settings else ()))


def _instead(scope: Scope, house: House | None, note: Note) -> ASGIApp | None:
    """What answers in place of the desk: to preflights, at the door, and where a secret is set and not shown."""
    path, is_http = scope["path"], scope["type"] == "http"
    if is_http and scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope):
        return Response(status_code=204)
    if house is None or path == _OPEN:
        return None
    if _is_rest(path):
        return _without_token(scope, house, note)
    if is_http and path in (SIGN_IN, SIGN_OUT):
        return answer
    return _not_signed_in(scope, house)


def _without_token(scope: Scope, house: House, note: Note) -> ASGIApp | None:
    """The refusal of a token that is missing or wrong. The right one is served, however many were wrong before."""
    if bearer.is_known(scope, house.settings) or _reads_documents(scope, house):
        return None
    given = bearer.given(scope)
    if given:
        # Not what was given: it may be the right token with a slip.
        note(scope, "token", scope["path"])
    if given and (wait_s := house.sign_ins.token_tries.take(address_of(scope))):
        sentence = "Those were too many wrong tokens; the right one is served all the same."
        return _refused(scope, 429, "too_many_tries", sentence, {"retry-after": str(wait_s)})
    sentence = "The bearer token is missing or wrong."
    return _refused(scope, 401, "unauthorized", sentence, {"www-authenticate": "Bearer"})


def _reads_documents(scope: Scope, house: House) -> bool:
    reads = scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and scope["path"] in _DOCUMENTS
    sign_ins = house.sign_ins
    return reads and sign_ins.needed and sign_ins.is_signed_in(cookie_of(scope, sign_ins))


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


def _unkept(scope: Scope, house: House | None) -> dict[str, str]:
    """Browsers keep nothing that wants a sign-in, but for the built scripts."""
    path = scope["path"]
    kept = path.startswith(("/api/", "/assets/"))
    return UNKEPT if house and house.sign_ins.needed and not kept else {}


def _refused(scope: Scope, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> ASGIApp:
    return WebSocketClose(1008, detail) if scope["type"] == "websocket" else problem(status, code, detail, headers)
