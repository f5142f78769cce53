"""Pages that are kept: made once for all who ask, and never older than the last ring of the bell."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.api.pages import Pages
from app.runtime.house import House
from app.trading.bell import Topic

pytestmark = pytest.mark.asyncio(loop_scope="module")


def counting() -> tuple[list[int], Callable[[], Awaitable[bytes]]]:
    """A maker of pages, and the list of those that it has made."""
    made: list[int] = []

    async def make() -> bytes:
        made.append(len(made))
        await asyncio.sleep(0)
        return b"page %d" % (len(made) - 1)

    return made, make


async def test_a_page_is_made_once_and_kept_until_the_bell_rings(demo: House) -> None:
    pages, (made, make) = Pages(), counting()
    assert [await pages.of(demo, "key", make) for _ in range(3)] == [b"page 0"] * 3
    demo.bell.ring(Topic.PRICES)
    assert [await pages.of(demo, "key", make) for _ in range(3)] == [b"page 1"] * 3
    assert made == [0, 1]


async def test_all_who_ask_at_once_wait_for_one_page(demo: House) -> None:
    pages, (made, make) = Pages(), counting()
    assert set(await asyncio.gather(*(pages.of(demo, "key", make) for _ in range(10)))) == {b"page 0"}
    assert made == [0]


async def test_a_page_that_was_begun_before_the_ring_is_not_shown_after_it(demo: House) -> None:
    pages, (_, make) = Pages(), counting()
    early = asyncio.create_task(pages.of(demo, "key", make))
    await asyncio.sleep(0)
    demo.bell.ring(Topic.ACCOUNT)
    assert await pages.of(demo, "key", make) == b"page 1"
    assert await early in (b"page 0", b"page 1")
    assert await pages.of(demo, "key", make) == b"page 1"


async def test_a_page_that_fails_is_tried_again(demo: House) -> None:
    pages, (_, make) = Pages(), counting()

    async def fail() -> bytes:
        raise ValueError("not now")

    for _ in range(2):
        with pytest.raises(ValueError, match="not now"):
            await pages.of(demo, "key", fail)
    assert await pages.of(demo, "key", make) == b"page 0"


async def test_one_who_leaves_does_not_take_the_page_along(demo: House) -> None:
    pages, (_, make) = Pages(), counting()
    leaving, staying = (asyncio.create_task(pages.of(demo, "key", make)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == b"page 0"


async def test_no_number_of_questions_fills_the_memory(demo: House) -> None:
    pages, (made, make) = Pages(), counting()
    for number in range(1000):
        await pages.of(demo, number, make)
    assert len(pages._kept) <= 64  # pyright: ignore[reportPrivateUsage] # what this is about
    assert len(made) == 1000
