"""The version of Drydock that is installed."""

from importlib.metadata import PackageNotFoundError, version


def release() -> str:
    """The version, '0+unknown' where the package is not installed."""
    try:
        return version("drydock")
    except PackageNotFoundError:
        return "0+unknown"
