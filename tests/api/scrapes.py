"""What tests of the metrics share: a scrape as a client makes it, and what it says, by name and labels."""

from collections.abc import Mapping

import httpx
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.api.doors import caller

Scrape = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


async def scrape(path: str = "/metrics", **headers: str) -> httpx.Response:
    async with caller() as client:
        return await client.get(path, headers=headers)


async def families() -> dict[str, Metric]:
    """What is exposed, by the name that its samples begin with; a counter's without `_total`."""
    answer = await scrape()
    assert answer.status_code == 200, answer.text
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


async def scraped() -> Scrape:
    """All samples of now."""
    found = (sample for family in (await families()).values() for sample in family.samples)
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in found}


def at(scrape: Scrape, name: str, **labels: str) -> float:
    """One sample; 0 where there is none yet."""
    return scrape.get((f"drydock_{name}", frozenset(labels.items())), 0.0)


def total(scrape: Scrape, name: str, **labels: str) -> float:
    """The sum of a name's samples that have these labels among theirs."""
    wanted = frozenset(labels.items())
    return sum(value for (each, of), value in scrape.items() if each == f"drydock_{name}" and wanted <= of)


def fallen(before: Scrape, after: Scrape) -> list[str]:
    """What has gone back, or gone away, of what may only grow."""
    grows = ("_total", "_count", "_sum", "_bucket")
    return [
        f"{name}{dict(labels)}"
        for (name, labels), value in before.items()
        if name.endswith(grows) and after.get((name, labels), -1.0) < value
    ]
