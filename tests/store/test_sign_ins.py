"""Sign-ins on disk: by digests, until their end, and of the present password only."""

from datetime import timedelta

from app.store.database import Store
from app.store.sign_ins import SignIn, forget, keep, standing
from tests.clock import START

DAY = timedelta(days=1)


def sign_in(digest: str, password: str = "now", days: int = 7) -> SignIn:
    return SignIn(digest, password, START, START + days * DAY)


def test_a_sign_in_stands_until_its_end(store: Store) -> None:
    keep(store, sign_in("a"))
    assert standing(store, "now", START) == {"a": START + 7 * DAY}
    assert standing(store, "now", START + 7 * DAY - DAY / 24) == {"a": START + 7 * DAY}
    assert standing(store, "now", START + 7 * DAY) == {}


def test_a_sign_in_that_was_made_with_another_password_does_not_stand_and_goes_with_the_next(store: Store) -> None:
    keep(store, sign_in("a", "before"))
    assert standing(store, "now", START) == {}
    keep(store, sign_in("b"))
    assert standing(store, "before", START) == {}
    assert set(standing(store, "now", START)) == {"b"}


def test_what_is_over_goes_with_the_next_sign_in(store: Store) -> None:
    keep(store, sign_in("a", days=0))
    keep(store, sign_in("b"))
    assert not forget(store, "a")


def test_a_sign_in_that_is_forgotten_is_gone(store: Store) -> None:
    keep(store, sign_in("a"))
    keep(store, sign_in("b"))
    assert forget(store, "a")
    assert not forget(store, "a")
    assert set(standing(store, "now", START)) == {"b"}
