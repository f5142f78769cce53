"""How often somebody may be wrong within a minute, whatever becomes of the clock."""

from app.runtime.tries import Tries


def test_all_addresses_together_may_try_twenty_times_a_minute() -> None:
    tries = Tries(each=5, everybody=20)
    waits = [tries.take(f"10.0.0.{number}") for number in range(25)]
    assert waits[:20] == [0] * 20
    assert all(1 <= wait <= 60 for wait in waits[20:])


def test_tries_that_are_used_up_do_not_stay_so_where_the_clock_is_set() -> None:
    ahead = [0.0]
    tries = Tries(each=2, everybody=20, ahead=lambda: ahead[0])
    assert [bool(tries.take("10.0.0.1")) for _ in range(3)] == [False, False, True]
    ahead[0] += 0.5
    assert tries.take("10.0.0.1")
    ahead[0] -= 3600
    assert [bool(tries.take("10.0.0.1")) for _ in range(3)] == [False, False, True]


def test_where_the_clock_is_not_set_its_gait_takes_no_try_back() -> None:
    tries = Tries(each=1, everybody=20)
    assert [bool(tries.take("10.0.0.1")) for _ in range(200)] == [False] + [True] * 199
