"""A tick reaches a hundred websocket clients.

Measured is, for every tick and client, the time from the tick's own instant to the arrival of its bytes at the
client. The clients live in one process beside the server and do what a tab does: connect with a token of their own,
offer compression, ask to be hydrated with the very frame that a real tab has sent, and answer pings.
"""

from collections.abc import Iterator

from tests.bench.crowd import listen
from tests.bench.rig import Figure, Pauses, wait_for_quiet
from tests.bench.server import Server, Stage
from tests.bench.tabs import browser

CLIENTS = 100
LIMIT_MS = 60
SECONDS = 20.0


def measure(stage: Stage) -> Iterator[Figure]:
    greeting, subprotocol = greeting_of_a_tab(stage.demo)
    wait_for_quiet()
    with Pauses() as pauses:
        heard = listen(stage.demo.port, greeting, subprotocol, CLIENTS, SECONDS)
    note = f"{heard['ticks']} ticks, {heard['missed']} not received; {pauses}"
    yield Figure("tick to 100 websocket clients", LIMIT_MS, "ms", heard["delays"], "p95", note)


def greeting_of_a_tab(server: Server) -> tuple[str, str]:
    """The frame by which a tab asks to be hydrated, and the subprotocol that it speaks."""
    sent: list[str] = []
    spoken: list[str] = []
    with browser() as chromium:
        page = chromium.new_page()
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.on("Network.webSocketFrameSent", lambda event: sent.append(event["response"]["payloadData"]))
        wire.on(
            "Network.webSocketHandshakeResponseReceived",
            lambda event: spoken.append(event["response"]["headers"]["Sec-WebSocket-Protocol"]),
        )
        page.goto(server.url)
        page.wait_for_selector(".watch .row .price")
    return next(frame for frame in sent if frame.startswith("40/_event,")), spoken[0]
