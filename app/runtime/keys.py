"""Keys of the desk's own, made once and kept in the data folder, readable by its owner only."""

import os
import secrets
from pathlib import Path

_LENGTH = 32


def signing_key(folder: Path) -> bytes:
    """The key that offers are signed with: a restart honours those made before it. Raises OSError."""
    file = folder / "signing.key"
    try:
        kept = file.read_bytes()
    except FileNotFoundError:
        kept = b""
    if len(kept) == _LENGTH:
        return kept
    # Written beside and moved over, so that a crash leaves no half of a key.
    made, beside = secrets.token_bytes(_LENGTH), folder / f"signing.key.{os.getpid()}"
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(made)
    beside.replace(file)
    return made
