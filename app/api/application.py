"""The REST application: routes, problems and the document that describes them."""

from fastapi import FastAPI

from app.api import problem
from app.api.problem import Problem
from app.api.routes import router
from app.runtime.release import release


def application() -> FastAPI:
    """FastAPI with everything under /api; what it does not know elsewhere falls through to the page."""
    api = FastAPI(
        title="Drydock",
        version=release(),
        openapi_url="/api/openapi.json",
        docs_url="/api/docs",
        redoc_url=None,
        redirect_slashes=False,
    )
    problem.install(api)
    api.include_router(router)

    @api.api_route("/api/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
    async def _unknown(path: str) -> None:
        raise Problem(404, "not_found", f"There is nothing at /api/{path[:100]}.")

    return api
