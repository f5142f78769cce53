"""A process that has loaded Drydock and stands by: told to, it forks, and the child runs a command.

So the next of many answers in a fraction of the time that loading takes. What is opened (the database, the socket, the
market) is opened by the child. `python -m tests.standby`, one JSON object a line on standard input: the command's
`words`, the `folder` to run in, the files `out` and `err` to print to, `settings`; perhaps `user`, to become before
anything is opened, and `clock`, the file of the clock that the desk goes by. The answer is the child's process id.
`ended` asks for the exit code of such a child, once it has ended.
"""

import json
import os
import sys
import traceback
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

from app.market.budget import Instant
from app.runtime.clock import WallClock
from app.runtime.serving import PRODUCTION


class SteppedClock(WallClock):
    """The real time and so many seconds, which a file holds that may be written at any moment."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def instant(self) -> Instant:
        real = super().instant()
        return Instant(real.mono, real.utc + timedelta(seconds=float(self._file.read_text("utf-8"))))


def main() -> None:
    os.environ |= PRODUCTION
    # What a server loads when it is needed, one that makes its database included.
    import alembic.command  # noqa: F401
    import uvicorn  # noqa: F401

    import app.main
    import app.runtime.cli  # noqa: F401

    _say("ready")
    for line in sys.stdin:
        told = json.loads(line)
        if "ended" in told:
            _say(str(os.waitstatus_to_exitcode(os.waitpid(told["ended"], 0)[1])))
            continue
        child = os.fork()
        if child == 0:
            _obey(told)
        _say(str(child))
    # Nothing is left to be put in order, which takes a while with all that is loaded.
    os._exit(0)


def _say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def _obey(told: dict[str, Any]) -> NoReturn:
    """Never returns to the loop of the parent."""
    code = 1
    try:
        os.setsid()
        os.chdir(told["folder"])
        _reconnect(told["out"], told["err"])
        os.environ |= told["settings"]
        if told.get("user"):
            os.setgroups([])
            os.setgid(told["user"])
            os.setuid(told["user"])
        if told.get("clock"):
            from app.runtime.lifespan import go_by

            go_by(SteppedClock(Path(told["clock"])))
        code = _run(told["words"])
    except BaseException:  # noqa: BLE001 - whatever it is, the child must not go on as its parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _run(words: list[str]) -> int:
    """The command, to its end; its exit code."""
    from app.runtime.cli import app

    try:
        app(words)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    return 0


def _reconnect(out: str, err: str) -> None:
    how = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    files = os.open(os.devnull, os.O_RDONLY), os.open(out, how, 0o666), os.open(err, how, 0o666)
    for target, source in enumerate(files):
        os.dup2(source, target)


if __name__ == "__main__":
    main()
