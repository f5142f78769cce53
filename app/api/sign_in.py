"""The door: a small page that asks for the password, without scripts, and the way out."""

from collections.abc import Iterator
from html import escape
from http import HTTPStatus
from itertools import islice
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from app.api.address import address_of
from app.api.bodies import bounded
from app.api.problem import problem
from app.domain.refusal import Refusal
from app.runtime.house import House, current
from app.runtime.sign_ins import SIGNED_IN_WITH, VALID, SignIns, TooMany

SIGN_IN = "/sign-in"
SIGN_OUT = "/sign-out"
COOKIE = "drydock_session"
_FORM_BYTES = 8_192
_NEXT_CHARACTERS = 500
# Browsers keep fewer for one site; whoever sends more wants to keep the desk at reading them.
_COOKIES = 200
_LOOKED_AT = 10


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Everything at /sign-in and /sign-out; the guard has looked at host and origin before."""
    await (await _answered(scope, receive))(scope, receive, send)


async def _answered(scope: Scope, receive: Receive) -> Response:
    house, method, path = current(), scope["method"], scope["path"]
    if house is None or not house.sign_ins.needed:
        return _away("/")
    if method == "POST":
        form = await _form(scope, receive)
        if isinstance(form, Response):
            return form
        return await (_sign_in(scope, house, form) if path == SIGN_IN else _sign_out(scope, house))
    if method not in ("GET", "HEAD") or path == SIGN_OUT:
        allowed = "POST" if path == SIGN_OUT else "GET, HEAD, POST"
        sentence = f"{path} can be asked with {allowed} only."
        return problem(405, "method_not_allowed", sentence, {"allow": allowed})
    wanted = _local(Request(scope).query_params.get("next", "/"))
    if house.sign_ins.is_signed_in(cookie_of(scope, house.sign_ins)):
        return _away(wanted)
    return _page(wanted)


async def _sign_in(scope: Scope, house: House, form: dict[str, str]) -> Response:
    wanted = _local(form.get("next", "/"))
    found = await house.sign_ins.sign_in(form.get("password", ""), address_of(scope))
    if isinstance(found, TooMany):
        return _page(wanted, found.sentence, 429, {"retry-after": str(found.wait_s)})
    if isinstance(found, Refusal):
        return _page(wanted, found.sentence, 401)
    let_in = _away(wanted)
    _set_cookie(scope, let_in, found, int(VALID.total_seconds()))
    return let_in


async def _sign_out(scope: Scope, house: House) -> Response:
    refused = await house.sign_ins.sign_out(cookie_of(scope, house.sign_ins))
    gone = _page("/", refused.sentence, 503) if refused else _away(SIGN_IN)
    _set_cookie(scope, gone, "", 0)
    return gone


def _set_cookie(scope: Scope, response: Response, value: str, max_age_s: int) -> None:
    # What a proxy says of itself can be said by anybody. The origin of the form cannot: the guard has compared it with
    # the settings, and a browser on https names it so.
    secure = scope["scheme"] == "https" or Headers(scope=scope).get("origin", "").lower().startswith("https://")
    response.set_cookie(COOKIE, value, max_age=max_age_s, path="/", httponly=True, samesite="strict", secure=secure)


def cookie_of(scope: Scope, sign_ins: SignIns) -> str:
    """The value of the cookie that is signed in, else of the last; empty without any. Another page of this machine may
    have set one of the same name: the first ten are looked at. For a websocket, what the guard has noted."""
    if SIGNED_IN_WITH in scope:
        return str(scope[SIGNED_IN_WITH])
    value = ""
    for value in islice(_given(scope), _LOOKED_AT):
        if sign_ins.is_signed_in(value):
            return value
    return value


def _given(scope: Scope) -> Iterator[str]:
    """The values of all cookies of the name."""
    parts = (part for header in Headers(scope=scope).getlist("cookie") for part in header.split(";", _COOKIES))
    for part in islice(parts, _COOKIES):
        name, _, given = part.partition("=")
        if name.strip() == COOKIE:
            yield given.strip()


async def _form(scope: Scope, receive: Receive) -> dict[str, str] | Response:
    reading = await bounded(scope, receive, _FORM_BYTES)
    if reading is None:
        return problem(413, "too_large", "The form is larger than 8 kB.")
    try:
        body = await Request(scope, reading).body()
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    except (ValueError, ClientDisconnect):
        return problem(422, "malformed", "The form cannot be read.")
    return {name: values[0] for name, values in fields.items()}


def _local(path: str) -> str:
    """The path where it is one of this desk's pages, else the desk itself."""
    plain = path.isascii() and path.isprintable() and "\\" not in path and len(path) <= _NEXT_CHARACTERS
    if not plain or not path.startswith("/") or path.startswith("//"):
        return "/"
    return "/" if urlsplit(path).path.rstrip("/") in (SIGN_IN, SIGN_OUT) else path


def _away(path: str) -> Response:
    return RedirectResponse(path, 303)


def _page(wanted: str, said: str = "", status: int = 200, headers: dict[str, str] | None = None) -> Response:
    told = f'<p role="alert" id="said">{escape(said)}</p>' if said else ""
    marked = ' aria-invalid="true" aria-describedby="said"' if status == HTTPStatus.UNAUTHORIZED else ""
    title = "Sign in" if status < HTTPStatus.BAD_REQUEST else "Not signed in"
    return HTMLResponse(_HTML.format(title=title, told=told, marked=marked, wanted=escape(wanted)), status, headers)


_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Drydock</title>
<link rel="icon" href="data:,">
<style>
:root {{ color-scheme: dark light; --sea: #0a1017; --panel: #0e161f; --raised: #131d28; --line: #1b2733;
  --ink: #e8eef5; --muted: #8495a8; --accent: #4aa3ff; --accent-ink: #05101c; --down: #f0707f; }}
@media (prefers-color-scheme: light) {{ :root {{ --sea: #eef2f7; --panel: #ffffff; --raised: #f4f7fb; --line: #d7dfe9;
  --ink: #16202c; --muted: #5b6b7d; --accent: #1769d2; --accent-ink: #ffffff; --down: #c02c40; }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 16px; background: var(--sea);
  color: var(--ink); font: 500 14px/1.4 ui-sans-serif, system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }}
form {{ width: min(340px, 100%); display: grid; gap: 12px; padding: 24px; background: var(--panel);
  border: 1px solid var(--line); border-radius: 10px; }}
h1 {{ margin: 0; font-size: 17px; font-weight: 800; }}
p {{ margin: 0; color: var(--muted); }}
p[role="alert"] {{ color: var(--down); }}
label {{ font-size: 13px; font-weight: 700; color: var(--muted); }}
input, button {{ width: 100%; padding: 10px 12px; font: inherit; border-radius: 8px; }}
input {{ color: var(--ink); background: var(--raised); border: 1px solid var(--line); }}
button {{ color: var(--accent-ink); background: var(--accent); border: 0; font-weight: 700; cursor: pointer; }}
:focus-visible {{ outline: 2px solid var(--accent); outline-offset: 2px; }}
</style>
</head>
<body>
<form method="post" action="/sign-in">
<h1>⚓ Drydock</h1>
<p>This desk asks for its password.</p>
{told}
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required autofocus{marked}>
<input name="next" type="hidden" value="{wanted}">
<button type="submit">Sign in</button>
</form>
</body>
</html>
"""
