"""The server is killed while four clients trade over REST: what it answered is there when it is back, exactly once."""

import pytest

from tests.chaos.server import run
from tests.standing import Standby


@pytest.mark.slow
def test_twenty_kills_of_the_server_lose_no_order_that_was_answered(standby: Standby) -> None:
    tally = run(20, 20_261_122, standby)
    assert tally.found.all == []
    assert tally.kills == 20 and tally.acknowledged > 100 and tally.trades > 20
