"""Asks whether the pinned packages have known holes: python -m tests.audit. Exit code 1 where one has.

Where no advisories can be had, it says so and passes: a build without the internet has nobody to ask.
"""

import json
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


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many packages could be looked up, and what is known of them, one line each."""

    asked: int
    holes: tuple[str, ...]


def of_python(said: Any) -> Verdict:
    """What pip-audit found."""
    known = [one for one in said["dependencies"] if "vulns" in one]
    holes = (f"{one['name']} {one['version']}: {hole['id']}" for one in known for hole in one["vulns"])
    return Verdict(len(known), tuple(holes))


def of_page(said: Any) -> Verdict:
    """What npm found; an answer without figures is one of a registry that keeps no advisories."""
    if "metadata" not in said:
        return Verdict(0, ())
    holes = (f"{name}: {one['severity']}" for name, one in said.get("vulnerabilities", {}).items())
    return Verdict(int(said["metadata"]["dependencies"]["total"]), tuple(holes))


def _audited(command: Sequence[str | Path], folder: Path, read: Callable[[Any], Verdict]) -> Verdict:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=_PATIENCE_S, check=False)
        return read(json.loads(done.stdout))
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return Verdict(0, ())


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
    print(told("Python", python.result()))
    print(told("page's", page.result()))
    return 1 if python.result().holes or page.result().holes else 0


if __name__ == "__main__":
    sys.exit(main())
