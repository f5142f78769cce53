"""The breaker: opens after three faults in a row, and lets one call try again."""

from app.market.breaker import Breaker, failed, succeeded, told_to_wait


def test_two_faults_leave_it_closed_and_the_third_opens_it() -> None:
    breaker = failed(failed(Breaker(), 0, 30), 1, 30)
    assert breaker.state(1) == "closed"
    breaker = failed(breaker, 2, 30)
    assert (breaker.state(2), breaker.permits(31)) == ("open", False)


def test_after_its_rest_one_call_decides() -> None:
    breaker = failed(failed(failed(Breaker(), 0, 30), 1, 30), 2, 30)
    assert (breaker.state(32), breaker.permits(32)) == ("half_open", True)
    assert failed(breaker, 32, 30).state(61) == "open"
    assert succeeded(breaker, 32).state(32) == "closed"


def test_a_stated_wait_is_obeyed_to_the_second() -> None:
    breaker = told_to_wait(Breaker(), 100, 7)
    assert not breaker.permits(106.9)
    assert breaker.permits(107)


def test_a_late_answer_or_a_second_refusal_does_not_shorten_a_stated_wait() -> None:
    breaker = told_to_wait(Breaker(), 0, 600)
    assert not succeeded(breaker, 1).permits(599)
    assert not told_to_wait(breaker, 1, None).permits(599)
    assert succeeded(breaker, 600).permits(600)


def test_an_unstated_wait_doubles_up_to_half_a_minute() -> None:
    breaker, waits = Breaker(), list[float]()
    for _ in range(9):
        breaker = told_to_wait(breaker, breaker.open_until, None)
        waits.append(breaker.open_until - sum(waits))
    assert waits == [2, 4, 8, 16, 30, 30, 30, 30, 30]
