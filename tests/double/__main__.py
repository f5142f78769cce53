"""Runs the double in the foreground for people: python -m tests.double --port 9000 [--jitter]."""

import argparse
import random
import signal
import threading

from tests.double.server import Double


def main() -> None:
    """Serves until SIGTERM or SIGINT; with --jitter every price takes a small seeded step each second."""
    parser = argparse.ArgumentParser(prog="python -m tests.double", description="The provider double on loopback.")
    parser.add_argument("--port", type=int, default=9000, help="0 for any free port")
    parser.add_argument("--jitter", action="store_true", help="move the prices once a second")
    parser.add_argument("--seed", type=int, default=1, help="of the jitter")
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    dice = random.Random(options.seed)
    with Double(port=options.port) as double:
        for name, value in double.environment().items():
            print(f"export {name}={value}", flush=True)
        while not ended.wait(1):
            if options.jitter:
                double.tape.walk(dice)


if __name__ == "__main__":
    main()
