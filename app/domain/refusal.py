"""A refusal: what a person asked for was not done, and why. A value, never an exception."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """`code` is stable for programs, `sentence` is one plain sentence for people."""

    code: str
    sentence: str
