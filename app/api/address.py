"""Where a request comes from."""

from ipaddress import ip_address

from starlette.types import Scope


def address_of(scope: Scope) -> str:
    """The address that asks, as text that can stand in a line of the log."""
    try:
        return str(ip_address(str((scope.get("client") or ("",))[0])))
    except ValueError:
        return "unknown"
