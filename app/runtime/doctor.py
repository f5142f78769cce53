"""The doctor: says what works from here and what does not, one line for each thing."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

from app.domain.chains import CHAINS
from app.domain.registry import on_chain
from app.market.budget import per_minute
from app.market.line import Client, Line, NoAnswer, open_client
from app.market.recording import Unreadable, read_recording
from app.market.rpc import PUBLIC_NODES, batch, demand_chain, results
from app.market.source import Call, Card, PriceSource
from app.market.sources import build
from app.runtime.clock import WallClock
from app.runtime.frontend import FINISHED, ROOT
from app.runtime.loglines import escaped
from app.runtime.release import release
from app.runtime.settings import Settings, about_database
from app.store.database import StoreRefused, pending

Finding = tuple[bool, str, str]

_log = logging.getLogger("drydock")


def examine(settings: Settings, home: Path = ROOT) -> bool:
    """Print what was found; True where the desk can run. A source that does not answer does not keep it from that.
    `home` is Drydock's own folder."""
    # What fails has its row: where nobody takes the log, its lines would come to the terminal beside them.
    silence = logging.NullHandler()
    _log.addHandler(silence)
    try:
        return asyncio.run(_examine(settings, home))
    finally:
        _log.removeHandler(silence)


async def _examine(settings: Settings, home: Path) -> bool:
    needed = [_database(settings), _page(home), *_recording(settings)]
    for finding in needed:
        _tell(finding)
    async with open_client(f"drydock/{release()}") as client:
        async for finding in _world(settings, client):
            _tell(finding)
    return all(good for good, _, _ in needed)


def _tell(finding: Finding) -> None:
    good, what, said = finding
    print(escaped(f"{'ok  ' if good else 'NOT '} {what:24} {said}"), flush=True)  # noqa: T201 - what a command says


def _database(settings: Settings) -> Finding:
    try:
        behind = pending(settings.store_url)
    except StoreRefused as error:
        return False, "database", about_database(settings, str(error))
    return True, "database", "will be migrated at the next start" if behind else "up to date"


def _page(home: Path) -> Finding:
    if FINISHED.is_file():
        return True, "page", "built"
    if (home / FINISHED).is_file():
        return False, "page", f"there is none in this folder; it is built in {home}: run Drydock there"
    return False, "page", "not built: run `make setup`"


def _recording(settings: Settings) -> list[Finding]:
    if settings.replay_path is None:
        return []
    try:
        return [(True, "recording", read_recording(settings.replay_path, settings.replay_symbol).report())]
    except Unreadable as error:
        return [(False, "recording", str(error))]


async def _world(settings: Settings, client: Client) -> AsyncIterator[Finding]:
    chain = CHAINS[settings.chain_id]
    nodes = settings.rpc_urls(chain.reference_id)
    for source in build(settings.sources, settings.source_urls, settings.keys, chain.reference_id, nodes):
        yield await _source(source, client, chain.reference_id)
    for chain_id in dict.fromkeys((chain.id, chain.reference_id)):
        for number, url in enumerate(settings.rpc_urls(chain_id) or PUBLIC_NODES[chain_id], 1):
            yield await _node(chain_id, number, url, client)


async def _source(source: PriceSource, client: Client, chain_id: int) -> Finding:
    line = Line(source.card, client, WallClock())
    tokens = [token for token in on_chain(chain_id) if source.covers(token)][:1]
    try:
        answers = [await line.ask(call, source.parse) for call in source.plan(tokens)]
    except NoAnswer as error:
        return False, source.card.title, str(error)
    prices = sum(len(answer.readings) for answer in answers)
    return prices > 0, source.card.title, f"answers in {line.meter.latency_ms(50)} ms" if prices else "has no price"


async def _node(chain_id: int, number: int, url: str, client: Client) -> Finding:
    what = f"{CHAINS[chain_id].name} node {number}"
    line = Line(Card("rpc", what, "rpc", 0, (url,), (per_minute(30),)), client, WallClock())

    def read(payload: object, _call: Call, _at: object) -> None:
        demand_chain(results(payload), 1, chain_id)

    try:
        await line.ask(Call("", "eth_chainId", body=batch([("eth_chainId", [])])), read)
    except NoAnswer as error:
        return False, what, str(error)
    return True, what, f"answers in {line.meter.latency_ms(50)} ms"
