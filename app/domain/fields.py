"""Text from outside, as one field of a log line."""

import re

_BARE = re.compile(r"[\w.:/-]+")


def as_field(text: str) -> str:
    """The value of a key=value: bare where it is one plain word, else as Python quotes text, so that an order's id or a
    contract's symbol can neither end its field nor begin another."""
    return text if _BARE.fullmatch(text) else repr(text)
