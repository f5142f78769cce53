"""The npm packages that these tests stand on: a node and the bytecode of real contracts, installed from their lock.

Uniswap's packages are locked without what they depend on: only their bytecode is read, and the rest is a compiler's
whole workshop. A new version of one is written into the lock by hand, with the hash that `npm view` tells.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path

from filelock import FileLock

FOLDER = Path(__file__).resolve().parent
MODULES = FOLDER / "node_modules"
LOCK = FOLDER / "package-lock.json"

# Written last. npm clears the folder before it installs, so what was interrupted is installed again.
_MADE_OF = MODULES / ".made-of.json"
_SUPPORTED = ("Linux", "x86_64")


class CannotRun(Exception):
    """There is no EVM to test with; the message is one sentence that says why and what to do."""


def install() -> Path:
    """The folder of the packages, made anew where the lock has changed. Raises CannotRun.

    Two runs of the tests in one folder wait for each other.
    """
    here = (platform.system(), platform.machine())
    if here != _SUPPORTED:
        raise CannotRun(
            f"The EVM tests need Linux on x86_64, for which they bring a node, and this is {' on '.join(here)}."
        )
    name = hashlib.sha256(os.fsencode(FOLDER)).hexdigest()[:16]
    with FileLock(Path(tempfile.gettempdir(), f"drydock-evm-{name}.lock")):
        lock = LOCK.read_bytes()
        if not (_MADE_OF.is_file() and _MADE_OF.read_bytes() == lock):
            _install()
            _MADE_OF.write_bytes(lock)
    return MODULES


def _install() -> None:
    path = os.pathsep.join(filter(None, [sysconfig.get_path("scripts"), os.environ.get("PATH")]))
    npm = shutil.which("npm", path=path)
    if npm is None:
        raise CannotRun("The EVM tests need npm, which 'make setup' puts into the virtual environment.")
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=FOLDER,
        env=os.environ | {"PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        words = " ".join(done.stdout.replace("npm error", "").split())[:200]
        raise CannotRun(f"The packages of the EVM tests could not be installed; npm said: {words}")
