"""Commands as people give them, in processes of their own: what they print, and the code they end with."""

import os
import select
import signal
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from tests.standing import Standby

Done = subprocess.CompletedProcess[str]
_PATIENCE_S = 60.0


def drydock(*words: str, cwd: Path, **settings: str) -> Done:
    """The command, in a folder and with DRYDOCK_ settings and nothing else."""
    with tempfile.TemporaryDirectory() as printed:
        out, err = Path(printed, "out"), Path(printed, "err")
        named = {f"DRYDOCK_{name}": value for name, value in settings.items()}
        pid = _standby().start(words, folder=cwd, out=out, err=err, settings=named)
        running = os.pidfd_open(pid)
        if not select.select([running], [], [], _PATIENCE_S)[0]:
            signal.pidfd_send_signal(running, signal.SIGKILL)
        os.close(running)
        return Done(words, _standby().ended(pid), out.read_text("utf-8"), err.read_text("utf-8"))


def failed(done: Done) -> str:
    """The one sentence of a command that failed."""
    assert done.returncode == 1, done
    assert done.stdout == ""
    sentence = done.stderr.rstrip("\n")
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert "Traceback" not in sentence
    return sentence


@cache
def _standby() -> Standby:
    """That of all tests of this process, with which it ends."""
    return Standby()
