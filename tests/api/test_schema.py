"""Whatever the document allows, and whatever it does not, a real desk answers as the document says."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi import checks

from app.api.application import application
from tests.api.loopback import desk_on_loopback

# More, for once: SCHEMA_EXAMPLES=300.
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "5"))
_WHOLE = ProjectConfig(generation=GenerationConfig(deterministic=True, max_examples=EXAMPLES))
SCHEMA = schemathesis.openapi.from_dict(
    application().openapi(), config=SchemathesisConfig(seed=1, projects=ProjectsConfig(default=_WHOLE))
)
# The stream never ends by itself, and has its own tests.
ENDING = SCHEMA.exclude(path="/api/stream")
TOO_MUCH = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)


def unfit(case: schemathesis.Case) -> list[Any]:
    """The checks that do not fit a call."""
    # No secret is set, so that nothing asks for the token.
    found: list[Any] = [checks.ignored_auth]
    if case.method != "GET":
        # What an order says in well formed numbers can still be no order, which the desk says with 422.
        found.append(checks.positive_data_acceptance)
    if case.path == "/api/orders/preview":
        # That is an order's own address too.
        found.append(checks.allow_header_conformance)
    return found


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with desk_on_loopback(tmp_path_factory.mktemp("desk"), watchlist="WETH,LINK") as url:
        yield url


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        opened.trust_env = False
        yield opened


@ENDING.parametrize()
@settings(database=None, derandomize=True, suppress_health_check=TOO_MUCH)
def test_every_call_answers_as_the_document_says(case: schemathesis.Case, desk: str, session: requests.Session) -> None:
    case.call_and_validate(desk, session, excluded_checks=unfit(case))
