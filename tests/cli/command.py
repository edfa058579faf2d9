"""What a command left behind, as tests of the command line see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """Exit code, data and messages."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]
