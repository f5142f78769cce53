"""Asks whether the pinned packages have known holes: python -m tests.audit. Exit code 1 where one has.

Where no advisories can be had, it says so and passes: a build without the internet has nobody to ask. Exit code 1 too
where it did not come so far as to ask, else nobody would notice that it has stopped to.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[1]
_BIN = Path(sys.executable).parent
_PATIENCE_S = 60
_PYTHON = [_BIN / "pip-audit", "--requirement", _ROOT / "requirements.lock", "--no-deps", "--disable-pip"]
_PYTHON += ["--format", "json", "--progress-spinner", "off", "--timeout", "5"]
_PAGE = [_BIN / "npm", "audit", "--json", "--package-lock-only", "--fetch-retries=0"]
_UNKNOWN = "not found on PyPI"
# How the two say that nobody answers, or that whoever answers keeps no advisories.
_NOBODY = re.compile(
    r"audit endpoint returned an error|Could not connect to PyPI's vulnerability feed"
    r"|requests\.exceptions\.(?:ConnectionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError)"
)
_MISTAKEN = "Unknown cli config"


class NotAsked(Exception):
    """The audit itself does not work; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many packages could be looked up, and what is known of them, one line each."""

    asked: int
    holes: tuple[str, ...]


def of_python(said: Any) -> Verdict:
    """What pip-audit found."""
    known = [one for one in said["dependencies"] if "vulns" in one]
    skipped = [str(one["skip_reason"]) for one in said["dependencies"] if "vulns" not in one]
    if not (known or skipped) or any(_UNKNOWN not in why for why in skipped):
        raise NotAsked(", ".join(why for why in skipped if _UNKNOWN not in why) or "no packages are named")
    holes = (f"{one['name']} {one['version']}: {hole['id']}" for one in known for hole in one["vulns"])
    return Verdict(len(known), tuple(holes))


def of_page(said: Any) -> Verdict:
    """What npm found."""
    holes = (f"{name}: {one['severity']}" for name, one in said["vulnerabilities"].items())
    asked = int(said["metadata"]["dependencies"]["total"])
    if not asked:
        raise NotAsked("no packages are named")
    return Verdict(asked, tuple(holes))


def judged(code: int, out: str, error: str, read: Callable[[Any], Verdict]) -> Verdict:
    """What an auditor's exit code and words come to. Raises NotAsked."""
    if code > 1 or _MISTAKEN in error:
        raise NotAsked(error.strip())
    if _NOBODY.search(error):
        return Verdict(0, ())
    try:
        return read(json.loads(out))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotAsked(error.strip() or out.strip() or "nothing") from None


def _audited(command: Sequence[str | Path], folder: Path, read: Callable[[Any], Verdict]) -> Verdict:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        return Verdict(0, ())
    return judged(done.returncode, done.stdout, done.stderr, read)


def told(kind: str, verdict: Verdict) -> str:
    """One sentence for people, and the holes."""
    if not verdict.asked:
        return f"No advisories could be had for the {kind} packages, so they were not audited."
    count = len(verdict.holes)
    found = "none has a known hole." if not count else f"{count} known holes:"
    return "\n  ".join([f"{verdict.asked} {kind} packages were audited, and {found}", *verdict.holes])


def main() -> int:
    """The exit code."""
    with ThreadPoolExecutor() as both:
        python = both.submit(_audited, _PYTHON, _ROOT, of_python)
        page = both.submit(_audited, _PAGE, _ROOT / "reflex.lock", of_page)
    failed = 0
    for kind, audit in (("Python", python), ("page's", page)):
        try:
            print(told(kind, audit.result()))
            failed |= bool(audit.result().holes)
        except NotAsked as error:
            print(f"The {kind} packages could not be audited, because the audit does not work: {error}")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
