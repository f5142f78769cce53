"""The provider double: a loopback server that speaks the shapes of every price source, faults included."""

from tests.double.mischief import Mischief
from tests.double.server import Double, dead_port
from tests.double.tally import Request

__all__ = ["Double", "Mischief", "Request", "dead_port"]
