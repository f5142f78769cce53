"""How the answers about known holes are read."""

from tests.audit import Verdict, of_page, of_python, told


def test_a_python_package_with_a_hole_is_named() -> None:
    sound = {"name": "httpx", "version": "0.28", "vulns": []}
    holed = {"name": "old", "version": "1.0", "vulns": [{"id": "GHSA-1", "fix_versions": ["1.1"]}]}
    unknown = {"name": "odd", "skip_reason": "not found"}
    verdict = of_python({"dependencies": [sound, holed, unknown]})
    assert verdict == Verdict(2, ("old 1.0: GHSA-1",))
    assert told("Python", verdict) == "2 Python packages were audited, and 1 known holes:\n  old 1.0: GHSA-1"


def test_a_package_of_the_page_with_a_hole_is_named() -> None:
    said = {"vulnerabilities": {"old": {"severity": "low"}}, "metadata": {"dependencies": {"total": 129}}}
    assert of_page(said) == Verdict(129, ("old: low",))


def test_where_nobody_could_be_asked_that_is_what_is_said() -> None:
    nobody = [
        of_python({"dependencies": [{"name": "odd", "skip_reason": "not found"}]}),
        of_page({"message": "405", "error": {"summary": ""}}),
    ]
    for verdict in nobody:
        assert (
            told("Python", verdict) == "No advisories could be had for the Python packages, so they were not audited."
        )
