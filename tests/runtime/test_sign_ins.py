"""Who may come in: by the password, for seven days, until the sign-out; and how often somebody may try."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio
from argon2 import PasswordHasher

from app.domain.refusal import Refusal
from app.runtime.sign_ins import VALID, SignIns, TooMany
from app.store.database import Store, open_store
from tests.clock import FakeClock
from tests.runtime.desk import settings_of
from tests.store.fresh import with_database
from tests.store.held import held

WORD = "a long pässword"
# Of few rounds, so that the tests are quick.
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(WORD)
HERE = "127.0.0.1"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    with_database(tmp_path)
    opened = open_store(settings_of(tmp_path).store_url)
    yield opened
    opened.close()


def sign_ins(folder: Path, clock: FakeClock, store: Store, password: str | None = HASH) -> SignIns:
    return SignIns(settings_of(folder, password=password), clock, store)


async def let_in(there: SignIns) -> str:
    value = await there.sign_in(WORD, HERE)
    assert isinstance(value, str)
    return value


async def test_without_a_password_everybody_is_in(tmp_path: Path, clock: FakeClock, store: Store) -> None:
    there = sign_ins(tmp_path, clock, store, None)
    assert not there.needed
    assert there.is_signed_in("")


async def test_the_right_password_makes_a_cookie_that_nobody_can_guess(
    tmp_path: Path, clock: FakeClock, store: Store
) -> None:
    there = sign_ins(tmp_path, clock, store)
    first, second = await let_in(there), await let_in(there)
    assert first != second
    assert len(first) == 43
    assert there.is_signed_in(first)
    for wrong in ("", first[:-1], first + "x", HASH, WORD, "\ud800"):
        assert not there.is_signed_in(wrong)


async def test_a_password_in_the_clear_is_compared_by_its_argon2_hash(
    tmp_path: Path, clock: FakeClock, store: Store
) -> None:
    there = sign_ins(tmp_path, clock, store, WORD)
    assert isinstance(await there.sign_in(WORD + " ", HERE), Refusal)
    assert there.is_signed_in(await let_in(there))
    assert "$argon2id$" in there._hash


@pytest.mark.parametrize(
    "given",
    ["", "wrong", WORD.upper(), HASH, "x" * 8000, "\ufffd", "\0"],
    ids=["none", "wrong", "upper case", "the hash", "long", "no letter", "nothing"],
)
async def test_a_wrong_password_is_refused_with_one_sentence(
    tmp_path: Path, clock: FakeClock, store: Store, given: str
) -> None:
    refused = await sign_ins(tmp_path, clock, store).sign_in(given, HERE)
    assert refused == Refusal("wrong_password", "That is not the password.")


async def test_a_hash_that_cannot_be_computed_lets_nobody_in(tmp_path: Path, clock: FakeClock, store: Store) -> None:
    # Each of its lanes would need eight blocks of memory.
    impossible = HASH.replace("m=8,", "m=7,")
    there = sign_ins(tmp_path, clock, store, impossible)
    assert isinstance(await there.sign_in(WORD, HERE), Refusal)
    assert isinstance(await there.sign_in(impossible, HERE), Refusal)


async def test_a_sign_in_ends_after_seven_days(tmp_path: Path, clock: FakeClock, store: Store) -> None:
    there = sign_ins(tmp_path, clock, store)
    value = await let_in(there)
    ended: list[str] = []
    there.follow(value, lambda: ended.append("ended"))
    clock.advance(VALID.total_seconds() - 1)
    assert there.is_signed_in(value)
    clock.advance(1)
    assert not there.is_signed_in(value)
    assert ended == ["ended"]


async def test_a_sign_in_outlives_a_restart_but_not_another_password(
    tmp_path: Path, clock: FakeClock, store: Store
) -> None:
    value = await let_in(sign_ins(tmp_path, clock, store))
    assert sign_ins(tmp_path, clock, store).is_signed_in(value)
    assert not sign_ins(tmp_path, clock, store, "another one").is_signed_in(value)


async def test_a_sign_out_ends_it_at_once_and_for_good(tmp_path: Path, clock: FakeClock, store: Store) -> None:
    there = sign_ins(tmp_path, clock, store)
    value, other = await let_in(there), await let_in(there)
    ended: list[str] = []
    there.follow(value, lambda: ended.append("first"))
    there.follow(value, lambda: ended.append("left"))()
    there.follow(other, lambda: ended.append("other"))
    assert await there.sign_out(value) is None
    assert ended == ["first"]
    assert not there.is_signed_in(value)
    assert there.is_signed_in(other)
    again = sign_ins(tmp_path, clock, store)
    assert (again.is_signed_in(value), again.is_signed_in(other)) == (False, True)
    assert await there.sign_out("nobody's") is None


async def test_neither_the_cookie_nor_the_password_is_on_disk(tmp_path: Path, clock: FakeClock, store: Store) -> None:
    value = await let_in(sign_ins(tmp_path, clock, store))
    with closing(sqlite3.connect(tmp_path / "drydock.db")) as file:
        kept = repr(file.execute("SELECT * FROM sign_ins").fetchall())
    assert value not in kept
    assert WORD not in kept
    # Nor can a password be tried on what is there: that needs the key of the data folder.
    (tmp_path / "signing.key").unlink()
    assert not sign_ins(tmp_path, clock, store).is_signed_in(value)


async def test_who_looks_after_a_desk_that_cannot_write_comes_in_and_is_told_on_leaving(
    tmp_path: Path, clock: FakeClock, store: Store
) -> None:
    there = sign_ins(tmp_path, clock, store)
    with held(store):
        value = await let_in(there)
        assert there.is_signed_in(value)
        refused = await there.sign_out(value)
    assert isinstance(refused, Refusal)
    assert refused.sentence.startswith("You are signed out until Drydock restarts")
    assert not there.is_signed_in(value)


async def test_where_sign_ins_cannot_be_read_who_was_in_comes_in_by_the_password_until_they_can(
    tmp_path: Path, clock: FakeClock, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    def rename(table: str, new: str) -> None:
        with closing(sqlite3.connect(tmp_path / "drydock.db")) as file:
            file.execute(f"ALTER TABLE {table} RENAME TO {new}")

    value = await let_in(sign_ins(tmp_path, clock, store))
    rename("sign_ins", "gone")
    there = sign_ins(tmp_path, clock, store)
    assert not there.is_signed_in(value)
    assert there.is_signed_in(await let_in(there))
    assert caplog.text.count("[SECURITY] sign_ins=not_recalled") == 1
    rename("gone", "sign_ins")
    assert sign_ins(tmp_path, clock, store).is_signed_in(value)


async def test_who_stays_when_a_sign_in_has_run_out_is_told_by_the_next_that_comes_in(
    tmp_path: Path, clock: FakeClock, store: Store
) -> None:
    there = sign_ins(tmp_path, clock, store)
    ended: list[str] = []
    there.follow(await let_in(there), lambda: ended.append("first"))
    clock.advance(1)
    there.follow(await let_in(there), lambda: ended.append("second"))
    clock.advance(VALID.total_seconds() - 1)
    assert ended == []
    await let_in(there)
    assert ended == ["first"]


async def test_who_has_left_is_not_told_and_nothing_of_them_is_kept(
    tmp_path: Path, clock: FakeClock, store: Store
) -> None:
    there = sign_ins(tmp_path, clock, store)
    value, ended = await let_in(there), list[str]()
    leave = there.follow(value, lambda: ended.append("left"))
    leave()
    assert there._followers == {}
    leave()
    assert await there.sign_out(value) is None
    assert ended == []


async def test_an_address_may_try_five_times_a_minute_even_all_at_once(
    tmp_path: Path, clock: FakeClock, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    there = sign_ins(tmp_path, clock, store)
    answers = await asyncio.gather(*(there.sign_in("wrong", HERE) for _ in range(9)))
    limited = [answer for answer in answers if isinstance(answer, TooMany)]
    assert len(limited) == 4
    assert all(1 <= answer.wait_s <= 60 for answer in limited)
    assert isinstance(await there.sign_in(WORD, HERE), TooMany)
    assert isinstance(await there.sign_in(WORD, "10.0.0.1"), str)
    assert caplog.text.count("[SECURITY] sign_in=refused address=127.0.0.1") == 5
    # Who goes on trying does not fill the log.
    assert caplog.text.count("[SECURITY] sign_in=limited address=127.0.0.1") == 1
    assert "wrong" not in caplog.text
