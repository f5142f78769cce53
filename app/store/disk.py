"""Files that are on the disk, not only on their way there."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Have what was written to a file, or the names in a folder, on the disk when this returns. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
