"""Clicks: what a browser says of one, judged before anything is done for it.

Every button that trades is a `click_button` (app/ui/components/clicks.py), whose `on_press` gives the event two
arguments: an order id that the browser made for this one intent, and when the click was made (Unix ms, on the server's
clock). A handler begins with `late` and `order_id_of`, and takes neither for what it claims to be.
"""

from app.domain.refusal import Refusal
from app.domain.tickets import LONGEST_ID
from app.ui.state.view import server_ms

OLDEST_MS = 5_000
# The browser's idea of the server's clock is never fast by more than this, unless somebody made it up.
_AHEAD_MS = 2_000
# Later than any clock; NaN is not below it either.
_NO_TIME_MS = 10**15


def late(clicked_ms: object, now_ms: int | None = None) -> Refusal | None:
    """Why nothing is done for a click made then: it waited while the desk was away, or has no believable time."""
    now = server_ms() if now_ms is None else now_ms
    if isinstance(clicked_ms, bool) or not isinstance(clicked_ms, int | float) or not abs(clicked_ms) < _NO_TIME_MS:
        return Refusal("bad_click", "That click did not say when it was made; nothing was done.")
    age = now - clicked_ms
    if age < -_AHEAD_MS:
        return Refusal("bad_click", "That click says it was made in the future; nothing was done.")
    if age <= OLDEST_MS:
        return None
    return Refusal("late_click", f"That click was made {_ago(age)} ago, while the desk was away; nothing was done.")


def order_id_of(value: object) -> str | Refusal:
    """The order id as a browser sends it."""
    if isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isprintable():
        return value
    return Refusal("bad_order_id", f"An order needs an order_id of 1 to {LONGEST_ID} characters.")


def text_of(value: object, most: int = 100) -> str:
    """What a browser sends where text is meant: text of that length at most, '' for anything else."""
    return value[:most] if isinstance(value, str) else ""


def _ago(age_ms: float) -> str:
    seconds = int(age_ms // 1000)
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
