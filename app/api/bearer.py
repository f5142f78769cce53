"""The bearer token of a request, and whether it is the desk's."""

import hmac

from starlette.datastructures import Headers
from starlette.types import Scope

from app.runtime.settings import Settings


def given(scope: Scope) -> bytes:
    """The token of a bearer, empty where there is none. Headers are bytes, which Starlette reads as Latin-1."""
    scheme, _, value = Headers(scope=scope).get("authorization", "").partition(" ")
    return value.strip(" ").encode("latin-1") if scheme.lower() == "bearer" else b""


def is_known(scope: Scope, settings: Settings) -> bool:
    """Whether REST is open to this request: it shows the token, or neither a token nor a password is set."""
    if settings.api_token is None:
        return settings.password is None
    return hmac.compare_digest(given(scope), settings.api_token.get_secret_value().encode())
