"""How the answers about known holes are read."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.audit import NotAsked, Verdict, judged, of_page, of_python, told


def test_a_python_package_with_a_hole_is_named() -> None:
    sound = {"name": "httpx", "version": "0.28", "vulns": []}
    holed = {"name": "old", "version": "1.0", "vulns": [{"id": "GHSA-1", "fix_versions": ["1.1"]}]}
    unknown = {"name": "odd", "skip_reason": "odd was not found on PyPI"}
    verdict = of_python({"dependencies": [sound, holed, unknown]})
    assert verdict == Verdict(2, ("old 1.0: GHSA-1",))
    assert told("Python", verdict) == "2 Python packages were audited, and 1 known holes:\n  old 1.0: GHSA-1"


def test_a_package_of_the_page_with_a_hole_is_named() -> None:
    said = {"vulnerabilities": {"old": {"severity": "low"}}, "metadata": {"dependencies": {"total": 129}}}
    assert of_page(said) == Verdict(129, ("old: low",))


SKIPPED = json.dumps({"dependencies": [{"name": "odd", "skip_reason": "not found on PyPI and could not be audited"}]})
ENDPOINT = "npm warn audit 405 Method Not Allowed\nnpm error audit endpoint returned an error"


@pytest.mark.parametrize(
    ("code", "out", "error", "read"),
    [
        (0, SKIPPED, "WARNING: --no-deps is supported", of_python),
        (1, "", "requests.exceptions.ConnectionError: refused", of_python),
        (1, "", "Could not connect to PyPI's vulnerability feed", of_python),
        (1, '{"message": "405", "error": {"summary": ""}}', ENDPOINT, of_page),
    ],
)
def test_where_nobody_could_be_asked_that_is_what_is_said(
    code: int, out: str, error: str, read: Callable[[Any], Verdict]
) -> None:
    verdict = judged(code, out, error, read)
    assert told("Python", verdict) == "No advisories could be had for the Python packages, so they were not audited."


@pytest.mark.parametrize(
    ("code", "out", "error", "read"),
    [
        (2, "", "pip-audit: error: unrecognized arguments: --disable-pip", of_python),
        (1, "", "ERROR: requirements.lock is no file", of_python),
        (0, "Name Version ID", "", of_python),
        (0, "[]", "", of_python),
        (0, '{"dependencies": []}', "", of_python),
        (0, '{"dependencies": [{"name": "odd", "skip_reason": "skipped by wish"}]}', "", of_python),
        (1, "{}", f'npm warn Unknown cli config "--package-lock-only"\n{ENDPOINT}', of_page),
        (1, '{"error": {"code": "ENOLOCK"}}', "npm error code ENOLOCK", of_page),
        (0, '{"vulnerabilities": {}, "metadata": {"dependencies": {"total": 0}}}', "", of_page),
        (0, "", "", of_page),
    ],
)
def test_an_audit_that_does_not_work_is_no_pass(
    code: int, out: str, error: str, read: Callable[[Any], Verdict]
) -> None:
    with pytest.raises(NotAsked, match=r"."):
        judged(code, out, error, read)
