"""Errors as application/problem+json, with a code that programs can rely on."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from app.store.database import StoreRefused

_CODES = {404: "not_found", 405: "method_not_allowed", 422: "malformed", 500: "internal_error"}


class Problem(Exception):
    """An answer that is not the one asked for: status, stable code, one sentence."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail


def problem(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The response for a problem."""
    body = {
        "type": f"urn:drydock:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def _said(error: Mapping[str, Any]) -> str:
    """What is wrong with a value, for people: whose patterns are nobody's to read."""
    if error["type"] == "string_pattern_mismatch":
        return "that has characters that cannot be there"
    return str(error["msg"]).removeprefix("Value error, ")


def install(api: FastAPI) -> None:
    """Make every error of the API a problem."""

    @api.exception_handler(Problem)
    async def _problem(_request: Request, error: Problem) -> JSONResponse:
        return problem(error.status, error.code, error.detail)

    @api.exception_handler(RequestValidationError)
    async def _malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return problem(422, "malformed", f"{where}: {_said(first)}.")

    @api.exception_handler(StoreRefused)
    async def _store_refused(_request: Request, error: StoreRefused) -> JSONResponse:
        return problem(503, "database_refused", str(error))

    @api.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 400:
            # How FastAPI says that a body cannot be read at all: too deep, not text.
            return problem(422, "malformed", "The body cannot be read.")
        code = _CODES.get(error.status_code, "error")
        return problem(error.status_code, code, str(error.detail), error.headers)

    @api.exception_handler(Exception)
    async def _bug(_request: Request, _error: Exception) -> JSONResponse:
        return problem(500, "internal_error", "Drydock made a mistake; the log says more.")
